"""Exactly once: a sender's own name for an event is good for one event, without a limit in time.

Keys are read when a transaction begins and written when it ends. Two transactions that bring the same key at the same
moment both find it free; the database lets one of them write it, and the other begins anew and finds it taken.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from django.db import IntegrityError

from common.jsons import canonical
from common.rows import new_row
from common.statements import Insert, Select
from common.transactions import BeginAnew
from events.chain import Draft
from events.models import IdempotencyKey, UsedTicket
from events.outcomes import KeyTaken, Replayed
from events.payloads import EventPayload
from projects.models import Project

# What an event says (house rule: a time left to us is no part of it, and neither is the key).
FINGERPRINTED = ("event", "customer", "referral", "loyalty", "metadata", "occurred_at")

_insert_keys = Insert(IdempotencyKey)
_select_keys = Select(IdempotencyKey, "project_id = %s AND key IN %s")


def fingerprint(payload: EventPayload) -> str:
    """SHA-256 of what the request says: alike for any order of keys, for 1 and 1.0, for null and nothing."""
    said = {name: payload.raw[name] for name in FINGERPRINTED if payload.raw.get(name) is not None}
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def replays(project: Project, payloads: Mapping[int, EventPayload]) -> dict[int, Replayed | KeyTaken]:
    """Of these, by position, those whose key was used before; one statement, none where no event has a key."""
    keys = {payload.key for payload in payloads.values() if payload.key is not None}
    known = {row.key: row for row in _select_keys(project.id, list(keys))} if keys else {}
    return {
        position: _answer_again(known[payload.key], payload)
        for position, payload in payloads.items()
        if payload.key in known
    }


def _answer_again(row: IdempotencyKey, payload: EventPayload) -> Replayed | KeyTaken:
    if row.fingerprint != fingerprint(payload):
        return KeyTaken.of(row.key)
    return Replayed(row.event_id, row.answer)


def keep_keys(project: Project, answered: Iterable[tuple[Draft, str]]) -> None:
    """Writes the keys of accepted events with their answers, inside `twins_begin_anew`.

    One statement, none where no event has a key.
    """
    rows = [
        new_row(
            IdempotencyKey,
            {
                "event_id": draft.id,
                "project_id": project.id,
                "key": draft.payload.key,
                "fingerprint": fingerprint(draft.payload),
                "answer": answer,
            },
        )
        for draft, answer in answered
        if draft.payload.key is not None
    ]
    # Sorted by the unique key: concurrent writers in different orders would deadlock.
    rows.sort(key=lambda row: row.key)
    _insert_keys(rows)


@contextmanager
def twins_begin_anew() -> Iterator[None]:
    """Raises BeginAnew where a key or a ticket of the block was written by another transaction meanwhile."""
    try:
        yield
    except IntegrityError as error:
        # Both databases name the table, PostgreSQL in the name of the constraint.
        if any(model._meta.db_table in str(error) for model in (IdempotencyKey, UsedTicket)):
            raise BeginAnew from error
        raise
