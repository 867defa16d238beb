"""Deleting a customer: the person is anonymised, and what their events say of them is blanked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from common.ids import parse_public_id, public_id, uuid7
from common.jsons import JsonObject, JsonValue
from customers.deletion import anonymise
from customers.erasure import forget_everywhere
from customers.models import Customer
from customers.reading import find_customer
from events.chain import Cause, Effect, run_chain
from events.models import Event, RejectedEvent, StoredEffect
from eventschema.models import SchemaVersion
from eventschema.schema import schemas_of
from eventschema.spec import PropertySpec, specs_of
from outbox.erasure import forget_names
from projects.audit import Actor
from projects.models import Project

BLANK = ""
CHUNK = 500


def delete_customers(
    project: Project, customers: Sequence[Customer], *, group_id: str, now: datetime, by: Actor | None = None
) -> None:
    """Anonymises the rows, blanks personal properties and free text in their events, keeps every point.

    The source ids are free afterwards: a later event with one makes a new person.
    """
    with transaction.atomic():
        # First, as a replay does it: rejected events before customers, or the two would deadlock.
        _forget_rejected(project, customers)
        _forget_waiting(project, customers)
        anonymise(customers, now=now)
        for events in _chunks(project, customers):
            Event.objects.blank_metadata(dict(events))
        causes = [Cause("customer.deleted", uuid7(), now, customer.pk) for customer in customers]
        effects = [Effect("customer.deleted", cause, cause.customer_id) for cause in causes]
        run_chain(project, causes, now=now, group_id=group_id, by=by, already=effects)


@dataclass(frozen=True, slots=True)
class Erasure:
    """A permanent deletion that is done: of whom, and how many rows said something of that person."""

    key: UUID
    customer: Customer
    event_count: int
    activity_count: int
    erased_at: datetime

    @property
    def public_id(self) -> str:
        return public_id("del", self.key)


def find_erasable(project: Project, name: str) -> Customer:
    """As `find_customer`, and one who is deleted already by id: more may be erased than a deletion does.

    Raises NotFound.
    """
    key = parse_public_id("cust", name)
    deleted = Customer.objects.filter(project=project, pk=key, deleted_at__isnull=False).first() if key else None
    return deleted or find_customer(project, name)


def erase_customer(
    project: Project, customer: Customer, *, group_id: str, now: datetime, by: Actor | None = None
) -> Erasure:
    """Deletes the customer, and takes out of every table what is said of the person. Points and counts stay.

    What senders chose as ids of events and publications stays as well, since it is what makes things happen once.
    """
    with transaction.atomic():
        events = Event.objects.filter(project=project, customer=customer)
        effects = StoredEffect.objects.filter(project=project, customer=customer)
        erasure = Erasure(uuid7(), customer, events.count(), effects.count(), now)
        if customer.deleted_at is None:
            delete_customers(project, [customer], group_id=group_id, now=now, by=by)
        else:
            _forget_waiting(project, [customer])
        # After the customer's row is locked: whoever writes down what says something of the person holds that lock.
        forget_everywhere(project, [customer])
        for chunk in _chunks(project, [customer], keeps_unknown=False):
            Event.objects.blank_metadata(dict(chunk))
    return erasure


def _forget_rejected(project: Project, customers: Sequence[Customer]) -> None:
    """Rejected events say in clear whom they are about, and a replay would make that person anew."""
    ids = [customer.public_id for customer in customers]
    source_ids = [customer.source_id for customer in customers if customer.source_id is not None]
    about_them = Q(payload__customer__id__in=ids) | Q(payload__customer__source_id__in=source_ids)
    RejectedEvent.objects.filter(about_them, project=project, reaction="").delete()


def _forget_waiting(project: Project, customers: Sequence[Customer]) -> None:
    """A bulk change that waits would make the person anew, and one that is done tells of them."""
    own_ids = {customer.public_id for customer in customers}
    said = {name for one in customers for name in (one.source_id, one.legacy_id, one.email) if name}
    forget_names(project, own_ids, own_ids | said)


def _chunks(
    project: Project, customers: Sequence[Customer], *, keeps_unknown: bool = True
) -> Iterator[list[tuple[object, JsonObject]]]:
    """(event key, blanked metadata) of every event that says something personal, in chunks."""
    blanked_of = _Blanking(project, keeps_unknown)
    chunk: list[tuple[object, JsonObject]] = []
    events = Event.objects.filter(project=project, customer__in=customers).exclude(metadata={})
    for event in events.order_by("pk").iterator(chunk_size=CHUNK):
        blanked = blanked_of(event)
        if blanked != event.metadata:
            chunk.append((event.pk, blanked))
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class _Blanking:
    """Decides, by the version an event was checked against, which of its values are facts and which are personal.

    Numbers, booleans, dates and texts from a fixed list of choices are facts. Properties marked personal, free text,
    and whatever the version does not define are blanked; of what is not defined, even the names are the senders' own,
    and go where `keeps_unknown` is not set.
    """

    def __init__(self, project: Project, keeps_unknown: bool = True) -> None:
        self._keeps_unknown = keeps_unknown
        # Marked personal after the event was sent counts as well.
        self._personal_today = {schema.definition_id: schema.personal for schema in schemas_of(project).values()}
        self._specs: dict[tuple[object, int], dict[str, PropertySpec]] = {}

    def __call__(self, event: Event) -> JsonObject:
        specs = self._specs_of(event)
        personal = self._personal_today.get(event.definition_id, frozenset())
        return {
            key: value if key not in personal and _is_fact(specs.get(key)) else _blank(value, self._keeps_unknown)
            for key, value in event.metadata.items()
            if self._keeps_unknown or key in specs
        }

    def _specs_of(self, event: Event) -> dict[str, PropertySpec]:
        at = (event.definition_id, event.version)
        if at not in self._specs:
            version = SchemaVersion.objects.filter(definition=event.definition_id, version=event.version).first()
            specs = specs_of(version.schema) if version else []
            self._specs[at] = {key: spec for spec in specs for key in spec.names}
        return self._specs[at]


def _is_fact(spec: PropertySpec | None) -> bool:
    if spec is None or spec.personal:
        return False
    return spec.type in ("number", "boolean", "date", "datetime") or "eq" in spec.options


def _blank(value: JsonValue, keeps_names: bool) -> JsonValue:
    """The value with every text emptied; a value of another kind becomes null. The names in an object may go, too."""
    if isinstance(value, str):
        return BLANK
    if isinstance(value, list):
        return [_blank(item, keeps_names) for item in value]
    if isinstance(value, dict):
        return {key: _blank(item, keeps_names) for key, item in value.items()} if keeps_names else {}
    return None
