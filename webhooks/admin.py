"""The admin pages of webhooks."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from projects.models import Role
from projects.pages import Cell, Link, Panel, RowForm, RowPage, list_link, local_moment
from projects.scoping import ProjectFilter, ScopedAdmin, actor_of, adopt
from webhooks.admin_forms import TestForm, WebhookForm
from webhooks.admin_send_outs import HEADINGS, send_out_row
from webhooks.models import SendOut, SendOutStatus, Webhook
from webhooks.subscribing import Subscription, change_webhook, create_webhook, delete_webhook
from webhooks.testing import send_test

SHOWN = 20
HEALTH_OF = timedelta(hours=24)


def _send_test(request: HttpRequest, webhook: Webhook, form: TestForm) -> str:
    made = send_test(webhook, form.cleaned_data["event"], by=actor_of(request), now=datetime.now(UTC))
    return (
        f"The test {made.public_id} is on its way. It is the first of the latest deliveries: open it for the answer."
    )


def _enable(request: HttpRequest, webhook: Webhook, form: RowForm) -> str:
    _switch_on(request, webhook)
    return "It is on again. What was held back is sent now."


def _switch_on(request: HttpRequest, webhook: Webhook) -> None:
    wanted = Subscription(webhook.target_url, webhook.events, True, by_api=False)
    change_webhook(webhook, wanted, by=actor_of(request), now=datetime.now(UTC))


@admin.register(Webhook)
class WebhookAdmin(ScopedAdmin):
    add_role = change_role = delete_role = Role.ADMIN
    form = WebhookForm
    list_display = ["target_url", "hears_of", "state", "project", "created_at"]
    list_filter = [("project", ProjectFilter), "active", ("paused_at", admin.EmptyFieldListFilter)]
    list_select_related = ["project"]
    nothing_yet = "No address is told of anything yet. Add one, choose what it hears of, and send it a test."
    search_fields = ["target_url"]
    ordering = ["-id"]
    actions = ["enable"]
    row_pages = {
        "test": RowPage(
            Role.ADMIN,
            TestForm,
            "Send a test",
            "Send the test",
            _send_test,
            "One request about a real past event, as it would be sent today. A test is never repeated by itself.",
        ),
        "enable": RowPage(
            Role.ADMIN,
            RowForm,
            "Enable",
            "Enable",
            _enable,
            "It is told of what happens from now on, and what was held back meanwhile is sent at once.",
        ),
    }

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("target_url", "active", "events") if obj else ("project", "target_url", "active", "events")

    @admin.display(description="event types")
    def hears_of(self, webhook: Webhook) -> str:
        first, *more = webhook.events
        return f"{first} and {len(more)} more" if more else str(first)

    @admin.display(ordering="active")
    def state(self, webhook: Webhook) -> str:
        if webhook.paused_at:
            return format_html("Paused since {}: {}", local_moment(webhook.paused_at), webhook.paused_why)
        return "On" if webhook.active else "Off"

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        enable = self.url("enable", obj.pk)
        own = [link for link in super().links(request, obj) if not (obj.active and link.url == enable)]
        return [*own, list_link("webhooks_sendout", "All its deliveries", q=obj.public_id)]

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        newest = SendOut.objects.filter(source_id=obj.pk).defer("body", "headers").order_by("-pk")[:SHOWN]
        rows = [send_out_row(row) for row in newest]
        none = "Nothing was sent yet. Send a test to see what arrives; the rest begins with the next event."
        more = list_link("webhooks_sendout", "All its deliveries", q=obj.public_id) if rows else None
        return [*_notices(obj), _health(obj), Panel("Latest deliveries", HEADINGS, rows, empty=none, more=more)]

    @admin.action(description="Enable the chosen webhooks")
    def enable(self, request: HttpRequest, rows: QuerySet[Webhook]) -> None:
        own = list(self.writable(request, rows.filter(active=False), Role.ADMIN).select_related("project"))
        for webhook in own:
            _switch_on(request, webhook)
        self.message_user(request, f"{len(own)} switched on.", messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        asked = form.cleaned_data
        wanted = Subscription(asked["target_url"], asked["events"], asked["active"], by_api=False)
        if change:
            saved = change_webhook(obj, wanted, by=actor_of(request), now=datetime.now(UTC))
        else:
            saved = create_webhook(asked["project"], wanted, by=actor_of(request))
        adopt(obj, saved)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_webhook(obj, by=actor_of(request), now=datetime.now(UTC))


def _notices(webhook: Webhook) -> list[Panel]:
    """What somebody should do something about."""
    if webhook.paused_at is None:
        return []
    words = "{} Paused since {}. What it was to be sent waits: mend the receiver, send a test, then enable it."
    what = format_html(words, webhook.paused_why, local_moment(webhook.paused_at))
    return [Panel("Needs you", ["What"], [[what]], is_notice=True)]


def _health(webhook: Webhook) -> Panel:
    """Of what was made in the last hours."""
    since = datetime.now(UTC) - HEALTH_OF
    rows = SendOut.objects.filter(source_id=webhook.pk, is_test=False, created_at__gte=since)
    counts = rows.aggregate(
        **{status.value: Count("pk", filter=Q(status=status)) for status in SendOutStatus},
    )
    cells: list[list[Cell]] = [[str(status.label), f"{counts[status.value]:,}"] for status in SendOutStatus]
    return Panel("The last 24 hours, tests aside", ["Status", "Deliveries"], cells)
