"""The admin page of the event log: what came in, and everything that came of it."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from common.ids import parse_public_id
from common.theme import ChangeList
from events.admin_live import live_page, live_rows
from events.admin_live_rows import in_short
from events.admin_rejected import RejectedEventAdmin
from events.admin_timeline import timeline_of
from events.admin_void import VOID_PAGE, mark_voids, voided_in_words
from events.masking import Masks
from events.models import Event, IdempotencyKey
from events.tracing import left_traces
from projects.access import access_of
from projects.pages import Link, Timeline, anchor, change_link, list_link, local_moment, shown_json
from projects.scoping import KnownValuesFilter, ProjectFilter, ReadOnlyAdmin

__all__ = ["EventAdmin", "RejectedEventAdmin"]


class ChannelFilter(KnownValuesFilter):
    title = "channel"
    parameter_name = "channel"
    values = ("API", "CLIENT_API", "INTERNAL", "SEGMENT", "IMPORT", "TEST")


def _as_key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class EventList(ChangeList):
    """A page of events with what is personal in them, read at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        events = list(self.result_list)
        masks = Masks(events)
        for event in events:
            event.masked = masks.masked(event)
        mark_voids(events)
        self.result_list = events


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["occurred_at", "name", "customer", "summary", "voided", "channel", "project"]
    row_pages = {"void": VOID_PAGE}
    list_filter = [
        ("project", ProjectFilter),
        ("definition", ProjectFilter),
        ("occurred_at", admin.DateFieldListFilter),
        ChannelFilter,
    ]
    list_select_related = ["customer", "definition", "project"]
    search_fields = ["name", "customer__source_id", "customer__email", "customer__name"]
    search_help_text = "Event, or the customer's name, e-mail address or source id; or the id of an event."
    ordering = ["-id"]
    fields = [
        "name",
        "public_id",
        "sender_id",
        "shown_version",
        "project",
        "customer",
        "happened",
        "received",
        "channel",
        "request_group",
        "shown_codes",
        "voided_when",
        "payload",
    ]

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return EventList

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("live/", view(partial(live_page, self)), name="events_event_live"),
            path("live/rows/", view(partial(live_rows, self)), name="events_event_live_rows"),
        ]
        return own + super().get_urls()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        event = super().get_object(request, object_id, from_field)
        if event is not None:
            mark_voids([event])
        return event

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        key = parse_public_id("event", search_term.strip())
        if key is not None:
            return queryset.filter(pk=key), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="metadata")
    def summary(self, event: Any) -> str:
        return in_short(event.masked)

    @admin.display(description="id")
    def public_id(self, event: Event) -> str:
        return event.public_id

    @admin.display(description="sender's id")
    def sender_id(self, event: Event) -> str:
        return IdempotencyKey.objects.filter(pk=event.pk).values_list("key", flat=True).first() or "–"

    @admin.display(description="voided")
    def voided(self, event: Event) -> str:
        return voided_in_words(event)

    @admin.display(description="checked by")
    def shown_version(self, event: Event) -> str:
        if event.definition_id is None:
            return "no definition"
        address = reverse("admin:eventschema_eventdefinition_version", args=[event.definition_id, event.version])
        return anchor(Link(f"Version {event.version} of {event.definition}", address))

    @admin.display(description="occurred at")
    def happened(self, event: Event) -> str:
        return local_moment(event.occurred_at)

    @admin.display(description="received at")
    def received(self, event: Event) -> str:
        return local_moment(event.received_at)

    @admin.display
    def request_group(self, event: Event) -> str:
        return event.group_id or "–"

    @admin.display(description="codes")
    def shown_codes(self, event: Event) -> str:
        return ", ".join(f"{kind}: {code}" for kind, code in event.codes.items()) or "–"

    @admin.display(description="voided")
    def voided_when(self, event: Any) -> str:
        return voided_in_words(event) or "no"

    @admin.display
    def payload(self, event: Event) -> str:
        return shown_json(event.metadata)

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        own = [change_link("customers_customer", obj.customer_id, f"Customer {obj.customer}")]
        if obj.definition_id and obj.definition.deleted_at is None:
            own.append(change_link("eventschema_eventdefinition", obj.definition_id, "Its definition"))
        if obj.definition_id:
            own.append(list_link("events_event", "All events of this name", definition__id__exact=obj.definition_id))
        actions = () if obj.void else super().links(request, obj)
        return [*actions, *own]

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Says so where the event was there once: effects, entries and keys outlive its month."""
        key = _as_key(unquote(object_id))
        if key is None or not left_traces(key, access_of(request).project_ids()):
            missing: HttpResponse = super()._get_obj_does_not_exist_redirect(request, opts, object_id)  # type: ignore[misc]  # Django's own, unknown to its stubs
            return missing
        told = "This event is no longer kept: the log of its month was dropped. What came of it still stands."
        self.message_user(request, told, messages.WARNING)
        return redirect(self.url("changelist"))

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Timeline]:
        return [timeline_of(obj, obj.void)]
