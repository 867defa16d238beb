"""The one way in: single events, batches, imports and replays all come through `accept_events`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from common.refusals import Refusal
from common.transactions import run_in_transaction
from customers.former_ids import with_former_ids
from events.chain import Draft
from events.drafting import draft_event
from events.idempotency import fingerprint, replays
from events.outcomes import KeyTaken, Outcome, Replayed
from events.payloads import EventPayload
from events.recording import try_out, write_in_parts
from events.rejected import is_kept, keep_refused
from eventschema.schema import schemas_of
from projects.models import Project


def accept_events(
    *,
    project: Project,
    payloads: Sequence[EventPayload],
    now: datetime,
    dry_run: bool = False,
    is_replay: bool = False,
    is_backfill: bool = False,
) -> list[Outcome]:
    """Accept a list of events; the outcomes come in the order of the payloads.

    One refused event never spoils the others; it writes nothing but a rejected event, where it was refused for its
    name or metadata, or where its source keeps all. An event whose key was accepted before is Replayed, and nothing
    happens. When this returns, what it accepted is committed (unless the caller holds a transaction of his own).

    A dry run goes the same way and is rolled back: it neither uses nor looks at keys. A replay of rejected events may
    be late, and what is refused again is not kept a second time. A backfill may be late as well.
    """
    schemas = schemas_of(project)
    payloads = _with_former_ids(project, payloads)
    drafted = [
        draft_event(project, schemas, payload, now, is_replay=is_replay, is_backfill=is_backfill)
        for payload in payloads
    ]
    drafts = {position: draft for position, draft in enumerate(drafted) if isinstance(draft, Draft)}
    outcomes: dict[int, Outcome] = {
        position: refusal for position, refusal in enumerate(drafted) if isinstance(refusal, Refusal)
    }
    if dry_run:
        outcomes.update(zip(drafts, try_out(project, list(drafts.values()), now), strict=True))
    else:
        # What was accepted once stays accepted, though other rules hold by now.
        outcomes.update(replays(project, {position: payloads[position] for position in outcomes}))
        if not is_replay:
            _keep(project, payloads, dict(outcomes), now)
        _write_all(project, drafts, outcomes, now)
        if not is_replay:
            _keep(project, payloads, {position: outcomes[position] for position in drafts}, now)
    return [outcomes[position] for position in range(len(payloads))]


def _with_former_ids(project: Project, payloads: Sequence[EventPayload]) -> Sequence[EventPayload]:
    """Who is named by an id from elsewhere is known by ours from here on. One statement where anybody is."""
    customers = [payload.customer for payload in payloads]
    found = with_former_ids(project, customers)
    if found is customers:
        return payloads
    return [replace(payload, customer=customer) for payload, customer in zip(payloads, found, strict=True)]


def _keep(project: Project, payloads: Sequence[EventPayload], outcomes: Mapping[int, Outcome], now: datetime) -> None:
    """Those of the outcomes that are refusals to be kept."""
    refused = [
        (payloads[position], outcome)
        for position, outcome in outcomes.items()
        if isinstance(outcome, Refusal) and is_kept(payloads[position], outcome)
    ]
    if refused:
        run_in_transaction(lambda: keep_refused(project, refused, now=now))


def _write_all(project: Project, drafts: Mapping[int, Draft], outcomes: dict[int, Outcome], now: datetime) -> None:
    while drafts:
        firsts = _first_of_each_name(drafts)
        written = write_in_parts(project, list(firsts.values()), now)
        outcomes.update(zip(firsts, written, strict=True))
        drafts = _still_to_write(drafts, firsts, outcomes)


def _first_of_each_name(drafts: Mapping[int, Draft]) -> dict[int, Draft]:
    """Every draft without a key and a ticket, and the first of those that share one."""
    seen: set[str | UUID] = set()
    firsts: dict[int, Draft] = {}
    for position, draft in drafts.items():
        names = draft.payload.names
        if seen.isdisjoint(names):
            firsts[position] = draft
        seen.update(names)
    return firsts


def _still_to_write(
    drafts: Mapping[int, Draft], firsts: Mapping[int, Draft], outcomes: dict[int, Outcome]
) -> dict[int, Draft]:
    """Gives drafts that repeat a key of the same list the outcome of the first; returns those whose turn is next.

    A refused event uses neither key nor ticket up: another body under the same key then stands for itself, and what
    shows the same ticket is told whether it was used when its own turn comes.
    """
    first_of = {draft.payload.key: position for position, draft in firsts.items() if draft.payload.key is not None}
    waiting: dict[int, Draft] = {}
    for position, draft in drafts.items():
        if position in firsts:
            continue
        first = first_of.get(draft.payload.key or "")
        if first is None:
            waiting[position] = draft
            continue
        outcome, is_same = outcomes[first], fingerprint(drafts[first].payload) == fingerprint(draft.payload)
        if isinstance(outcome, Refusal):
            if is_same:
                outcomes[position] = outcome
            else:
                waiting[position] = draft
        elif not is_same:
            outcomes[position] = KeyTaken.of(draft.payload.key or "")
        else:
            outcomes[position] = Replayed(outcome.event_id, outcome.answer)
    return waiting
