"""Doing what a reaction failed to do about stored events, as far as it can be done now.

Only that reaction sees them again; what it then makes true goes on through every reaction, as it would have.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from django.conf import settings
from django.db.models import Max

from common.ids import public_id
from common.refusals import FieldError, NotFound, Refusal
from customers.profiles import Profile
from customers.resolution import resolve_customers
from events.chain import Batch, Cause, Draft, Effect, resume_chain
from events.failures import Careful, Failure, Runs, careful_reactions
from events.models import Event, EventVoid, RejectedEvent, StoredEffect
from events.payloads import EventPayload
from events.rejected import FAILED, cause_of_failure, errors_of_failure, keep_failures
from eventschema.schema import EventSchema, schemas_of, undefined_schema
from projects.models import Project

# By the key of the rejected event: the stored event, or why the reaction is still not done.
Resumed: TypeAlias = dict[UUID, UUID | Refusal]


class StillFailing(Refusal):
    """The reaction failed once more; `cause` groups it as `cause_of_failure` does."""

    key = FAILED
    message = "A reaction failed"
    cause: str = ""

    @classmethod
    def of(cls, failure: Failure) -> "StillFailing":
        refusal = cls(failure.message, errors=[FieldError(**error) for error in errors_of_failure(failure)])
        refusal.cause = cause_of_failure(failure)
        return refusal


@dataclass(frozen=True, slots=True)
class Told:
    """What a reaction is handed again: a stored event, or the effects of it that it was to react to."""

    row: RejectedEvent
    draft: Draft
    cause: Cause
    effects: Sequence[Effect]


@dataclass(slots=True)
class Part:
    """All that one reaction is handed again at once."""

    reaction: Careful
    told: list[Told]

    def inspect(self, project: Project, outcomes: Resumed) -> frozenset[UUID]:
        """Adds what the reaction refuses to the outcomes and takes it out; the customers that it wants locked."""
        found = self.reaction.inspect(project, [item.draft for item in self.told])
        outcomes.update({self.told[position].row.pk: refusal for position, refusal in found.refusals.items()})
        self.told = [item for position, item in enumerate(self.told) if position not in found.refusals]
        return found.customers

    def resume(self, project: Project, later: Sequence[Careful], first_seq: dict[UUID, int], now: datetime) -> Resumed:
        """Runs the reaction; `first_seq`, the first free places among the stored effects, moves on."""
        begun = Batch(
            project,
            now,
            [item.cause for item in self.told if not item.effects],
            [effect for item in self.told for effect in item.effects],
        )
        causes = [item.cause for item in self.told]
        journal = resume_chain(project, begun, self.reaction, later, causes=causes, first_seq=first_seq)
        for cause in causes:
            first_seq[cause.id] += len(journal.effects_of(cause.id)) + bool(journal.skips_of(cause.id))
        failed = {failure.cause.id: StillFailing.of(failure) for failure in self.reaction.failures}
        return {item.row.pk: failed.get(item.cause.id, item.cause.id) for item in self.told}


def resume(project: Project, rows: Sequence[RejectedEvent], *, now: datetime) -> Resumed:
    """Runs failed reactions again, in the caller's transaction; what fails in later rounds is kept as it always is.

    An event that is gone, or whose customer is, cannot be helped; one that was taken back needs nothing any more.
    """
    if not rows:
        return {}
    outcomes: Resumed = {row.pk: _hopeless(row) for row in rows}
    told = _told(project, rows)
    later, parts = careful_reactions(), _parts(told)
    wanted = frozenset().union(
        *(reaction.inspect(project, _drafts(told)).customers for reaction in later),
        *(part.inspect(project, outcomes) for part in parts),
        *({effect.customer_id for effect in item.effects} for item in told),
    )
    living = _lock(project, told, wanted, now)
    outcomes |= {
        item.row.pk: NotFound.of("customer", item.draft.payload.customer.id or "")
        for item in told
        if item.cause.id not in living
    }
    voided = set(EventVoid.objects.filter(pk__in=living).values_list("pk", flat=True))
    outcomes |= {item.row.pk: item.cause.id for item in told if item.cause.id in voided}
    first_seq = _free_places(living)
    for part in parts:
        part.told = [item for item in part.told if item.cause.id in living - voided]
        outcomes |= part.resume(project, later, first_seq, now)
    keep_failures(project, [failure for reaction in later for failure in reaction.failures], now=now)
    return outcomes


def _hopeless(row: RejectedEvent) -> Refusal:
    """What is said of a row that nothing can be done about."""
    assert row.event_id is not None
    if row.reaction in settings.EVENT_REACTIONS:
        return NotFound.of("event", public_id("event", row.event_id))
    failure = StillFailing(f"{row.reaction} reacts to events no more")
    failure.cause = f"{FAILED} {row.reaction} removed"
    return failure


def _told(project: Project, rows: Iterable[RejectedEvent]) -> list[Told]:
    """Those whose event is stored still, in the order of the rows."""
    events = Event.objects.filter(project=project, pk__in={row.event_id for row in rows}).select_related("customer")
    by_key = {event.pk: event for event in events}
    schemas = {schema.definition_id: schema for schema in schemas_of(project).values()}
    return [
        _one_told(row, event, schemas.get(event.definition_id) or undefined_schema(event.name))
        for row in rows
        if row.event_id and (event := by_key.get(row.event_id))
    ]


def _one_told(row: RejectedEvent, event: Event, schema: EventSchema) -> Told:
    payload = EventPayload(
        event=event.name,
        customer=Profile(id=event.customer.public_id, key=event.customer_id),
        metadata=event.metadata,
        referral_code=event.codes.get("referral"),
        loyalty_code=event.codes.get("loyalty"),
        occurred_at=event.occurred_at,
    )
    cause = Cause("event", event.pk, event.occurred_at, event.customer_id, event, schema, row.may_earn)
    return Told(
        row,
        Draft(event.pk, payload, schema, event.metadata, event.occurred_at),
        cause,
        [Effect(item["kind"], cause, UUID(item["customer_id"]), item["data"]) for item in row.effects],
    )


def _drafts(told: Iterable[Told]) -> list[Draft]:
    """One for each event, however many reactions failed on it."""
    return list({item.cause.id: item.draft for item in told}.values())


def _parts(told: Sequence[Told]) -> list[Part]:
    """By reaction, in the order in which they react; events before effects. A reaction that is no more has no part."""
    runs = Runs()
    chosen = [
        (path, [item for item in told if item.row.reaction == path and bool(item.effects) is of_effects])
        for path in settings.EVENT_REACTIONS
        for of_effects in (False, True)
    ]
    return [Part(Careful(path, runs), items) for path, items in chosen if items]


def _lock(project: Project, told: Iterable[Told], wanted: Collection[UUID], now: datetime) -> set[UUID]:
    """Locks everybody concerned in pk order; the events whose customer still is there."""
    drafts = _drafts(told)
    people = resolve_customers(project, [draft.payload.customer for draft in drafts], now=now, also_lock=wanted)
    return {draft.id for draft, person in zip(drafts, people, strict=True) if person is not None}


def _free_places(event_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The first free place among the effects of each event."""
    keys = list(event_ids)
    last: Mapping[UUID, int] = dict(
        StoredEffect.objects.filter(cause_id__in=keys)
        .values("cause_id")
        .annotate(last=Max("seq"))
        .values_list("cause_id", "last")
    )
    return {key: last.get(key, -1) + 1 for key in keys}
