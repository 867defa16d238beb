"""The admin pages of the outbox and of async actions: what waits, what failed, and letting it be tried again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from common.ids import parse_public_id
from outbox.actions import TOPIC
from outbox.models import OutboxMessage, State
from outbox.parking import try_again
from projects.models import AsyncAction, Role
from projects.pages import Link, Panel, RowForm, RowPage, ask_first, change_link, list_link, shown_json
from projects.scoping import ProjectFilter, ReadOnlyAdmin, ScopedAdmin, actor_of

EXPLAINED = "It is tried at once, and as often as a new one before it is parked again."
ERROR_LENGTH = 120
FAILURES_SHOWN = 50


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return State.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return queryset.in_state(State(value)) if value in State.values else queryset


def _try_one_again(request: HttpRequest, message: OutboxMessage, form: RowForm) -> str:
    tried = try_again([message], by=actor_of(request), now=datetime.now(UTC))
    return "The worker tries it again." if tried else "It was not parked any more."


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ScopedAdmin):
    list_display = ["created_at", "topic", "state", "attempts", "shown_error", "available_at", "project"]
    list_filter = [("project", ProjectFilter), StateFilter]
    list_select_related = ["project"]
    search_fields = ["topic", "last_error", "dedupe_key"]
    search_help_text = "Topic, or a part of the error; or the id of a message."
    ordering = ["-id"]
    actions = ["try_again"]
    fields = [
        "topic",
        "project",
        "state",
        "attempts",
        "last_error",
        "created_at",
        "available_at",
        "claimed_until",
        "done_at",
        "dead_at",
        "dedupe_key",
        "shown_payload",
    ]
    row_pages = {"try-again": RowPage(Role.MARKETER, RowForm, "Try again", "Try again", _try_one_again, EXPLAINED)}

    @admin.display
    def state(self, message: OutboxMessage) -> str:
        return message.state.label

    @admin.display(description="error of the last try")
    def shown_error(self, message: OutboxMessage) -> str:
        text = message.last_error
        return text if len(text) <= ERROR_LENGTH else text[: ERROR_LENGTH - 1] + "…"

    @admin.display(description="payload")
    def shown_payload(self, message: OutboxMessage) -> str:
        return shown_json(message.payload)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        key = parse_public_id("msg", search_term.strip())
        if key is not None:
            return queryset.filter(pk=key), False
        return super().get_search_results(request, queryset, search_term)

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        own = [] if obj.dead_at is None else list(super().links(request, obj))
        if obj.topic == TOPIC:
            own.append(change_link("projects_asyncaction", obj.payload["action"], "Its action"))
        return own

    @admin.action(description="Try the chosen messages again")
    def try_again(self, request: HttpRequest, rows: QuerySet[OutboxMessage]) -> HttpResponse | None:
        own = self.writable(request, rows, Role.MARKETER).filter(dead_at__isnull=False).select_related("project")
        if not own:
            self.message_user(request, "None of these is parked and yours to try again.", messages.WARNING)
            return None
        page = ask_first(self, request, own, title="Try again", question=EXPLAINED, submit="Try again")
        if page is None:
            tried = try_again(own, by=actor_of(request), now=datetime.now(UTC))
            self.message_user(request, f"The worker tries {len(tried)} of them again.", messages.SUCCESS)
        return page


@admin.register(AsyncAction)
class AsyncActionAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "type", "status", "shown_progress", "done_count", "failed_count", "project"]
    list_filter = [("project", ProjectFilter), "status"]
    list_select_related = ["project"]
    search_fields = ["type", "request_id"]
    search_help_text = "Type, or the id of the request; or the id of an action."
    ordering = ["-id"]
    fields = [
        "type",
        "project",
        "status",
        "operation_status",
        "shown_progress",
        "done_count",
        "failed_count",
        "message",
        "request_id",
        "created_at",
        "updated_at",
        "started_at",
        "finished_at",
        "shown_payload",
    ]

    @admin.display(description="progress", ordering="progress")
    def shown_progress(self, action: AsyncAction) -> str:
        return f"{action.progress} %"

    @admin.display(description="payload")
    def shown_payload(self, action: AsyncAction) -> str:
        return shown_json(action.payload)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).defer("failed", "payload")  # long, and in no column
        return rows

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        key = parse_public_id("aa", search_term.strip())
        if key is not None:
            return queryset.filter(pk=key), False
        return super().get_search_results(request, queryset, search_term)

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        return [list_link("outbox_outboxmessage", "Its message in the outbox", q=f"{TOPIC}:{obj.pk}")]

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        rows = [[failure["source_id"], failure["reason"]] for failure in obj.failed[:FAILURES_SHOWN]]
        title = f"What failed ({obj.failed_count})" if len(rows) < obj.failed_count else "What failed"
        return [Panel(title, ["Which", "Why"], rows, empty="Nothing failed.")]
