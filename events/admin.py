"""The admin page of the event log: what came in, and everything that came of it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from common.ids import parse_public_id
from common.jsons import JsonObject, dumps
from common.theme import ChangeList
from events.admin_rejected import RejectedEventAdmin
from events.admin_trace import Names, details, effect_in_words, reason_in_words, skips_of
from events.admin_void import VOID_PAGE, mark_voids, voided_in_words
from events.masking import Masks
from events.models import Event, StoredEffect
from projects.pages import Cell, Link, Panel, change_link, list_link, moment, shown_json
from projects.scoping import KnownValuesFilter, ProjectFilter, ReadOnlyAdmin

__all__ = ["EventAdmin", "RejectedEventAdmin"]

SUMMARY_LENGTH = 140


class ChannelFilter(KnownValuesFilter):
    title = "channel"
    parameter_name = "channel"
    values = ("API", "CLIENT_API", "INTERNAL", "SEGMENT", "IMPORT")


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
        "shown_version",
        "project",
        "customer",
        "occurred_at",
        "received_at",
        "channel",
        "group_id",
        "shown_codes",
        "voided_when",
        "payload",
    ]

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return EventList

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        key = parse_public_id("event", search_term.strip())
        if key is not None:
            return queryset.filter(pk=key), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="metadata")
    def summary(self, event: Any) -> str:
        masked: JsonObject = event.masked
        text = ", ".join(
            f"{name}: {value if isinstance(value, str) else dumps(value)}" for name, value in masked.items()
        )
        return text if len(text) <= SUMMARY_LENGTH else text[: SUMMARY_LENGTH - 1] + "…"

    @admin.display(description="voided")
    def voided(self, event: Event) -> str:
        return voided_in_words(event)

    @admin.display(description="checked by")
    def shown_version(self, event: Event) -> str:
        return f"Version {event.version}" if event.version else "no definition"

    @admin.display(description="codes")
    def shown_codes(self, event: Event) -> str:
        return ", ".join(f"{kind}: {code}" for kind, code in event.codes.items()) or "–"

    @admin.display(description="voided")
    def voided_when(self, event: Event) -> str:
        mark_voids([event])
        return voided_in_words(event) or "no"

    @admin.display
    def payload(self, event: Event) -> str:
        return shown_json(event.metadata)

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        own = [change_link("customers_customer", obj.customer_id, f"Customer {obj.customer}")]
        if obj.definition_id:
            own.append(change_link("eventschema_eventdefinition", obj.definition_id, "Its definition"))
        own.append(list_link("events_event", "All events of this name", definition__id__exact=obj.definition_id or ""))
        mark_voids([obj])
        actions = () if obj.void else super().links(request, obj)
        return [*actions, *(own if obj.definition_id else own[:-1])]

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        effects = list(StoredEffect.objects.filter(event_id=obj.pk).select_related("customer").order_by("seq"))
        names = Names(obj.project, effects)
        return [_effects_panel(names, effects), _skips_panel(names, effects)]


def _effects_panel(names: Names, effects: Sequence[StoredEffect]) -> Panel:
    rows: list[list[Cell]] = [
        [
            effect_in_words(effect),
            change_link("customers_customer", effect.customer_id, str(effect.customer)),
            details(names, effect),
            moment(effect.created_at),
        ]
        for effect in effects
        if effect.kind != StoredEffect.DECLINED
    ]
    return Panel("What came of it", ["Effect", "For", "Details", "When"], rows, empty="Nothing came of this event.")


def _skips_panel(names: Names, effects: Sequence[StoredEffect]) -> Panel:
    rows: list[list[Cell]] = [
        [
            "Earning rule" if skip["kind"] == "earning_rule" else skip["kind"].capitalize(),
            names.shown("code" if skip["kind"] == "referral" else "id", skip["id"]),
            reason_in_words(skip["reason"]),
        ]
        for skip in skips_of(effects)
    ]
    return Panel("What declined it, and why", ["Kind", "Which", "Why"], rows, empty="Nothing declined it.")
