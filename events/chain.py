"""The chain: causes go in, reactions run in rounds, effects and skips come out.

Reactions do not know one another. They meet here: each round hands them what happened in the round before.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from common.ids import uuid7
from common.jsons import JsonObject, JsonValue
from common.refusals import Refusal
from common.statements import Insert
from events.browsers import ALL_RIGHTS, Rights
from events.models import Event, StoredEffect
from events.payloads import EventPayload
from events.reasons import Reason
from events.telling import tell
from eventschema.schema import EventSchema
from projects.audit import Actor
from projects.models import Project

MOST_ROUNDS = 4
MOST_SKIPS = 50

insert_effects = Insert(StoredEffect)
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that fits its schema and is not written yet. `id` is the key that it will have."""

    id: UUID
    payload: EventPayload
    schema: EventSchema
    metadata: JsonObject
    occurred_at: datetime
    rights: Rights = ALL_RIGHTS


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something happens: a tracked event, or a profile change, a publication, a person's decision."""

    kind: str  # "event", "customer.updated", "publication" …
    id: UUID
    occurred_at: datetime
    customer_id: UUID
    event: Event | None = None
    schema: EventSchema | None = None
    # False for a browser's event in a project that does not let browsers earn.
    may_earn: bool = True
    # The event that this is about, where the cause is not the event itself (its voiding).
    about_event: UUID | None = None
    # That event's definition.
    about_definition: UUID | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that became true. `kind` is dotted and past tense; `data` holds references, never snapshots."""

    kind: str
    cause: Cause
    customer_id: UUID
    data: Mapping[str, JsonValue] = field(default_factory=dict)

    def as_json(self) -> JsonObject:
        return {"kind": self.kind, **self.data}


@dataclass(frozen=True, slots=True)
class Skip:
    """A rule or referral that looked at a cause and declined. `id` names it: a rule's id, a code.

    `validation_rule` is the public id of the one that did not hold, where that is why.
    """

    cause: Cause
    kind: str  # "earning_rule", "referral"
    id: str
    reason: Reason
    validation_rule: str = ""

    def as_json(self) -> JsonObject:
        told: JsonObject = {"kind": self.kind, "id": self.id, "reason": str(self.reason)}
        return {**told, "validation_rule": self.validation_rule} if self.validation_rule else told


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a reaction found out before anything is written: drafts to refuse (by position), customers to lock."""

    refusals: Mapping[int, Refusal] = field(default_factory=dict)
    customers: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one round hands to every reaction. Round one has the causes; each later round the effects of the last."""

    project: Project
    now: datetime
    causes: Sequence[Cause] = ()
    effects: Sequence[Effect] = ()


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing came to: what it made true, points that were spent already, and later decisions that stand though
    they would have come out otherwise (docs/algorithms/voiding.md has their fields).
    """

    effects: Sequence[Effect] = ()
    missing: int = 0
    later: Sequence[JsonObject] = ()


@dataclass(frozen=True, slots=True)
class Undoing:
    """An event that is taken back: everything that it made true, in order. `cause` is its voiding."""

    project: Project
    now: datetime
    cause: Cause
    effects: Sequence[StoredEffect]


class Reaction:
    """What one feature does about causes. Every method takes lists; no reaction knows another.

    An instance lives for one run of the chain: what `inspect` looked up, `react` may use.
    """

    def inspect(self, project: Project, drafts: Sequence[Draft]) -> Inspection:
        """Reads only, before the first write. Costs no statement where no draft asks for this reaction."""
        return Inspection()

    def react(self, batch: Batch) -> Iterable[Effect | Skip]:
        """Writes what the batch asks for, in a number of statements that does not depend on its size."""
        return ()

    def settle(self, batch: Batch) -> None:
        """Brings up to date what is kept about effects to which the chain reacts no more; nothing follows from it."""

    def undo(self, undoing: Undoing) -> Undone:
        """Reverses the reaction's own part of the effects by new rows, whoever they name being locked.

        What cannot be taken back is told, never refused: whoever voids decides. Costs no statement where none of the
        effects is the reaction's.
        """
        return Undone()


def load_reactions() -> list[Reaction]:
    """New instances of `settings.EVENT_REACTIONS`, in order."""
    return [import_string(path)() for path in settings.EVENT_REACTIONS]


class Journal:
    """What a run of the chain came to, in the order in which it happened."""

    def __init__(self, already: Iterable[Effect] = ()) -> None:
        self._effects: dict[UUID, list[Effect]] = defaultdict(list)
        self._skips: dict[UUID, list[Skip]] = defaultdict(list)
        for effect in already:
            self.add(effect)

    def add(self, outcome: Effect | Skip) -> None:
        if isinstance(outcome, Effect):
            self._effects[outcome.cause.id].append(outcome)
        else:
            self._skips[outcome.cause.id].append(outcome)

    def effects_of(self, cause_id: UUID) -> list[Effect]:
        return self._effects.get(cause_id, [])

    def skips_of(self, cause_id: UUID) -> list[Skip]:
        return self._skips.get(cause_id, [])


def run_chain(
    project: Project,
    causes: Sequence[Cause],
    *,
    now: datetime,
    group_id: str,
    by: Actor | None = None,
    reactions: Sequence[Reaction] | None = None,
    already: Sequence[Effect] = (),
    first_seq: Mapping[UUID, int] | None = None,
) -> Journal:
    """Run every reaction over the causes, round by round, and keep what came of it by one insert.

    `already` are effects that happened on the way here (a customer created); reactions see them in the second round.
    Call it in the transaction of the causes, their customers locked. At most MOST_ROUNDS rounds; what is left then is
    skipped with `depth_limit`. `by` is who brought about causes that are no events, where known. `first_seq` has the
    first free place of causes that have stored effects already.
    """
    reactions = load_reactions() if reactions is None else reactions
    journal = Journal(already)
    fresh = [*already, *_run_round(Batch(project, now, causes=causes), reactions, journal)]
    _run_rounds(project, fresh, reactions, journal, now)
    rows = store_effects(project, causes, journal, now=now, group_id=group_id, first_seq=first_seq)
    tell(project, [cause.event for cause in causes if cause.event], rows, by=by, now=now)
    return journal


def resume_chain(
    project: Project,
    begun: Batch,
    reaction: Reaction,
    later: Sequence[Reaction],
    *,
    causes: Sequence[Cause],
    first_seq: Mapping[UUID, int],
) -> Journal:
    """Let one reaction do what it failed to do about causes, or about their effects; what that makes true goes on
    through every reaction (`later`). `first_seq` has the first free place among each cause's stored effects.
    """
    journal = Journal()
    fresh = _run_round(begun, [reaction], journal)
    _run_rounds(project, fresh, later, journal, begun.now)
    rows = store_effects(project, causes, journal, now=begun.now, group_id="", first_seq=first_seq)
    tell(project, [], rows, now=begun.now)  # the events themselves were told of when they were accepted
    return journal


def _run_rounds(
    project: Project, fresh: list[Effect], reactions: Sequence[Reaction], journal: Journal, now: datetime
) -> None:
    """The rounds after the first, as long as something happens; what is left after the last is settled and skipped."""
    for _ in range(MOST_ROUNDS - 1):
        if not fresh:
            return
        fresh = _run_round(Batch(project, now, effects=fresh), reactions, journal)
    for reaction in reactions if fresh else ():
        reaction.settle(Batch(project, now, effects=fresh))
    for effect in fresh:
        logger.warning("chain stopped after %s rounds at %s of %s", MOST_ROUNDS, effect.kind, effect.cause.id)
        journal.add(Skip(effect.cause, "chain", effect.kind, Reason.DEPTH_LIMIT))


def store_effects(
    project: Project,
    causes: Sequence[Cause],
    journal: Journal,
    *,
    now: datetime,
    group_id: str,
    first_seq: Mapping[UUID, int] | None = None,
) -> list[dict[str, Any]]:
    """Keeps what the causes came to by one insert, and returns its rows; `group_id` is that of causes that are no
    events.
    """
    places = first_seq or {}
    rows = [
        row for cause in causes for row in _rows_of(project, cause, journal, now, group_id, places.get(cause.id, 0))
    ]
    return insert_effects(rows)


def _run_round(batch: Batch, reactions: Sequence[Reaction], journal: Journal) -> list[Effect]:
    """One round: the effects that it added."""
    fresh: list[Effect] = []
    for reaction in reactions:
        for outcome in reaction.react(batch):
            journal.add(outcome)
            if isinstance(outcome, Effect):
                fresh.append(outcome)
    return fresh


def _rows_of(
    project: Project, cause: Cause, journal: Journal, now: datetime, group_id: str, first_seq: int
) -> Iterator[dict[str, Any]]:
    """The columns of a row an effect of the cause, and one row for all that declined it."""
    told: list[tuple[UUID, str, JsonObject]] = [
        (effect.customer_id, effect.kind, dict(effect.data)) for effect in journal.effects_of(cause.id)
    ]
    skips = journal.skips_of(cause.id)
    if skips:
        listed = [skip.as_json() for skip in skips[:MOST_SKIPS]]
        told.append((cause.customer_id, StoredEffect.DECLINED, {"skipped": listed}))
    for seq, (customer_id, kind, data) in enumerate(told, first_seq):
        yield {
            "id": uuid7(),
            "project_id": project.id,
            "cause_kind": cause.kind,
            "cause_id": cause.id,
            "event_id": cause.event.id if cause.event else cause.about_event,
            "customer_id": customer_id,
            "seq": seq,
            "kind": kind,
            "data": data,
            "group_id": cause.event.group_id if cause.event else group_id,
            "created_at": now,
        }
