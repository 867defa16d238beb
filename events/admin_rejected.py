"""The admin pages of rejected events: what causes them, each of them, and mending and replaying them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from common.jsons import JsonValue, dumps
from common.theme import ChangeList
from events.admin_replay import replay_page
from events.masking import RejectedMasks
from events.models import RejectedEvent, RejectedTally
from events.selecting import groups_by_cause
from eventschema.admin_proposing import create_link
from eventschema.models import EventDefinition
from projects.access import access_of
from projects.models import Project, Role
from projects.pages import Cell, Link, Panel, change_link, list_link, moment, shown_json
from projects.scoping import KnownValuesFilter, ProjectFilter, ScopedAdmin

MOST_CAUSES = 50
# What fits into an address; more than these are replayed by their cause.
MOST_CHOSEN = 100


class KeyFilter(KnownValuesFilter):
    title = "refused with"
    parameter_name = "key"
    values = ("metadata_validation_failed", "not_found", "reaction_failed")


class RejectedList(ChangeList):
    """A page of rejected events with what is personal in them, read at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        masks = RejectedMasks(rows)
        for row in rows:
            row.masked = masks.payload(row)
        self.result_list = rows


@admin.register(RejectedEvent)
class RejectedEventAdmin(ScopedAdmin):
    list_display = ["created_at", "name", "cause", "metadata", "attempts", "project"]
    list_filter = [("project", ProjectFilter), KeyFilter, ("created_at", admin.DateFieldListFilter)]
    list_select_related = ["project"]
    search_fields = ["name", "cause", "source_id"]
    search_help_text = "Event, cause, or the sender's own id."
    ordering = ["-id"]
    fields = [
        "name",
        "project",
        "cause",
        "source_id",
        "channel",
        "group_id",
        "occurred_at",
        "created_at",
        "attempts",
        "shown_payload",
    ]
    actions = ["replay_chosen"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(replayed_at=None)

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return RejectedList

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return super().get_actions(request) if access_of(request).may_anywhere(Role.MARKETER) else {}

    def get_urls(self) -> list[URLPattern]:
        def page(request: HttpRequest) -> HttpResponse:
            return replay_page(self, request)

        own = path("replay/", self.admin_site.admin_view(page), name="events_rejectedevent_replay")
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        context = getattr(answer, "context_data", None) or {}
        if "cl" in context:
            tallies = access_of(request).narrow(RejectedTally.objects.all(), "project")
            context["causes"] = _causes(request, context["cl"].queryset)
            context["dropped"] = tallies.aggregate(all=Sum("dropped_count"))["all"]
        return answer

    @admin.display
    def metadata(self, row: Any) -> str:
        return dumps(row.masked.get("metadata") or {})[:140]

    @admin.display(description="as it was sent")
    def shown_payload(self, row: RejectedEvent) -> str:
        return shown_json(RejectedMasks([row]).payload(row))

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        own = [list_link("events_rejectedevent", "All of this cause", **_same(obj.project_id, obj.name, obj.cause))]
        if access_of(request).may(Role.MARKETER, obj.project_id):
            own.insert(0, Link("Mend and replay", replay_url(project=obj.project_id, id=obj.public_id)))
            own += self._create_link(obj)
        if obj.event_id:
            own.append(change_link("events_event", obj.event_id, "The event"))
        return own

    def _create_link(self, row: RejectedEvent) -> list[Link]:
        """To a new definition, where the event was rejected for want of one and there is none yet."""
        if (
            row.reaction
            or EventDefinition.objects.filter(project=row.project_id, name=row.name, deleted_at=None).exists()
        ):
            return []
        return [create_link(row.project_id, row.name)]

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        rows = [
            [error["path"], error["code"], error["message"], _shown(error.get("actual"))]
            for error in RejectedMasks([obj]).errors(obj)
        ]
        return [Panel("Why it was rejected", ["Field", "Code", "What is wrong", "Was sent"], rows)]

    @admin.action(description="Mend and replay the chosen events")
    def replay_chosen(self, request: HttpRequest, rows: QuerySet[RejectedEvent]) -> HttpResponse | None:
        chosen = list(self.writable(request, rows, Role.MARKETER)[: MOST_CHOSEN + 1])
        projects = {row.project_id for row in chosen}
        if len(chosen) > MOST_CHOSEN or len(projects) > 1:
            told = f"Choose at most {MOST_CHOSEN} events of one project, or replay all of a cause."
            self.message_user(request, told, messages.WARNING)
        elif not chosen:
            self.message_user(request, "None of these events can be replayed by you.", messages.WARNING)
        else:
            return redirect(replay_url(project=projects.pop(), id=[row.public_id for row in chosen]))
        return None


def replay_url(**query: Any) -> str:
    return reverse("admin:events_rejectedevent_replay", query=query)


def _causes(request: HttpRequest, rows: QuerySet[RejectedEvent]) -> Panel:
    """The causes of these rows, most events first."""
    groups = list(groups_by_cause(rows, "project_id", "name")[: MOST_CAUSES + 1])
    names = dict(Project.objects.filter(pk__in={group["project_id"] for group in groups}).values_list("pk", "name"))
    return Panel(
        "What causes them" if len(groups) <= MOST_CAUSES else f"What causes most of them (the first {MOST_CAUSES})",
        ["Events", "Cause", "Event", "Project", "First", "Last", "", ""],
        [_cause(request, group, names[group["project_id"]]) for group in groups[:MOST_CAUSES]],
        empty="Nothing is rejected. Whatever is refused for its name or metadata will be listed here.",
    )


def _cause(request: HttpRequest, group: Any, project_name: str) -> list[Cell]:
    project_id, name, cause = group["project_id"], group["name"], group["cause"]
    may_replay = access_of(request).may(Role.MARKETER, project_id)
    return [
        str(group["count"]),
        list_link("events_rejectedevent", cause, **_same(project_id, name, cause)),
        name,
        project_name,
        moment(group["first"]),
        moment(group["last"]),
        change_link("events_rejectedevent", group["example"], "Example"),
        Link("Mend and replay", replay_url(project=project_id, event=name, cause=cause)) if may_replay else "",
    ]


def _same(project_id: Any, name: str, cause: str) -> dict[str, Any]:
    return {"project__id__exact": project_id, "name__exact": name, "cause__exact": cause}


def _shown(value: JsonValue) -> str:
    return "–" if value is None else value if isinstance(value, str) else dumps(value)
