"""Replaying rejected events: each is accepted once, at its original time.

A row is locked, its event accepted and the row marked in one transaction: of two replays at the same moment one finds
the row replayed, and whatever ends a process leaves both undone or both done. A reaction that failed on a stored event
is resumed in the same way (events/resuming.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from common.ids import public_id
from common.jsons import InvalidJson, JsonObject, check_limits
from common.refusals import InvalidPayload, MetadataInvalid, Refusal
from common.statements import Update
from common.transactions import run_in_transaction
from events.acceptance import accept_events
from events.editing import Edits, edited, parse_edits
from events.masking import without_values
from events.models import IdempotencyKey, RejectedEvent
from events.outcomes import Accepted, KeyTaken, Outcome, Replayed
from events.payloads import EventPayload, Source, parse_event
from events.rejected import cause_of, errors_of
from events.resuming import StillFailing, resume
from events.selecting import Selection, open_rows, parse_selection
from outbox.actions import Progress, start_action
from projects.models import AsyncAction, Project

ACTION = "EVENTS.REPLAY_REJECTED"
# Rows of one transaction, whose customers are locked meanwhile.
CHUNK = 500

# By the key of the rejected event: whether it came of this replay, and of which event; or why it stays.
Outcomes: TypeAlias = dict[UUID, "Done | Refusal"]

_mark_done = Update(RejectedEvent, {name: f"new.{name}" for name in ("replayed_at", "replayed_as")})
_mark_refused = Update(RejectedEvent, {name: f"new.{name}" for name in ("attempts", "key", "cause", "errors")})


class Status(StrEnum):
    ACCEPTED = "accepted"
    # Replayed before, or sent again by its sender meanwhile, mended and with the same id.
    DONE_BEFORE = "done_before"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one rejected event; `cause` and `reason` say why it stays rejected."""

    key: UUID
    status: Status
    cause: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    event_id: UUID
    status: Status = Status.ACCEPTED


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """Which rejected events are to be replayed, and how they are mended first."""

    selection: Selection
    edits: Edits

    @classmethod
    def parse(cls, raw: JsonObject) -> "ReplayRequest":
        """From `{"ids" or "filter", "rename", "set", "cast"}`. Raises InvalidPayload with every error."""
        selection, wrong_selection = parse_selection(raw)
        edits, wrong_edits = parse_edits(raw)
        if wrong_selection or wrong_edits:
            raise InvalidPayload.of([*wrong_selection, *wrong_edits])
        return cls(selection, edits)


def start_replay(project: Project, raw: JsonObject, *, request_id: str, now: datetime) -> AsyncAction:
    """Has the worker replay what the request asks for. Raises InvalidPayload, and NotFound for an unknown id."""
    ReplayRequest.parse(raw).selection.check(project)
    payload = {name: raw[name] for name in ("ids", "filter", "rename", "set", "cast") if raw.get(name) is not None}
    with transaction.atomic():
        return start_action(project, type=ACTION, payload=payload, request_id=request_id, now=now)


def run(action: AsyncAction, progress: Progress) -> None:
    """The worker's side of `start_replay`. What an earlier run of the action has replayed is done, and counts."""
    request = ReplayRequest.parse(action.payload)
    # What came in after the request is nothing that was asked for.
    rows = request.selection.narrow(RejectedEvent.objects.filter(project=action.project)).filter(
        Q(replayed_at=None) | Q(replayed_at__gte=action.created_at), created_at__lte=action.created_at
    )
    progress.total(rows.count())
    for keys in chunks(rows):
        results = replay(action.project, keys, request.edits, now=datetime.now(UTC))
        stayed = [result for result in results if result.status == Status.REJECTED]
        progress.done(len(results) - len(stayed))
        for result in stayed:
            progress.failed(public_id("rej", result.key), result.reason)


def chunks(rows: QuerySet[RejectedEvent]) -> Iterator[list[UUID]]:
    """The keys of the rows, oldest first, as many at a time as one transaction takes; one statement a chunk."""
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK])
    while keys:
        yield keys
        keys = list(rows.filter(pk__gt=keys[-1]).order_by("pk").values_list("pk", flat=True)[:CHUNK])


def replay(
    project: Project, keys: Sequence[UUID], edits: Edits, *, now: datetime, dry_run: bool = False
) -> list[Result]:
    """Replays a chunk of rejected events in one transaction; the results come in the order of the keys.

    What is refused again stays, with one attempt more and its new errors. A dry run does all of it and takes it back.
    """

    def work() -> list[Result]:
        # Read anew each time: a long replay must not go by definitions of an hour ago.
        project.refresh_from_db()
        rows = list(open_rows(project).select_for_update().filter(pk__in=keys).order_by("pk"))
        failed = [row for row in rows if row.reaction]
        outcomes = _replay_refused(project, [row for row in rows if not row.reaction], edits, now)
        outcomes |= {
            key: outcome if isinstance(outcome, Refusal) else Done(outcome)
            for key, outcome in resume(project, failed, now=now).items()
        }
        _mark(rows, outcomes, now)
        if dry_run:
            transaction.set_rollback(True)
        return [_result(key, outcomes.get(key)) for key in keys]

    return run_in_transaction(work)


def _replay_refused(project: Project, rows: Sequence[RejectedEvent], edits: Edits, now: datetime) -> Outcomes:
    """In the order in which they came in."""
    mended = {row.pk: _mended(row, edits) for row in rows}
    payloads = {key: item for key, item in mended.items() if isinstance(item, EventPayload)}
    accepted = accept_events(project=project, payloads=list(payloads.values()), now=now, is_replay=True)
    outcomes = dict(zip(payloads, accepted, strict=True))
    taken = {payloads[key].key for key, outcome in outcomes.items() if isinstance(outcome, KeyTaken)}
    events = _events_of(project, taken)
    return {
        key: item if isinstance(item, Refusal) else _done(outcomes[key], events.get(item.key))
        for key, item in mended.items()
    }


def _mended(row: RejectedEvent, edits: Edits) -> EventPayload | Refusal:
    raw = row.payload
    if not edits.is_empty:
        metadata, errors = edited(raw.get("metadata") or {}, edits)
        if errors:
            return MetadataInvalid.of(errors)
        raw = {**raw, "metadata": metadata}
    try:
        check_limits(raw)
        payload = parse_event(raw, Source(row.channel, row.group_id), key=row.source_id)
    except InvalidJson as error:
        return InvalidPayload(str(error))
    except Refusal as refusal:
        return refusal
    return replace(payload, occurred_at=row.occurred_at)


def _events_of(project: Project, source_ids: set[str | None]) -> Mapping[str | None, UUID]:
    """The events that were accepted under these ids of senders."""
    if not source_ids:
        return {}
    rows = IdempotencyKey.objects.filter(project=project, key__in=source_ids)
    return {row.key: row.event_id for row in rows}


def _done(outcome: Outcome, of_same_key: UUID | None) -> Done | Refusal:
    if isinstance(outcome, Accepted):
        return Done(outcome.event_id)
    if isinstance(outcome, Replayed):
        return Done(outcome.event_id, Status.DONE_BEFORE)
    # A refused event uses its id up for nobody: who took it is the same event, mended by its sender.
    if isinstance(outcome, KeyTaken) and of_same_key is not None:
        return Done(of_same_key, Status.DONE_BEFORE)
    return outcome


def _mark(rows: Sequence[RejectedEvent], outcomes: Outcomes, now: datetime) -> None:
    done, refused = [], []
    for row in rows:
        outcome = outcomes[row.pk]
        if isinstance(outcome, Done):
            row.replayed_at, row.replayed_as = now, outcome.event_id
            done.append(row)
        else:
            row.attempts += 1
            row.key, row.errors, row.cause = outcome.key, errors_of(outcome), _cause_of(outcome)
            refused.append(row)
    _mark_done(done)
    _mark_refused(refused)


def _cause_of(refusal: Refusal) -> str:
    return refusal.cause if isinstance(refusal, StillFailing) else cause_of(refusal)


def _result(key: UUID, outcome: Done | Refusal | None) -> Result:
    if outcome is None:
        return Result(key, Status.DONE_BEFORE)
    if isinstance(outcome, Done):
        return Result(key, outcome.status)
    # Without the values, some of which may be personal.
    return Result(key, Status.REJECTED, _cause_of(outcome), without_values(str(outcome) or outcome.message))
