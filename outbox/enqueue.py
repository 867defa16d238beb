"""Writing down work for the worker, in the transaction of what causes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.transaction import TransactionManagementError

from common.ids import time_of, uuid7
from common.jsons import JsonObject
from common.writing import insert_new
from outbox.models import OutboxMessage
from projects.models import Project


@dataclass(frozen=True, slots=True)
class Work:
    """One message: what the topic's handler gets, the name under which it is written once, and its time.

    `payload` holds primitives: keys of rows, never what they said at the time.
    """

    payload: JsonObject
    dedupe_key: str
    not_before: datetime


def enqueue(project: Project, topic: str, payload: JsonObject, *, dedupe_key: str, not_before: datetime) -> None:
    """`enqueue_all` for one message."""
    enqueue_all(project, topic, [Work(payload, dedupe_key, not_before)])


def enqueue_all(project: Project, topic: str, works: Sequence[Work]) -> list[OutboxMessage]:
    """Write a message for each work whose key the project has not used lately; return those messages. One statement.

    A key is remembered until its message is swept away (outbox/sweeping.py). Raises TransactionManagementError outside
    of a transaction: the message has to be committed with its cause, or not at all.
    """
    if not transaction.get_connection().in_atomic_block:
        raise TransactionManagementError("A message is enqueued in the transaction of its cause")
    messages = [_message(project, topic, work) for work in works]
    # In one order everywhere: two transactions that enqueue the same keys would otherwise deadlock.
    return insert_new(OutboxMessage, sorted(messages, key=lambda message: message.dedupe_key))


def _message(project: Project, topic: str, work: Work) -> OutboxMessage:
    key = uuid7()
    return OutboxMessage(
        id=key,
        project=project,
        topic=topic,
        payload=work.payload,
        dedupe_key=work.dedupe_key,
        available_at=work.not_before,
        created_at=time_of(key),
    )
