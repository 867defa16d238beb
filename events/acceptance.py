"""The one way in: single events, batches, imports and replays all come through `accept_events`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from common.ids import time_of, uuid7
from common.refusals import MetadataInvalid, NotFound, Refusal
from common.transactions import run_in_transaction
from customers.models import Customer
from customers.resolution import Resolved, resolve_customers
from events.chain import Cause, Draft, Effect, Reaction, Skip, load_reactions, run_chain
from events.models import Event
from events.payloads import EventPayload
from eventschema.schema import EventSchema, schemas_of, undefined_schema
from eventschema.validation import validate_metadata
from projects.models import Project, UnknownEvents


@dataclass(frozen=True, slots=True)
class Source:
    """Where events come from: the channel of the contract (`API`, `CLIENT_API`, `INTERNAL`) and the request's id."""

    channel: str
    group_id: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that is stored, and everything that came of it."""

    event: Event
    customer: Customer
    effects: Sequence[Effect]
    skips: Sequence[Skip]


Outcome = Accepted | Refusal


def accept_events(
    *, project: Project, payloads: Sequence[EventPayload], source: Source, now: datetime
) -> list[Outcome]:
    """Accept a list of events in one transaction; the outcomes come in the order of the payloads.

    One refused event never spoils the others, and a refused one writes nothing. When this returns, what it accepted is
    committed (unless the caller holds a transaction of his own).
    """
    schemas = schemas_of(project)
    outcomes: dict[int, Outcome] = {}
    drafts: dict[int, Draft] = {}
    for position, payload in enumerate(payloads):
        drafted = _draft(project, schemas, payload, now)
        if isinstance(drafted, Draft):
            drafts[position] = drafted
        else:
            outcomes[position] = drafted
    if drafts:
        written = run_in_transaction(lambda: _write(project, list(drafts.values()), source, now))
        outcomes.update(zip(drafts, written, strict=True))
    return [outcomes[position] for position in range(len(payloads))]


def _draft(project: Project, schemas: dict[str, EventSchema], payload: EventPayload, now: datetime) -> Draft | Refusal:
    """The event checked against its published version, without a statement."""
    schema = schemas.get(payload.event)
    if schema is None:
        if project.unknown_events == UnknownEvents.REJECT:
            return NotFound.of("custom_event_schema", payload.event)
        schema = undefined_schema(payload.event)
    metadata, errors = validate_metadata(schema, payload.metadata)
    if errors:
        return MetadataInvalid.of(errors)
    return Draft(payload, schema, metadata, occurred_at=now)


def _write(project: Project, drafts: list[Draft], source: Source, now: datetime) -> list[Outcome]:
    """Inspect, resolve, record, react – inside the transaction; outcomes in the order of the drafts."""
    outcomes: dict[int, Outcome] = {}
    reactions = load_reactions()
    inspections = [reaction.inspect(project, drafts) for reaction in reactions]
    for inspection in inspections:
        outcomes.update(inspection.refusals)
    going = [position for position in range(len(drafts)) if position not in outcomes]
    referred_to = frozenset().union(*(inspection.customers for inspection in inspections))
    resolved = resolve_customers(
        project, [drafts[position].payload.customer for position in going], now=now, also_lock=referred_to
    )
    found: dict[int, Resolved] = {}
    for position, person in zip(going, resolved, strict=True):
        if person is None:
            outcomes[position] = NotFound.of("customer", drafts[position].payload.customer.id or "")
        else:
            found[position] = person
    accepted = _record_and_react(
        project, [drafts[position] for position in found], list(found.values()), reactions, source, now
    )
    outcomes.update(zip(found, accepted, strict=True))
    return [outcomes[position] for position in range(len(drafts))]


def _record_and_react(
    project: Project,
    drafts: list[Draft],
    people: list[Resolved],
    reactions: list[Reaction],
    source: Source,
    now: datetime,
) -> list[Accepted]:
    pairs = list(zip(drafts, people, strict=True))
    events = [_event(project, draft, person.customer, source) for draft, person in pairs]
    Event.objects.bulk_create(events)
    causes = [
        Cause("event", event.pk, event.occurred_at, event.customer_id, event, draft.schema, draft.payload.may_earn)
        for event, draft in zip(events, drafts, strict=True)
    ]
    journal = run_chain(
        project,
        causes,
        now=now,
        group_id=source.group_id,
        reactions=reactions,
        already=[
            effect for cause, person in zip(causes, people, strict=True) for effect in profile_effects(cause, person)
        ],
    )
    return [
        Accepted(event, person.customer, journal.effects_of(event.pk), journal.skips_of(event.pk))
        for event, person in zip(events, people, strict=True)
    ]


def profile_effects(cause: Cause, person: Resolved) -> list[Effect]:
    """What resolving the customer made true: created, updated, or nothing."""
    if person.is_new:
        return [Effect("customer.created", cause, person.customer.pk)]
    if person.changed:
        return [Effect("customer.updated", cause, person.customer.pk, {"fields": list(person.changed)})]
    return []


def _event(project: Project, draft: Draft, customer: Customer, source: Source) -> Event:
    key = uuid7()
    codes = {"referral": draft.payload.referral_code, "loyalty": draft.payload.loyalty_code}
    return Event(
        id=key,
        project=project,
        definition_id=draft.schema.definition_id,
        version=draft.schema.version,
        name=draft.payload.event,
        customer=customer,
        metadata=draft.metadata,
        codes={name: code for name, code in codes.items() if code is not None},
        channel=source.channel,
        group_id=source.group_id,
        occurred_at=draft.occurred_at,
        received_at=time_of(key),
    )
