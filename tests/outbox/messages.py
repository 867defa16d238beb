"""Messages for tests, enqueued as the product does it."""

from typing import Any

from django.db import transaction

from common.ids import uuid7
from outbox.enqueue import Work, enqueue_all
from outbox.models import OutboxMessage
from projects.models import Project
from tests.world import NOW


def a_message(project: Project, topic: str = "note", key: str = "", not_before: Any = NOW, **payload: Any) -> Any:
    """One committed message; `payload` is what the handlers of tests/outbox/jobs.py understand."""
    with transaction.atomic():
        payload.setdefault("say", "hello")
        [message] = enqueue_all(project, topic, [Work(payload, key or str(uuid7()), not_before)])
    return message


def some_messages(project: Project, count: int, topic: str = "note", **payload: Any) -> list[OutboxMessage]:
    """Messages that say 0, 1, 2 …"""
    works = [Work({"say": str(number), **payload}, f"{topic} {number:04}", NOW) for number in range(count)]
    with transaction.atomic():
        return enqueue_all(project, topic, works)


def state(message: OutboxMessage) -> dict[str, Any]:
    """What the row says now, but for its payload."""
    message.refresh_from_db()
    return {
        "attempts": message.attempts,
        "error": message.last_error,
        "available_at": message.available_at,
        "claimed_until": message.claimed_until,
        "done_at": message.done_at,
        "dead_at": message.dead_at,
    }


FRESH = {
    "attempts": 0,
    "error": "",
    "available_at": NOW,
    "claimed_until": None,
    "done_at": None,
    "dead_at": None,
}
