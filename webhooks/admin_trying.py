"""Sending a test: what really happened, to one address."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.module_loading import import_string

from common.ids import uuid7
from common.jsons import JsonObject
from events.models import Event
from projects.audit import Target, record_change
from projects.pages import RowForm
from projects.scoping import actor_of
from webhooks.models import SourceKind, Webhook
from webhooks.send_outs import SendOutRequest, queue_send_outs

OFFERED = 20


class TryForm(RowForm):
    """Offers the latest events."""

    event = forms.ChoiceField(help_text="One of the latest. Personal values are masked, as always.")

    def __init__(self, row: Webhook, *args: Any, **options: Any) -> None:
        super().__init__(row, *args, **options)
        events = Event.objects.filter(project=row.project_id).select_related("customer").order_by("-id")[:OFFERED]
        self.events = {event.public_id: event for event in events}
        field: Any = self.fields["event"]
        field.choices = [(key, _label(event)) for key, event in self.events.items()]
        if not field.choices:
            field.choices = [("", "No event happened yet: send one first")]


def send_a_test(request: HttpRequest, webhook: Webhook, form: TryForm) -> str:
    """Writes the test down; its page in the log tells what came of it."""
    now = datetime.now(UTC)
    event = form.events[form.cleaned_data["event"]]
    with transaction.atomic():
        queue_send_outs(webhook.project, [_request(webhook, event)], now=now)
        target = Target("webhook", webhook.public_id, webhook.target_url)
        record_change(webhook.project, by=actor_of(request), action="webhook.tested", target=target)
    return "The test is on its way: “Latest” shows what comes of it."


def _request(webhook: Webhook, event: Event) -> SendOutRequest:
    body: JsonObject = import_string(settings.WEBHOOK_SAMPLE)(webhook.project, webhook, event)
    return SendOutRequest(
        SourceKind.WEBHOOK,
        webhook.pk,
        webhook.target_url,
        body["type"],
        body,
        cause=f"test:{uuid7()}",
        customer_id=event.customer_id,
        is_test=True,
    )


def _label(event: Event) -> str:
    return f"{event.name} of {event.customer}, {event.received_at:%Y-%m-%d %H:%M} UTC"
