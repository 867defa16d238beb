"""Webhooks for tests, and what they were sent: announced, fanned out and written down as in production."""

from collections.abc import Sequence
from typing import Any

from api.announcements import FanOut
from common.jsons import JsonObject, parse
from events.models import Event
from outbox.models import OutboxMessage
from projects.models import Project
from tests.world import NOW, TESTER
from webhooks.announcing import FAN_OUT
from webhooks.models import Attempt, SendOut, Webhook
from webhooks.subscribing import Subscription, create_webhook

URL = "https://shop.example/hook"
SAID = '{"say": "hello"}'


def a_webhook(project: Project, *events: str, url: str = URL, active: bool = True) -> Webhook:
    project.refresh_from_db()
    return create_webhook(project, Subscription(url, events, active), by=TESTER)


def announced() -> list[JsonObject]:
    """What waits to be told, in order."""
    messages = OutboxMessage.objects.filter(topic=FAN_OUT, done_at=None).order_by("pk")
    return [message.payload for message in messages]


def fan_out(payloads: Sequence[JsonObject]) -> None:
    assert set(FanOut().handle_all(payloads)) <= {None}


def bodies(*types: str) -> list[Any]:
    """What webhooks are sent, of these types or of all, after everything that waits was fanned out."""
    fan_out(announced())
    OutboxMessage.objects.filter(topic=FAN_OUT).update(done_at="2026-11-22T10:00:00Z")
    rows = SendOut.objects.order_by("pk")
    rows = rows.filter(type__in=types) if types else rows
    return [parse(row.body.encode()) for row in rows]


def the_event(name: str) -> Event:
    return Event.objects.get(name=name)


def a_send_out(webhook: Webhook, status: str = "failed", cause: str = "1", body: str = SAID) -> SendOut:
    """One that was tried once, in vain."""
    is_open = status in ("waiting", "retrying")
    row = SendOut.objects.create(
        project=webhook.project,
        source_kind="webhook",
        source_id=webhook.pk,
        cause=cause,
        type="customer.created",
        target_url=webhook.target_url,
        body=body,
        status=status,
        attempts_count=1,
        created_at=NOW,
        next_at=NOW if is_open else None,
        ended_at=NOW if status in ("failed", "delivered") else None,
        reason="" if is_open else "It was not taken.",
    )
    Attempt.objects.create(
        send_out=row,
        project=webhook.project,
        number=1,
        started_at=NOW,
        took_ms=12,
        status_code=500,
        reply="<b>out of order</b>",
        error="The receiver answered 500",
        request_headers={"webhook-id": row.public_id},
    )
    return row
