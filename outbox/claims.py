"""Who holds which message: claimed for a while, kept alive while it is handled, given up by its end.

A claim that nobody keeps alive runs out, so that a worker that was killed loses nothing. The clocks of several
machines may differ by a few seconds, not by a minute.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from outbox.models import OPEN, MessageQuerySet, OutboxMessage

CLAIM = timedelta(seconds=60)
RENEWED_EVERY_SECONDS = 15.0


def claim(now: datetime, *, most: int) -> list[OutboxMessage]:
    """Up to `most` due messages, the oldest first, which are the caller's alone until CLAIM has passed.

    One statement where nothing is due: an idle worker takes no lock, of which SQLite has only one.
    """
    due = OutboxMessage.objects.due(now)
    if not due.exists():
        return []
    with transaction.atomic():
        # SKIP LOCKED: what another worker is claiming at this moment is no reason to wait.
        oldest = due.select_for_update(skip_locked=True).order_by("available_at", "id")
        messages = list(oldest[:most])
        keys = [message.pk for message in messages]
        due.filter(pk__in=keys).update(claimed_until=now + CLAIM, attempts=F("attempts") + 1)
    for message in messages:
        message.attempts += 1
    return messages


def held(messages: Sequence[OutboxMessage]) -> MessageQuerySet:
    """The rows of the messages whose claims still count: nobody has claimed them since."""
    claims = (Q(pk=message.pk, attempts=message.attempts) for message in messages)
    return OutboxMessage.objects.filter(OPEN, reduce(or_, claims, Q(pk__in=())))


def renew(messages: Sequence[OutboxMessage], now: datetime) -> None:
    held(messages).update(claimed_until=now + CLAIM)


def release(messages: Sequence[OutboxMessage]) -> None:
    """Lets others take the messages at once, as if they had not been claimed; one statement."""
    held(messages).update(claimed_until=None, attempts=F("attempts") - 1)


class Holding:
    """The messages in a worker's hands. A thread keeps their claims alive until they are put down."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: dict[Any, OutboxMessage] = {}
        self._ended = threading.Event()

    @contextmanager
    def kept_alive(self) -> Iterator["Holding"]:
        thread = threading.Thread(target=self._keep_alive, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            thread.join()

    def take(self, messages: Sequence[OutboxMessage]) -> None:
        with self._lock:
            self._messages.update((message.pk, message) for message in messages)

    def put_down(self, message: OutboxMessage) -> None:
        with self._lock:
            self._messages.pop(message.pk, None)

    def messages(self) -> list[OutboxMessage]:
        with self._lock:
            return list(self._messages.values())

    def _keep_alive(self) -> None:
        while not self._ended.wait(RENEWED_EVERY_SECONDS):
            messages = self.messages()
            if messages:
                self._renew(messages)

    def _renew(self, messages: Sequence[OutboxMessage]) -> None:
        try:
            renew(messages, timezone.now())
        except (DatabaseError, InterfaceError):
            pass  # the next round tries again; where the database stays away, the claims run out
        finally:
            connection.close()
