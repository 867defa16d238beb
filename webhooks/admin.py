"""The admin pages of webhooks."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest

from common.ids import first_key_at
from projects.models import Role
from projects.pages import Cell, Link, Panel, RowPage, list_link
from projects.scoping import ProjectFilter, ScopedAdmin, actor_of, adopt
from webhooks.admin_forms import WebhookForm
from webhooks.admin_log import HEADINGS, SendOutAdmin, send_out_row
from webhooks.admin_trying import TryForm, send_a_test
from webhooks.models import SendOut, SendOutStatus, Webhook
from webhooks.subscribing import Subscription, change_webhook, create_webhook, delete_webhook

__all__ = ["SendOutAdmin", "WebhookAdmin"]
SHOWN = 10


@admin.register(Webhook)
class WebhookAdmin(ScopedAdmin):
    add_role = change_role = delete_role = Role.ADMIN
    form = WebhookForm
    list_display = ["target_url", "hears_of", "state", "project", "created_at"]
    list_filter = [("project", ProjectFilter), "active"]
    list_select_related = ["project"]
    search_fields = ["target_url"]
    ordering = ["-id"]
    row_pages = {
        "test": RowPage(
            Role.MARKETER,
            TryForm,
            "Send a test",
            "Send",
            send_a_test,
            "What really happened is sent to this address alone, signed as always. A test is tried once.",
        )
    }

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("target_url", "active", "events") if obj else ("project", "target_url", "active", "events")

    @admin.display(description="event types")
    def hears_of(self, webhook: Webhook) -> str:
        first, *more = webhook.events
        return f"{first} and {len(more)} more" if more else str(first)

    @admin.display
    def state(self, webhook: Webhook) -> str:
        if webhook.active:
            return "on"
        return f"paused: {webhook.paused_why}" if webhook.paused_at else "off"

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        own = list_link("webhooks_sendout", "All that was sent", q=obj.public_id)
        return [*super().links(request, obj), own]

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        sent = SendOut.objects.filter(source_id=obj.pk).defer("body", "headers")
        newest = [send_out_row(row) for row in sent.order_by("-id")[:SHOWN]]
        none = "Nothing was sent yet. Send a test, or wait for something that it hears of."
        return [*_notices(obj), _health_of(obj), Panel("Latest", HEADINGS, newest, empty=none)]

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
    since = webhook.paused_at.strftime("%Y-%m-%d %H:%M UTC")
    words = (
        f"Paused since {since}: {webhook.paused_why} What happens meanwhile is not sent, what was begun is held back."
    )
    return [Panel("Needs you", ["What"], [[f"{words} Mend the receiver, then tick “Active” and save."]])]


def _health_of(webhook: Webhook) -> Panel:
    """How many send-outs of the last day came to what. One statement."""
    first = first_key_at(datetime.now(UTC) - timedelta(days=1))
    rows = SendOut.objects.filter(source_id=webhook.pk, pk__gte=first, is_test=False).order_by()
    counts = dict(rows.values_list("status").annotate(count=Count("pk")))
    shown: list[list[Cell]] = [
        [str(status.label), f"{counts[status]:,}"] for status in SendOutStatus if counts.get(status)
    ]
    return Panel("The last 24 hours", ["State", "Sent"], shown, empty="Nothing was sent in the last 24 hours.")
