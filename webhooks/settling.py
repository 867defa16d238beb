"""Writing down what came of attempts: the log, when the next is due, and what is given up or paused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from common.statements import Select, Update
from common.transactions import run_in_transaction
from common.writing import insert_new
from outbox.enqueue import Work, enqueue_all
from webhooks.models import LONGEST_REASON, OPEN_STATUSES, Attempt, SendOut, SendOutStatus
from webhooks.pausing import PAUSE
from webhooks.posting import Reply
from webhooks.schedule import next_attempt_at
from webhooks.send_outs import SEND, SEND_SLOWLY, enqueue_sending
from webhooks.slowness import is_slow, mark_slow, unmark

GONE = 410

_locked = Select(SendOut, "id IN %s ORDER BY id", lock="FOR NO KEY UPDATE")
_CHANGED = ("status", "attempts_count", "next_at", "ended_at", "first_attempt_at", "scheduled_count", "reason")
_change = Update(SendOut, {name: f"new.{name}" for name in _CHANGED})


@dataclass(frozen=True, slots=True)
class Made:
    """An attempt that was made, of a row as it is now, and what came of it."""

    send_out: SendOut
    attempt: Attempt
    reply: Reply


def settle(attempts: Sequence[Attempt], replies: Sequence[Reply], now: datetime, *, are_apart: bool) -> None:
    """One transaction. Three statements where all is taken; one more for retries, and one for what is to be paused.

    `are_apart` where all of them are of sources that are marked as slow.
    """
    for attempt, reply in zip(attempts, replies, strict=True):
        attempt.took_ms, attempt.status_code = reply.took_ms, reply.status
        attempt.reply, attempt.error = reply.text, reply.error
    run_in_transaction(lambda: _settle(attempts, replies, now, are_apart))


def _settle(attempts: Sequence[Attempt], replies: Sequence[Reply], now: datetime, are_apart: bool) -> None:
    rows = {row.pk: row for row in _locked([attempt.send_out_id for attempt in attempts])}
    there = [attempt for attempt in attempts if attempt.send_out_id in rows]
    fresh = {attempt.pk for attempt in insert_new(Attempt, sorted(there, key=_send_out_key))}
    made = [
        Made(rows[attempt.send_out_id], attempt, reply)
        for attempt, reply in zip(attempts, replies, strict=True)
        if attempt.pk in fresh
    ]
    given_up = [each for each in made if _judge(each, now)]
    _change([each.send_out for each in made])
    _enqueue_retries(made)
    _enqueue_pauses(given_up, now)
    slow = [each.attempt.send_out for each in made if is_slow(each.reply)]
    mark_slow(slow, now)
    if are_apart:
        unmark({each.send_out.source_id for each in made} - {row.source_id for row in slow})


def _judge(made: Made, now: datetime) -> bool:
    """Changes the row by what came of its attempt; whether its source is to be paused."""
    row, attempt, reply = made.send_out, made.attempt, made.reply
    row.attempts_count = attempt.number
    if reply.is_taken:
        _end(row, SendOutStatus.DELIVERED, "", now)
    if row.status not in OPEN_STATUSES:
        return False  # taken, or held back meanwhile, or an ended one that was sent again by hand
    why = _hopeless(row, reply)
    if not why and not attempt.by_hand:
        why = _schedule(row, attempt, reply)
    if why:
        _end(row, SendOutStatus.FAILED, why, now)
        return not row.is_test
    row.status = SendOutStatus.RETRYING
    return False


def _hopeless(row: SendOut, reply: Reply) -> str:
    if reply.status == GONE:
        return "The receiver answered 410: it is gone for good."
    if reply.is_final:
        return f"{reply.error}."
    return "The test was not taken." if row.is_test else ""


def _schedule(row: SendOut, attempt: Attempt, reply: Reply) -> str:
    """Sets the time of the next attempt; why there is none, where there is none."""
    row.first_attempt_at = row.first_attempt_at or attempt.started_at
    row.scheduled_count += 1
    asked = None if reply.asked_seconds is None else timedelta(seconds=reply.asked_seconds)
    row.next_at = next_attempt_at(row.first_attempt_at, row.scheduled_count, attempt.started_at, asked)
    return "" if row.next_at else f"It was not taken at {row.scheduled_count} attempts over 24 hours."


def _end(row: SendOut, status: SendOutStatus, why: str, now: datetime) -> None:
    row.status, row.reason, row.next_at, row.ended_at = status, why[:LONGEST_REASON], None, now


def _enqueue_retries(made: Sequence[Made]) -> None:
    """Those without an answer for long go on apart."""
    retried = [each for each in made if each.send_out.status in OPEN_STATUSES]
    for topic, apart in ((SEND, False), (SEND_SLOWLY, True)):
        own = sorted((each for each in retried if is_slow(each.reply) == apart), key=_project_key)
        for _, group in groupby(own, key=_project_key):
            of_project = list(group)
            enqueue_sending(of_project[0].attempt.project, [each.send_out for each in of_project], topic=topic)


def _enqueue_pauses(given_up: Sequence[Made], now: datetime) -> None:
    """A message, since whoever pauses locks the source first and its send-outs after that."""
    for row, project in {each.send_out.source_id: (each.send_out, each.attempt.project) for each in given_up}.values():
        payload = {"kind": str(row.source_kind), "source": str(row.source_id), "why": row.reason}
        enqueue_all(project, PAUSE, [Work(payload, f"pause:{row.public_id}:{row.attempts_count}", now)])


def _send_out_key(attempt: Attempt) -> UUID:
    return attempt.send_out_id


def _project_key(made: Made) -> UUID:
    return made.attempt.project_id
