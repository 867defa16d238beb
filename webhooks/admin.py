"""The admin pages of webhooks."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from projects.models import Role
from projects.scoping import ProjectFilter, ScopedAdmin, actor_of, adopt
from webhooks.admin_forms import WebhookForm
from webhooks.models import Webhook
from webhooks.subscribing import Subscription, change_webhook, create_webhook, delete_webhook


@admin.register(Webhook)
class WebhookAdmin(ScopedAdmin):
    add_role = change_role = delete_role = Role.ADMIN
    form = WebhookForm
    list_display = ["target_url", "hears_of", "active", "project", "created_at"]
    list_filter = [("project", ProjectFilter), "active"]
    list_select_related = ["project"]
    search_fields = ["target_url"]
    ordering = ["-id"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("target_url", "active", "events") if obj else ("project", "target_url", "active", "events")

    @admin.display(description="event types")
    def hears_of(self, webhook: Webhook) -> str:
        first, *more = webhook.events
        return f"{first} and {len(more)} more" if more else str(first)

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
