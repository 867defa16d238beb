"""Writing drafts: one transaction for a list of them, and what is done where it fails."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import OperationalError, connection, transaction

from common.ids import time_of
from common.rows import new_row
from common.statements import Insert, together
from common.transactions import BeginAnew, has_timed_out, run_in_transaction
from customers.models import Customer
from customers.resolution import Resolved, resolve_customers
from events.answers import answer_text
from events.browsers import unknown_customer
from events.chain import Cause, Draft, Effect, Reaction, load_reactions, run_chain
from events.customer_metadata import metadata_check, refusals_of
from events.failures import ENVIRONMENT, careful_reactions
from events.idempotency import keep_keys, replays, twins_begin_anew
from events.models import Event
from events.outcomes import Accepted, Broken, InFlight, Outcome, Unavailable
from events.rejected import keep_failures
from events.tickets import keep_tickets, used_tickets
from projects.models import Project

MOST_WAITS = 6
# Two batches of so few seldom share a customer, and so seldom wait for each other.
MOST_AT_ONCE = 100

insert_events = Insert(Event)
logger = logging.getLogger(__name__)


@dataclass
class Patience:
    """How often a list of drafts may still wait as long as the database lets it (LOCK_TIMEOUT_SECONDS)."""

    left: int = MOST_WAITS

    @property
    def is_lost(self) -> bool:
        return self.left <= 0


def write_in_parts(project: Project, drafts: Sequence[Draft], now: datetime) -> list[Outcome]:
    """Writes drafts a hundred at a time, each part in a transaction of its own; the outcomes in their order.

    A transaction holds its customers' locks until it ends: others wait for a part, not for a batch. Raises what
    `write_events` raises for the first part, when nothing is written; where a later one fails, its drafts are
    Unavailable. What the caller holds a transaction for is written at once, and so is everything on SQLite, which has
    one writer.
    """
    if connection.in_atomic_block or connection.vendor == "sqlite":
        return write_events(project, drafts, now)
    outcomes = write_events(project, drafts[:MOST_AT_ONCE], now)
    for start in range(MOST_AT_ONCE, len(drafts), MOST_AT_ONCE):
        outcomes += _half(project, drafts[start : start + MOST_AT_ONCE], now, Patience())
    return outcomes


def write_events(
    project: Project, drafts: Sequence[Draft], now: datetime, *, patience: Patience | None = None
) -> list[Outcome]:
    """Writes drafts in one transaction; where that fails for a reaction, once more with care (events/failures.py).

    Where drafts wait too long for another transaction, or fail even so, they are halved, so that each fails alone.
    After six such waits the rest of those that wait is Unavailable: others queue behind them.
    """
    patience = patience or Patience()
    if patience.is_lost:
        return [_not_written() for _ in drafts]
    try:
        return run_in_transaction(lambda: _write_fast(project, drafts, now))
    except ENVIRONMENT as error:
        if isinstance(error, OperationalError) and has_timed_out(error):
            patience.left -= 1
            return _halved(project, drafts, now, error, patience)
        if isinstance(error, BeginAnew):
            return _halved(project, drafts, now, error, patience)
        raise
    except Exception:
        logger.exception("a group of %s events failed and is tried again with care", len(drafts))
    try:
        return run_in_transaction(lambda: _write_with_care(project, drafts, now))
    except ENVIRONMENT:
        raise
    except Exception as error:
        return _halved(project, drafts, now, error, patience)


def _halved(
    project: Project, drafts: Sequence[Draft], now: datetime, error: Exception, patience: Patience
) -> list[Outcome]:
    if len(drafts) > 1:
        middle = len(drafts) // 2
        halves = (drafts[:middle], drafts[middle:])
        return [outcome for half in halves for outcome in _half(project, half, now, patience)]
    if isinstance(error, BeginAnew) or (has_timed_out(error) and drafts[0].payload.key is not None):
        return [InFlight("The same event is being written at this moment; send it again")]
    if has_timed_out(error):
        return [_not_written()]
    logger.exception("event %s cannot be written", drafts[0].id)
    return [Broken("The event was not written; send it again later")]


def _half(project: Project, drafts: Sequence[Draft], now: datetime, patience: Patience) -> list[Outcome]:
    """As `write_events`, but the other half may be committed: no failure may speak for both."""
    try:
        return write_events(project, drafts, now, patience=patience)
    except ENVIRONMENT:
        logger.exception("%s of a group of events were not written", len(drafts))
        return [_not_written() for _ in drafts]


def _not_written() -> Outcome:
    return Unavailable("Nothing was written; send it again")


def try_out(project: Project, drafts: Sequence[Draft], now: datetime) -> list[Outcome]:
    """What would come of the drafts, and nothing written."""

    def write_and_forget() -> list[Outcome]:
        outcomes = _write_once(project, drafts, load_reactions(), now, uses_keys=False)
        transaction.set_rollback(True)
        return outcomes

    return run_in_transaction(write_and_forget) if drafts else []


def _write_fast(project: Project, drafts: Sequence[Draft], now: datetime) -> list[Outcome]:
    with twins_begin_anew(), together():
        return _write_once(project, drafts, load_reactions(), now)


def _write_with_care(project: Project, drafts: Sequence[Draft], now: datetime) -> list[Outcome]:
    reactions = careful_reactions()
    with twins_begin_anew():
        outcomes = _write_once(project, drafts, reactions, now)
    keep_failures(project, [failure for reaction in reactions for failure in reaction.failures], now=now)
    return outcomes


def _write_once(
    project: Project, drafts: Sequence[Draft], reactions: Sequence[Reaction], now: datetime, *, uses_keys: bool = True
) -> list[Outcome]:
    """Inspect, resolve, record, react – inside the transaction; outcomes in the order of the drafts."""
    waiting = dict(enumerate(drafts))
    outcomes: dict[int, Outcome] = {}
    if uses_keys:
        outcomes.update(replays(project, {position: draft.payload for position, draft in waiting.items()}))
    waiting = _left(waiting, outcomes)
    outcomes.update(used_tickets(project, {position: draft.payload for position, draft in waiting.items()}))
    waiting = _left(waiting, outcomes)
    locked = _inspect(project, waiting, reactions, outcomes)
    waiting = _left(waiting, outcomes)
    people = _resolve(project, waiting, locked, outcomes, now)
    waiting = _left(waiting, outcomes)
    accepted = _record_and_react(project, list(waiting.values()), [people[at] for at in waiting], reactions, now)
    if uses_keys:
        keep_keys(project, [(draft, item.answer) for draft, item in zip(waiting.values(), accepted, strict=True)])
        keep_tickets(project, [(draft.payload.ticket, draft.id) for draft in waiting.values()])
    outcomes.update(zip(waiting, accepted, strict=True))
    return [outcomes[position] for position in range(len(drafts))]


def _left(waiting: Mapping[int, Draft], outcomes: Mapping[int, Outcome]) -> dict[int, Draft]:
    return {position: draft for position, draft in waiting.items() if position not in outcomes}


def _inspect(
    project: Project, waiting: Mapping[int, Draft], reactions: Sequence[Reaction], outcomes: dict[int, Outcome]
) -> frozenset[UUID]:
    """Adds what the reactions refuse to the outcomes; the customers that they want locked."""
    positions = list(waiting)
    inspections = [reaction.inspect(project, list(waiting.values())) for reaction in reactions]
    for inspection in inspections:
        outcomes.update({positions[index]: refusal for index, refusal in inspection.refusals.items()})
    return frozenset().union(*(inspection.customers for inspection in inspections))


def _resolve(
    project: Project,
    waiting: Mapping[int, Draft],
    locked: frozenset[UUID],
    outcomes: dict[int, Outcome],
    now: datetime,
) -> dict[int, Resolved]:
    """The customer of each draft by its position. One that is unknown and may not be created refuses the draft, as
    does metadata that does not fit.
    """
    drafts = list(waiting.values())
    naming = {index for index, draft in enumerate(drafts) if not draft.rights.may_write_customer}
    profiles, check = [draft.payload.customer for draft in drafts], metadata_check(project, "customer.metadata")
    resolved = resolve_customers(project, profiles, now=now, also_lock=locked, naming=naming, admits=check)
    refusals = refusals_of(check)
    for index, (position, person) in enumerate(zip(waiting, resolved, strict=True)):
        if person is None:
            outcomes[position] = refusals.get(index) or unknown_customer(profiles[index])
    return {position: person for position, person in zip(waiting, resolved, strict=True) if person is not None}


def _record_and_react(
    project: Project, drafts: Sequence[Draft], people: Sequence[Resolved], reactions: Sequence[Reaction], now: datetime
) -> list[Accepted]:
    if not drafts:
        return []
    pairs = list(zip(drafts, people, strict=True))
    events = [_event(project, draft, person.customer) for draft, person in pairs]
    insert_events(events)
    causes = [_cause(event, draft) for event, draft in zip(events, drafts, strict=True)]
    journal = run_chain(
        project,
        causes,
        now=now,
        group_id="",
        reactions=reactions,
        already=[
            effect for cause, person in zip(causes, people, strict=True) for effect in profile_effects(cause, person)
        ],
    )
    return [
        Accepted(
            event,
            person.customer,
            journal.effects_of(event.id),
            journal.skips_of(event.id),
            answer_text(event, person.customer, draft.payload.key),
        )
        for event, (draft, person) in zip(events, pairs, strict=True)
    ]


def _cause(event: Event, draft: Draft) -> Cause:
    return Cause("event", event.id, event.occurred_at, event.customer_id, event, draft.schema, draft.rights.may_earn)


def profile_effects(cause: Cause, person: Resolved) -> list[Effect]:
    """What resolving the customer made true: created, updated, or nothing."""
    if person.is_new:
        return [Effect("customer.created", cause, person.customer.id)]
    if person.changed:
        return [Effect("customer.updated", cause, person.customer.id, {"fields": list(person.changed)})]
    return []


def _event(project: Project, draft: Draft, customer: Customer) -> Event:
    codes = {"referral": draft.payload.referral_code, "loyalty": draft.payload.loyalty_code}
    values = {
        "id": draft.id,
        "project_id": project.id,
        "definition_id": draft.schema.definition_id,
        "version": draft.schema.version,
        "name": draft.payload.event,
        "customer_id": customer.id,
        "metadata": draft.metadata,
        "codes": {name: code for name, code in codes.items() if code is not None},
        "channel": draft.payload.source.channel,
        "group_id": draft.payload.source.group_id,
        "occurred_at": draft.occurred_at,
        "received_at": time_of(draft.id),
    }
    return new_row(Event, values, {"project": project, "customer": customer})
