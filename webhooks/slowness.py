"""Receivers that take too long: their send-outs wait in a topic of their own, so that they hold up no others.

A source is marked once an attempt takes long, and its mark goes with a quick answer, or by itself.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from projects.models import Project
from webhooks.models import SendOut, SlowSource
from webhooks.posting import Reply

SLOW_FOR = timedelta(minutes=10)
SLOW_MS = 3_000


def patience() -> float:
    """For how many seconds an attempt is not slow yet."""
    return SLOW_MS / 1_000


def is_slow(reply: Reply) -> bool:
    return reply.took_ms >= SLOW_MS


def slow_sources(source_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Which of these are marked. One statement."""
    rows = SlowSource.objects.filter(pk__in=source_ids, until__gt=now)
    return set(rows.values_list("pk", flat=True))


def mark_slow(send_outs: Iterable[SendOut], now: datetime) -> None:
    """Marks the sources of these. At most one statement."""
    found: dict[UUID, Project] = {row.source_id: row.project for row in send_outs}
    marks = [SlowSource(source_id=key, project=found[key], until=now + SLOW_FOR) for key in sorted(found)]
    if marks:
        SlowSource.objects.bulk_create(
            marks, update_conflicts=True, unique_fields=["source_id"], update_fields=["until"]
        )


def unmark(source_ids: Collection[UUID]) -> None:
    if source_ids:
        SlowSource.objects.filter(pk__in=source_ids).delete()
