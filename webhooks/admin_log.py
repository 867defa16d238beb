"""The admin's log of what was sent: each send-out with its attempts, and sending again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from common.ids import parse_public_id, public_id
from common.jsons import InvalidJson, JsonObject, parse
from projects.models import Role
from projects.pages import (
    Cell,
    Link,
    Panel,
    RowForm,
    RowPage,
    ask_first,
    change_link,
    local_moment,
    shown_json,
)
from projects.scoping import ProjectFilter, ScopedAdmin, actor_of
from webhooks.models import Attempt, SendOut, SourceKind
from webhooks.resending import resend

EXPLAINED = "The same text goes to the same address under the same id, signed anew. Receivers know repeats by that id."
SOURCE_PAGES = {SourceKind.WEBHOOK: "webhooks_webhook", SourceKind.DISTRIBUTION: "distributions_distribution"}
PREFIXES = {SourceKind.WEBHOOK: "wh", SourceKind.DISTRIBUTION: "distr"}
# Of an id in the search box: the column that it is looked for in.
SEARCHED = {"whs": "pk", "wh": "source_id", "distr": "source_id", "cust": "customer_id"}
LONGEST_CELL = 200


def _send_again(request: HttpRequest, row: SendOut, form: RowForm) -> str:
    sent = resend([row], by=actor_of(request), now=datetime.now(UTC))
    return "The worker sends it again at once." if sent else "It was erased, and cannot be sent again."


@admin.register(SendOut)
class SendOutAdmin(ScopedAdmin):
    list_display = ["sent_at", "type", "state", "attempts_count", "target_url", "next_try", "project"]
    list_filter = [("project", ProjectFilter), "status", "source_kind", "is_test"]
    list_select_related = ["project"]
    search_fields = ["type", "target_url"]
    search_help_text = "Event type or address; or the id of a send-out, webhook, distribution or customer."
    ordering = ["-id"]
    actions = ["send_again"]
    fields = [
        "type",
        "state",
        "reason",
        "target_url",
        "shown_source",
        "project",
        "attempts_count",
        "sent_at",
        "next_try",
        "ended",
        "shown_id",
        "shown_body",
    ]
    row_pages = {"send-again": RowPage(Role.MARKETER, RowForm, "Send again", "Send again", _send_again, EXPLAINED)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).defer("body", "headers")  # long, and in no column
        return rows

    @admin.display(description="written", ordering="created_at")
    def sent_at(self, row: SendOut) -> str:
        return local_moment(row.created_at)

    @admin.display(ordering="status")
    def state(self, row: SendOut) -> str:
        return f"{row.get_status_display()} (test)" if row.is_test else str(row.get_status_display())

    @admin.display(description="next attempt", ordering="next_at")
    def next_try(self, row: SendOut) -> str:
        return local_moment(row.next_at)

    @admin.display(description="ended")
    def ended(self, row: SendOut) -> str:
        return local_moment(row.ended_at)

    @admin.display(description="sent by")
    def shown_source(self, row: SendOut) -> str:
        kind = SourceKind(row.source_kind)
        return f"{kind.label} {public_id(PREFIXES[kind], row.source_id)}"

    @admin.display(description="id (webhook-id)")
    def shown_id(self, row: SendOut) -> str:
        return row.public_id

    @admin.display(description="what is sent")
    def shown_body(self, row: SendOut) -> str:
        return shown_json(_body_of(row)) if row.body else "It was erased."

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        for prefix, column in SEARCHED.items():
            if key := parse_public_id(prefix, search_term.strip()):
                return queryset.filter(**{column: key}), False
        return super().get_search_results(request, queryset, search_term)

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        kind = SourceKind(obj.source_kind)
        own = [change_link(SOURCE_PAGES[kind], obj.source_id, f"The {kind.label.lower()} that sends it")]
        if obj.customer_id:
            own.append(change_link("customers_customer", obj.customer_id, "The customer"))
        if event_id := _event_of(obj):
            own.append(change_link("events_event", event_id, "The event behind it"))
        return [*super().links(request, obj), *own]

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        attempts = list(obj.attempts.order_by("number"))
        rows = [_attempt_row(attempt) for attempt in attempts]
        none = "No attempt yet: the worker makes the first in a moment."
        headings = ["Attempt", "When", "Took", "Answer", "What was said"]
        panels = [Panel("Attempts", headings, rows, empty=none)]
        if attempts:
            sent: list[list[Cell]] = [[name, value] for name, value in attempts[-1].request_headers.items()]
            panels.append(Panel("Headers of the last attempt", ["Header", "Value"], sent, empty="They were erased."))
        return panels

    @admin.action(description="Send the chosen ones again")
    def send_again(self, request: HttpRequest, rows: QuerySet[SendOut]) -> HttpResponse | None:
        own = self.writable(request, rows, Role.MARKETER).select_related("project")
        if not own:
            self.message_user(request, "None of these is yours to send again.", messages.WARNING)
            return None
        page = ask_first(self, request, own, title="Send again", question=EXPLAINED, submit="Send again")
        if page is None:
            sent = resend(own, by=actor_of(request), now=datetime.now(UTC))
            self.message_user(request, f"The worker sends {len(sent)} of them again.", messages.SUCCESS)
        return page


HEADINGS = ["Written", "Event type", "State", "Attempts", "Next attempt"]


def send_out_row(row: SendOut) -> list[Cell]:
    """A send-out in a panel of the page of whatever sends."""
    return [
        change_link("webhooks_sendout", row.pk, row.created_at.strftime("%Y-%m-%d %H:%M:%S")),
        row.type,
        f"{row.get_status_display()} (test)" if row.is_test else str(row.get_status_display()),
        str(row.attempts_count),
        local_moment(row.next_at),
    ]


def _attempt_row(attempt: Attempt) -> list[Cell]:
    number = f"{attempt.number} (by hand)" if attempt.by_hand else str(attempt.number)
    said = attempt.error or attempt.reply
    return [
        number,
        local_moment(attempt.started_at),
        f"{attempt.took_ms:,} ms",
        "none" if attempt.status_code is None else str(attempt.status_code),
        said if len(said) <= LONGEST_CELL else said[: LONGEST_CELL - 1] + "…",
    ]


def _body_of(row: SendOut) -> JsonObject:
    try:
        found: JsonObject = parse(row.body.encode())
    except InvalidJson:  # a template of somebody's own may nest deeper than what is accepted here
        return {"text": row.body}
    return found


def _event_of(row: SendOut) -> Any:
    body = _body_of(row) if row.body else {}
    data = body.get("data") if isinstance(body, dict) else None
    event = data.get("event") if isinstance(data, dict) else None
    return parse_public_id("event", event.get("id")) if isinstance(event, dict) else None
