"""The `data` of what is sent about customers: events, and what came of them (contract d.8), personal values masked.

Lists in, lists out, a fixed number of statements. Distributions send the same.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import prefetch_related_objects

from api.announcements.masking import mask_customers
from api.v1.activity_payloads import Entry, References
from api.v1.customers import render_customers
from common.jsons import JsonObject
from customers.models import Customer
from events.models import Event, StoredEffect
from projects.models import Project

# Kinds of effects whose payload shows the customer in full; others do in short.
SHOWN_IN_FULL = (
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "segment.entered",
    "segment.left",
)


def custom_event_data(project: Project, events: Sequence[Event], *, masked: bool = True) -> list[JsonObject]:
    """{event, event_schema, customer, referral, loyalty} of each event, in order; the last two null where unused."""
    return _payloads(project, events, masked=masked)


def effect_data(project: Project, effects: Sequence[StoredEffect]) -> list[JsonObject]:
    """What the contract's event of each effect carries, in order: {customer, segment}, {customer, campaign, …}."""
    payloads = _payloads(project, effects)
    in_full = full_customers(project, {effect.customer_id for effect in effects if effect.kind in SHOWN_IN_FULL})
    return [
        {**payload, "customer": in_full[effect.customer_id]} if effect.kind in SHOWN_IN_FULL else payload
        for payload, effect in zip(payloads, effects, strict=True)
    ]


def references_of(project: Project, entries: Sequence[Entry], *, masked: bool = True) -> References:
    """What entries refer to, personal properties of events masked. Those of customers `mask_customers` masks."""
    events = [entry for entry in entries if isinstance(entry, Event)]
    prefetch_related_objects(events, "definition")
    people = Customer.objects.filter(project=project, pk__in={entry.customer_id for entry in entries})
    return References(project, list(people), entries, masked=masked)


def full_customers(project: Project, keys: Iterable[UUID]) -> dict[UUID, JsonObject]:
    """Customers as the API shows them, masked, by their key."""
    wanted = set(keys)
    if not wanted:
        return {}
    people = list(Customer.objects.filter(project=project, pk__in=wanted))
    bodies = render_customers(project, people)
    return {person.pk: mask_customers(project, body) for person, body in zip(people, bodies, strict=True)}


def _payloads(project: Project, entries: Sequence[Entry], *, masked: bool = True) -> list[JsonObject]:
    if not entries:
        return []
    references = references_of(project, entries, masked=masked)
    payloads = [references.payload(entry) for entry in entries]
    return [mask_customers(project, payload) for payload in payloads] if masked else payloads
