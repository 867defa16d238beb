"""The admin pages of segments, their members and their history."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path

from projects.models import Role
from projects.pages import Cell, Link, Panel, change_link, list_link, local_moment, new_group_id
from projects.scoping import ProjectFilter, ReadOnlyAdmin, ScopedAdmin, actor_of, adopt
from segments.admin_forms import SegmentForm, builder_data
from segments.admin_pages import catalogue_page, count_page, members_page
from segments.creation import SegmentFields, change_segment, create_segment, delete_segment
from segments.models import Membership, MembershipChange, Segment, SegmentType, SyncStatus
from segments.reading import counts_by_day, leaving_soon, members_of
from segments.wording import in_words

SHOWN = 20
PERSON = ["customer__source_id", "customer__email", "customer__name"]
CAUSES = {
    "event": "an event",
    "event.voided": "a voided event",
    "customer.updated": "a change of the customer",
    "customer.deleted": "the customer's deletion",
    "distribution": "a code given",
    "holder.added": "a referee added by hand",
    "holder.removed": "a referee removed by hand",
    "person": "points changed by hand",
    "publication": "a code given",
    "time": "time",
    "fill": "a filling of the segment",
    "list": "the list",
}


@admin.register(Segment)
class SegmentAdmin(ScopedAdmin):
    add_role = change_role = delete_role = Role.MARKETER
    form = SegmentForm
    change_form_template = "admin/segments/change_form.html"
    list_display = ["name", "type", "state", "created_at", "project"]
    list_filter = [("project", ProjectFilter), "type"]
    list_select_related = ["project"]
    search_fields = ["name"]
    ordering = ["-created_at"]

    class Media:
        css = {"all": ("boon/segment.css",)}
        js = ("boon/segment.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(deleted_at=None)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("project", "name", "type", "members", "junction")})]
        own = ("name", "type") if obj.is_static else ("name", "type", "junction")
        return [(None, {"fields": own})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("type",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"type": SegmentType.PASSIVE, **super().get_changeform_initial_data(request)}

    @admin.display(description="state")
    def state(self, segment: Segment) -> str:
        return segment.get_initial_sync_status_display()

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        return [
            list_link("segments_membership", "Members", segment__id__exact=obj.pk),
            Link("Members as CSV", self.url("members", obj.pk)),
            list_link("segments_membershipchange", "History", segment__id__exact=obj.pk),
        ]

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        now = datetime.now(UTC)
        count = members_of(obj).count()
        newest = members_of(obj).select_related("customer").order_by("-entered_at", "-id")[:SHOWN]
        soon = leaving_soon(obj, now).select_related("customer")[:SHOWN]
        changes = (
            MembershipChange.objects.filter(segment=obj).select_related("customer").order_by("-changed_at", "-id")
        )
        return [
            *([] if obj.filter is None else [_filter_panel(obj)]),
            _member_panel(f"Members: {count:,}", newest, "Nobody is in it.", _more(obj) if count > SHOWN else None),
            _member_panel("Leaving within 7 days", soon, "Nobody, as long as nothing happens."),
            Panel("Members over time", ["Day", "Entered", "Left", "Members"], _days(obj, count, now)),
            Panel(
                "History", ["When", "Who", "What", "Because of"], [_change_row(change) for change in changes[:SHOWN]]
            ),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        form, row = context["adminform"].form, context["original"]
        may_edit = self.has_change_permission(request, row) if row else True
        context |= {
            "rows": form.rows,
            "may_edit": may_edit and not form.is_beyond_rows and not (row and row.is_static),
            "is_beyond_rows": form.is_beyond_rows,
            "builder": builder_data(form.catalogue),
            "count_address": self.url("count"),
            "catalogue_address": self.url("catalogue"),
            "progress": row.action.progress if row and row.initial_sync_status == SyncStatus.IN_PROGRESS else None,
        }
        return super().render_change_form(request, context, *args, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said, now = form.cleaned_data, datetime.now(UTC)
        if change:
            stored = Segment.objects.select_related("project").get(pk=obj.pk)
            saved = change_segment(
                stored,
                name=said["name"],
                filter=said.get("filter"),
                by=actor_of(request),
                request_id=new_group_id(),
                now=now,
            )
        else:
            fields = SegmentFields(said["name"], said["type"], said.get("customers", ()), said.get("filter"))
            saved = create_segment(said["project"], fields, by=actor_of(request), request_id=new_group_id(), now=now)
        adopt(obj, saved)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_segment(obj, by=actor_of(request), request_id=new_group_id(), now=datetime.now(UTC))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("count/", view(partial(count_page, self)), name="segments_segment_count"),
            path("catalogue/", view(partial(catalogue_page, self)), name="segments_segment_catalogue"),
            path("<uuid:key>/members.csv", view(partial(members_page, self)), name="segments_segment_members"),
        ]
        return own + super().get_urls()


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ["customer", "segment", "entered", "leaves"]
    list_filter = [("segment", ProjectFilter)]
    list_select_related = ["customer", "segment"]
    search_fields = PERSON
    ordering = ["-entered_at", "-id"]
    fields = ["segment", "customer", "entered", "leaves"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(entered_at__isnull=False, segment__deleted_at=None)

    @admin.display(ordering="entered_at")
    def entered(self, row: Membership) -> str:
        return local_moment(row.entered_at)

    @admin.display(ordering="due_at", description="leaves, if nothing happens")
    def leaves(self, row: Membership) -> str:
        return local_moment(row.due_at)


@admin.register(MembershipChange)
class MembershipChangeAdmin(ReadOnlyAdmin):
    list_display = ["customer", "what", "segment", "because_of", "changed"]
    list_filter = [("segment", ProjectFilter), "has_entered"]
    list_select_related = ["customer", "segment"]
    search_fields = PERSON
    ordering = ["-changed_at", "-id"]
    fields = ["segment", "customer", "what", "because_of", "changed"]

    @admin.display(ordering="has_entered")
    def what(self, row: MembershipChange) -> str:
        return _what(row)

    @admin.display
    def because_of(self, row: MembershipChange) -> str:
        return _because(row)

    @admin.display(ordering="changed_at")
    def changed(self, row: MembershipChange) -> str:
        return local_moment(row.changed_at)


def _what(row: MembershipChange) -> str:
    return "entered" if row.has_entered else "left"


def _because(row: MembershipChange) -> str:
    return CAUSES.get(row.cause_kind, row.cause_kind)


def _change_row(change: Any) -> list[Cell]:
    who = change_link("customers_customer", change.customer_id, str(change.customer))
    event = change.cause_kind == "event" and change.cause_id
    because = change_link("events_event", change.cause_id, "an event") if event else _because(change)
    return [local_moment(change.changed_at), who, _what(change), because]


def _member_panel(title: str, rows: QuerySet[Any], empty: str, more: Link | None = None) -> Panel:
    told: list[list[Cell]] = [
        [
            change_link("customers_customer", row.customer_id, str(row.customer)),
            local_moment(row.entered_at),
            local_moment(row.due_at),
        ]
        for row in rows
    ]
    return Panel(title, ["Customer", "Since", "Leaves, if nothing happens"], told, empty=empty, more=more)


def _more(segment: Segment) -> Link:
    return list_link("segments_membership", "All members", segment__id__exact=segment.pk)


def _filter_panel(segment: Segment) -> Panel:
    joined = (
        "any of these holds" if str(segment.filter.get("junction", "and")).lower() == "or" else "all of these hold"
    )
    return Panel(f"Whom it fits: {joined}", ["Condition"], [[line] for line in in_words(segment.filter)])


def _days(segment: Segment, count: int, now: datetime) -> list[list[Cell]]:
    return [
        [day.isoformat(), f"{entered:,}", f"{left:,}", f"{members:,}"]
        for day, entered, left, members in counts_by_day(segment, count, now)
    ]
