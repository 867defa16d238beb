"""The one way in: single events, batches, imports and replays all come through `accept_events`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from common.refusals import Refusal
from common.transactions import run_in_transaction
from events.chain import Draft
from events.drafting import draft_event
from events.idempotency import fingerprint, replays
from events.outcomes import KeyTaken, Outcome, Replayed
from events.payloads import EventPayload
from events.recording import try_out, write_events
from events.rejected import keep_refused
from eventschema.schema import schemas_of
from projects.models import Project


def accept_events(
    *,
    project: Project,
    payloads: Sequence[EventPayload],
    now: datetime,
    dry_run: bool = False,
    is_replay: bool = False,
) -> list[Outcome]:
    """Accept a list of events; the outcomes come in the order of the payloads.

    One refused event never spoils the others; it writes nothing but a rejected event, where it was refused for its
    name or metadata. An event whose key was accepted before is Replayed, and nothing happens. When this returns, what
    it accepted is committed (unless the caller holds a transaction of his own).

    A dry run goes the same way and is rolled back: it neither uses nor looks at keys. A replay of rejected events may
    be late, and what is refused again is not kept a second time.
    """
    schemas = schemas_of(project)
    drafted = [draft_event(project, schemas, payload, now, is_replay=is_replay) for payload in payloads]
    drafts = {position: draft for position, draft in enumerate(drafted) if isinstance(draft, Draft)}
    outcomes: dict[int, Outcome] = {
        position: refusal for position, refusal in enumerate(drafted) if isinstance(refusal, Refusal)
    }
    if dry_run:
        outcomes.update(zip(drafts, try_out(project, list(drafts.values()), now), strict=True))
    else:
        outcomes.update(
            _refuse(project, {position: payloads[position] for position in outcomes}, outcomes, is_replay, now)
        )
        _write_all(project, drafts, outcomes, now)
    return [outcomes[position] for position in range(len(payloads))]


def _refuse(
    project: Project,
    payloads: Mapping[int, EventPayload],
    refused: Mapping[int, Outcome],
    is_replay: bool,
    now: datetime,
) -> dict[int, Outcome]:
    """Keeps what is refused for its name or metadata, unless it was accepted before, when other rules held."""
    again: dict[int, Outcome] = {**replays(project, payloads)}
    final = [
        (payloads[position], outcome)
        for position, outcome in refused.items()
        if position not in again and isinstance(outcome, Refusal)
    ]
    if final and not is_replay:
        run_in_transaction(lambda: keep_refused(project, final, now=now))
    return again


def _write_all(project: Project, drafts: Mapping[int, Draft], outcomes: dict[int, Outcome], now: datetime) -> None:
    while drafts:
        firsts = _first_of_each_name(drafts)
        written = write_events(project, list(firsts.values()), now)
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
