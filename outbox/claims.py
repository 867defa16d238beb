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
from typing import Any, TypeAlias
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from common.statements import JsonRows, Update
from outbox.models import OPEN, MessageQuerySet, OutboxMessage

CLAIM = timedelta(seconds=60)
RENEWED_EVERY_SECONDS = 15.0

_OPEN = "done_at IS NULL AND dead_at IS NULL"
_DUE = f"{_OPEN} AND (claimed_until IS NULL OR claimed_until <= %s) AND available_at <= %s"
# The topics of open messages one after the other, by a step in an index for each, however many messages there are.
_DUE_TOPICS = f"""
    WITH RECURSIVE known (topic) AS (
        SELECT min(topic) FROM outbox_message WHERE {_OPEN}
        UNION ALL
        SELECT (SELECT min(topic) FROM outbox_message WHERE topic > known.topic AND {_OPEN})
        FROM known WHERE known.topic IS NOT NULL
    ), due (topic, oldest) AS (
        SELECT topic, (
            SELECT available_at FROM outbox_message WHERE topic = known.topic AND {_DUE} ORDER BY available_at LIMIT 1
        ) FROM known WHERE topic IS NOT NULL
    )
    SELECT topic FROM due WHERE oldest IS NOT NULL ORDER BY oldest"""
_CLAIM = """
    UPDATE outbox_message SET claimed_until = %s, attempts = attempts + {tries}
    WHERE id {among} (
        SELECT id FROM outbox_message WHERE {due} ORDER BY available_at, id LIMIT %s {lock}
    {end}) RETURNING *"""

_TAKE = """
    UPDATE outbox_message SET claimed_until = %s, attempts = outbox_message.attempts + 1 FROM {rows}
    WHERE outbox_message.id = new.id AND outbox_message.attempts = new.attempts
        AND outbox_message.done_at IS NULL AND outbox_message.dead_at IS NULL AND outbox_message.available_at <= %s
    RETURNING {columns}"""

# (id of a message, its attempts when it was reserved)
Reservation: TypeAlias = tuple[str, int]


def due_topics(now: datetime) -> list[str]:
    """The topics of which something is due, that of the oldest message first; one statement, which only reads."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE_TOPICS, _stored(now, now))
        return [topic for (topic,) in cursor.fetchall()]


def claim(now: datetime, *, most: int, topic: str | None = None) -> list[OutboxMessage]:
    """Up to `most` due messages, the oldest first, which are the caller's alone until CLAIM has passed; one statement.

    Those of a topic that `due_topics` named, or of any: an idle worker takes no lock, of which SQLite has only one.
    """
    if topic is None and not due_topics(now):
        return []
    return _claimed(now, most, topic, tries=1)


def reserve(now: datetime, *, most: int, topic: str) -> list[OutboxMessage]:
    """As `claim`, but no try begins yet: that is for whoever takes the messages up (`take`)."""
    return _claimed(now, most, topic, tries=0)


def take(reservations: Sequence[Reservation], now: datetime) -> list[OutboxMessage]:
    """Those of the reserved messages that nobody has taken up yet, the caller's now as by `claim`; one statement."""
    rows = [{"id": UUID(key), "attempts": attempts} for key, attempts in reservations]
    if not rows:
        return []
    own = JsonRows([OutboxMessage._meta.get_field(name) for name in ("id", "attempts")])
    columns = ", ".join(f"outbox_message.{field.column}" for field in OutboxMessage._meta.concrete_fields)
    sql = _TAKE.format(rows=own.relation, columns=columns)
    [until, at] = _stored(now + CLAIM, now)
    messages = OutboxMessage.objects.raw(sql, [until, own.encode(rows), at])
    return sorted(messages, key=lambda message: (message.available_at, message.pk))


def _claimed(now: datetime, most: int, topic: str | None, *, tries: int) -> list[OutboxMessage]:
    due, values = (_DUE, []) if topic is None else (f"topic = %s AND {_DUE}", [topic])
    # SKIP LOCKED: what another worker is claiming at this moment is no reason to wait. As an array the rows are chosen
    # once, whatever plan the update has.
    parts = (
        {"among": "= ANY (ARRAY", "lock": "FOR UPDATE SKIP LOCKED", "end": ")"}
        if connection.vendor == "postgresql"
        else {"among": "IN", "lock": "", "end": ""}
    )
    sql = _CLAIM.format(tries=tries, due=due, **parts)
    messages = OutboxMessage.objects.raw(sql, [*_stored(now + CLAIM), *values, *_stored(now, now), most])
    return sorted(messages, key=lambda message: (message.available_at, message.pk))


def _stored(*times: datetime) -> list[Any]:
    return [connection.ops.adapt_datetimefield_value(time) for time in times]


def held(messages: Sequence[OutboxMessage]) -> MessageQuerySet:
    """The rows of the messages whose claims still count: nobody has claimed them since."""
    claims = (Q(pk=message.pk, attempts=message.attempts) for message in messages)
    return OutboxMessage.objects.filter(OPEN, reduce(or_, claims, Q(pk__in=())))


def update_of_held(**sets: str) -> Update[OutboxMessage]:
    """Changes many messages by one statement, but for those that somebody has claimed since."""
    names = ("attempts", *(name for name, value in sets.items() if value.startswith("new.")))
    where = (
        "outbox_message.attempts = new.attempts AND outbox_message.done_at IS NULL AND outbox_message.dead_at IS NULL"
    )
    return Update(OutboxMessage, sets, [OutboxMessage._meta.get_field(name) for name in names], where=where)


_UNRESERVE = update_of_held(claimed_until="NULL")


def unreserve(messages: Sequence[OutboxMessage]) -> None:
    """Lets others reserve the messages at once; one statement."""
    _UNRESERVE(messages)


def renew(messages: Sequence[OutboxMessage], now: datetime) -> None:
    _change(messages, claimed_until=now + CLAIM)


def release(messages: Sequence[OutboxMessage]) -> None:
    """Lets others take the messages at once, as if they had not been claimed."""
    _change(messages, claimed_until=None, attempts=F("attempts") - 1)


def _change(messages: Sequence[OutboxMessage], **columns: Any) -> None:
    """Not those whose outcome is being written at this moment: two who wait for each other's rows would deadlock."""
    with transaction.atomic():
        free = list(held(messages).select_for_update(skip_locked=True).values_list("pk", flat=True))
        if free:
            OutboxMessage.objects.filter(pk__in=free).update(**columns)


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

    def put_down(self, messages: Sequence[OutboxMessage]) -> None:
        with self._lock:
            for message in messages:
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
