"""The delivery log in the admin: what was sent to whom, what was answered, and sending it again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.ids import parse_public_id
from common.jsons import parse
from distributions.models import Distribution
from events.models import Event, StoredEffect
from projects.models import Role
from projects.pages import Cell, Link, Panel, RowForm, RowPage, ask_first, change_link, local_moment, shown_json
from projects.scoping import KnownValuesFilter, ProjectFilter, ScopedAdmin, actor_of
from webhooks.event_types import EVENT_TYPES
from webhooks.models import Attempt, SendOut, SendOutStatus, SourceKind, Webhook
from webhooks.resending import resend
from webhooks.testing import cause_key

EXPLAINED = "It is sent once more, at once: the same text under the same id, signed anew."
NOTHING_SENT = "Nothing was sent yet. Send a test on the page of a webhook to see what arrives there."
ATTEMPTS_SHOWN = 50


class TypeFilter(KnownValuesFilter):
    title = "event type"
    parameter_name = "type"
    values = sorted(EVENT_TYPES)


def _resend_one(request: HttpRequest, row: SendOut, form: RowForm) -> str:
    sent = resend([row], by=actor_of(request), now=datetime.now(UTC))
    return (
        "It is sent again: reload this page to see the answer."
        if sent
        else "What it said was erased: nothing is sent."
    )


@admin.register(SendOut)
class SendOutAdmin(ScopedAdmin):
    list_display = ["shown_created", "type", "target_url", "state", "attempts_count", "shown_next", "project"]
    list_filter = [("project", ProjectFilter), "status", "source_kind", "is_test", TypeFilter]
    list_select_related = ["project"]
    nothing_yet = NOTHING_SENT
    search_fields = ["target_url", "type"]
    search_help_text = "Address or event type; or the id of a send-out (whs_…), webhook, distribution or customer."
    ordering = ["-id"]
    actions = ["send_again"]
    row_pages = {"resend": RowPage(Role.MARKETER, RowForm, "Send again", "Send again", _resend_one, EXPLAINED)}
    fields = [
        "public_id",
        "project",
        "type",
        "target_url",
        "state",
        "shown_reason",
        "attempts_count",
        "shown_created",
        "shown_next",
        "shown_ended",
        "shown_body",
        "body_as_sent",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        match = getattr(request, "resolver_match", None)
        is_list = match is not None and str(match.url_name).endswith("_changelist")
        return rows.defer("body", "headers") if is_list else rows  # long, and in no column

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        term = search_term.strip()
        for prefix, column in (("whs", "pk"), ("wh", "source_id"), ("distr", "source_id"), ("cust", "customer_id")):
            key = parse_public_id(prefix, term)
            if key is not None:
                return queryset.filter(**{column: key}), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="sent", ordering="id")
    def shown_created(self, row: SendOut) -> SafeString:
        return local_moment(row.created_at)

    @admin.display(description="status", ordering="status")
    def state(self, row: SendOut) -> str:
        return state_of(row)

    @admin.display(description="next attempt", ordering="next_at")
    def shown_next(self, row: SendOut) -> SafeString:
        return local_moment(row.next_at)

    @admin.display(description="ended")
    def shown_ended(self, row: SendOut) -> SafeString:
        return local_moment(row.ended_at)

    @admin.display(description="why")
    def shown_reason(self, row: SendOut) -> str:
        return row.reason or "–"

    @admin.display(description="id")
    def public_id(self, row: SendOut) -> str:
        return row.public_id

    @admin.display(description="what is said")
    def shown_body(self, row: SendOut) -> str:
        return shown_json(parse(row.body.encode())) if row.body else "It was erased with the customer."

    @admin.display(description="to the letter")
    def body_as_sent(self, row: SendOut) -> str:
        return format_html('<pre class="boon-json" tabindex="0">{}</pre>', row.body) if row.body else "–"

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        own = list(super().links(request, obj)) if obj.body else []
        own += _source_links(obj)
        if obj.customer_id:
            own.append(change_link("customers_customer", obj.customer_id, "The customer"))
        return [*own, *_event_links(obj)]

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        attempts = list(Attempt.objects.filter(send_out=obj).order_by("-number")[:ATTEMPTS_SHOWN])
        none = "It was not tried yet: the worker does so at the next attempt's time. Reload this page to see it."
        headings = ["Attempt", "When", "Took", "Status", "What was answered", "What went wrong"]
        sent = [[str(row.number), _lines(row.request_headers)] for row in attempts]
        return [
            Panel("Attempts, newest first", headings, [_attempt(row) for row in attempts], empty=none),
            Panel("Headers that were sent", ["Attempt", "Headers"], sent, empty="None yet."),
        ]

    @admin.action(description="Send the chosen again")
    def send_again(self, request: HttpRequest, rows: QuerySet[SendOut]) -> HttpResponse | None:
        own = self.writable(request, rows, Role.MARKETER).exclude(body="").select_related("project")
        if not own:
            self.message_user(request, "None of these is yours to send again.", messages.WARNING)
            return None
        question = "Each is sent once more, at once: the same text under the same id, signed anew."
        page = ask_first(self, request, own, title="Send again", question=question, submit="Send again")
        if page is None:
            sent = resend(own, by=actor_of(request), now=datetime.now(UTC))
            self.message_user(request, f"{len(sent)} sent again.", messages.SUCCESS)
        return page


HEADINGS = ["When", "Event type", "Status", "Attempts", "Next attempt", "Why"]


def send_out_row(row: SendOut) -> list[Cell]:
    """Under HEADINGS."""
    return [
        change_link("webhooks_sendout", row.pk, local_moment(row.created_at)),
        row.type,
        state_of(row),
        str(row.attempts_count),
        local_moment(row.next_at),
        row.reason or "–",
    ]


def state_of(row: SendOut) -> str:
    status = str(SendOutStatus(row.status).label)
    return f"{status} (test)" if row.is_test else status


def _source_links(row: SendOut) -> list[Link]:
    """To what sent it, where that is still there."""
    if row.source_kind == SourceKind.WEBHOOK:
        there = Webhook.objects.filter(project=row.project_id, pk=row.source_id).exists()
        return [change_link("webhooks_webhook", row.source_id, "Its webhook")] if there else []
    there = Distribution.objects.filter(project=row.project_id, pk=row.source_id, deleted_at=None).exists()
    return [change_link("distributions_distribution", row.source_id, "Its distribution")] if there else []


def _event_links(row: SendOut) -> list[Link]:
    """To the trace of the event behind it."""
    key = cause_key(row)
    if key is None:
        return []
    effects = StoredEffect.objects.filter(project=row.project_id, pk=key).values_list("event_id", flat=True)
    event_id = next(iter(effects), key)
    there = event_id and Event.objects.filter(project=row.project_id, pk=event_id).exists()
    return [change_link("events_event", event_id, "The event behind it")] if there else []


def _attempt(row: Attempt) -> list[Cell]:
    return [
        f"{row.number} (by hand)" if row.by_hand else str(row.number),
        local_moment(row.started_at),
        f"{row.took_ms:,} ms",
        str(row.status_code or "no answer"),
        format_html('<pre class="boon-json" tabindex="0">{}</pre>', row.reply) if row.reply else "–",
        row.error or "–",
    ]


def _lines(headers: dict[str, Any]) -> SafeString:
    text = "\n".join(f"{name}: {value}" for name, value in headers.items())
    return format_html('<pre class="boon-json" tabindex="0">{}</pre>', text)
