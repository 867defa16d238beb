"""What came in lately, accepted and rejected together, as the live page shows it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from common.ids import first_key_at, parse_public_id
from common.jsons import JsonObject, JsonValue, dumps
from customers.former_ids import is_former_id
from events.admin_trace import rejected_link
from events.masking import Masks, RejectedMasks, without_values
from events.models import Event, RejectedEvent
from projects.pages import Cell, Link, change_link, list_link, local_moment

SUMMARY_LENGTH = 140
ERRORS_SHOWN = 3
# A filter looks at so many of the newest events and rejected events when the page is opened, and at no more.
LOOKED_AT = 5_000
# Of a key, in hexadecimal, what tells it from the others of a page: the end, which is random.
TAIL = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page is narrowed to; an empty text leaves everything. `project_ids` None means every project."""

    project_ids: Collection[UUID] | None
    status: str = ""
    event: str = ""
    customer: str = ""
    cause: str = ""

    @property
    def is_narrow(self) -> bool:
        return bool(self.event or self.customer or self.cause)


@dataclass(frozen=True, slots=True)
class LiveRow:
    """An event or a rejected one. `status` is accepted, rejected or failed (accepted, but a reaction failed on it)."""

    key: UUID
    status: str
    name: str
    link: Link | None
    customer: Cell
    at: datetime
    channel: str
    project: str
    summary: str = ""
    cause: str = ""
    # (path, sentence) of each offending field.
    errors: Sequence[tuple[str, str]] = field(default_factory=list)
    errors_more: int = 0
    is_replayed: bool = False

    @property
    def shown_at(self) -> str:
        return local_moment(self.at, only_time=True)


def newest_rows(
    wanted: Wanted, *, most: int, since: datetime | None = None, known: Collection[str] = frozenset()
) -> list[LiveRow]:
    """At most `most` rows, the newest first; with `since` those whose keys are not older.

    `known` are the last TAIL digits of keys that are not asked for again. Two statements, one for each table, and one
    more for what is personal in either where there is something new; where `wanted` is narrow and `since` None, two
    that say how far back it is looked.
    """
    found: list[Event | RejectedEvent] = []
    if wanted.status != "rejected" and not wanted.cause:
        found += _events(wanted, since)[:most]
    if wanted.status != "accepted":
        found += _rejected(wanted, since)[:most]
    found.sort(key=lambda row: row.pk, reverse=True)
    return _shown([row for row in found[:most] if row.pk.hex[-TAIL:] not in known])


def _events(wanted: Wanted, since: datetime | None) -> QuerySet[Event]:
    rows = _within(Event.objects.all(), wanted, since)
    if since is not None:
        # The key says the same; this says it to the partitions.
        rows = rows.filter(received_at__gte=since)
    if wanted.event:
        rows = rows.filter(name=wanted.event)
    if wanted.customer:
        rows = rows.filter(_of_customer(wanted.customer))
    return rows.select_related("customer", "definition", "project").order_by("-pk")


def _rejected(wanted: Wanted, since: datetime | None) -> QuerySet[RejectedEvent]:
    rows = _within(RejectedEvent.objects.all(), wanted, since)
    if wanted.event:
        rows = rows.filter(name=wanted.event)
    if wanted.cause:
        rows = rows.filter(Q(key=wanted.cause) | Q(cause__icontains=wanted.cause))
    if wanted.customer:
        own = _scoped(Event.objects.filter(_of_customer(wanted.customer)), wanted)
        sent = Q(payload__customer__source_id=wanted.customer) | Q(payload__customer__id=wanted.customer)
        rows = rows.filter(sent | Q(event_id__in=own.values("pk")))
    return rows.select_related("project").order_by("-pk")


def _within(rows: QuerySet[Any], wanted: Wanted, since: datetime | None) -> QuerySet[Any]:
    """The rows of the projects that are not too old to be looked at."""
    rows = _scoped(rows, wanted)
    if since is not None:
        return rows.filter(pk__gte=first_key_at(since))
    if not wanted.is_narrow:
        return rows
    oldest = rows.order_by("-pk").values_list("pk", flat=True)[LOOKED_AT - 1 : LOOKED_AT].first()
    return rows.filter(pk__gte=oldest) if oldest else rows


def _scoped(rows: QuerySet[Any], wanted: Wanted) -> QuerySet[Any]:
    return rows if wanted.project_ids is None else rows.filter(project__in=wanted.project_ids)


def _of_customer(name: str) -> Q:
    key = parse_public_id("cust", name)
    if is_former_id(name):
        return Q(customer__source_id=name) | Q(customer__legacy_id=name)
    return Q(customer__source_id=name) | Q(customer_id=key) if key else Q(customer__source_id=name)


def _shown(found: Sequence[Event | RejectedEvent]) -> list[LiveRow]:
    events = [row for row in found if isinstance(row, Event)]
    rejected = [row for row in found if isinstance(row, RejectedEvent)]
    masks, rejected_masks = Masks(events), RejectedMasks(rejected)
    stored = _stored_events(rejected)
    return [
        _accepted_row(row, masks) if isinstance(row, Event) else _rejected_row(row, rejected_masks, stored)
        for row in found
    ]


def _stored_events(rejected: Sequence[RejectedEvent]) -> Mapping[UUID, Event]:
    """The events on which reactions failed (one statement where there are any)."""
    keys = {row.event_id for row in rejected if row.event_id}
    return {event.pk: event for event in Event.objects.filter(pk__in=keys).select_related("customer")}


def _accepted_row(event: Event, masks: Masks) -> LiveRow:
    return LiveRow(
        key=event.pk,
        status="accepted",
        name=event.name,
        link=change_link("events_event", event.pk, event.name),
        customer=change_link("customers_customer", event.customer_id, str(event.customer)),
        at=event.received_at,
        channel=event.channel,
        project=event.project.name,
        summary=in_short(masks.masked(event)),
    )


def _rejected_row(row: RejectedEvent, masks: RejectedMasks, stored: Mapping[UUID, Event]) -> LiveRow:
    event = stored.get(row.event_id) if row.event_id else None
    errors = masks.errors(row)
    return LiveRow(
        key=row.pk,
        status="failed" if row.event_id else "rejected",
        name=row.name,
        link=_page_of(row),
        customer=change_link("customers_customer", event.customer_id, str(event.customer)) if event else _sender(row),
        at=row.created_at,
        channel=row.channel,
        project=row.project.name,
        cause=row.key,
        errors=[(str(error["path"]), without_values(str(error["message"]))) for error in errors[:ERRORS_SHOWN]],
        errors_more=max(len(errors) - ERRORS_SHOWN, 0),
        is_replayed=row.replayed_at is not None,
    )


def _page_of(row: RejectedEvent) -> Link | None:
    """The rejected event's own page while it waits; then what it was accepted as, or the event of the reaction."""
    stored_as = row.replayed_as or row.event_id
    stored = change_link("events_event", stored_as, row.name) if stored_as else None
    return rejected_link(row, row.name) or stored


def _sender(row: RejectedEvent) -> Cell:
    """Whom the sender named."""
    payload: JsonObject = row.payload
    said: JsonValue = payload.get("customer")
    name = (said.get("source_id") or said.get("id")) if isinstance(said, dict) else None
    return list_link("customers_customer", str(name), q=name) if name else "–"


def in_short(metadata: JsonObject) -> str:
    """The beginning of what an event says, in one line."""
    said = (f"{name}: {value if isinstance(value, str) else dumps(value)}" for name, value in metadata.items())
    text = ", ".join(said)
    return text if len(text) <= SUMMARY_LENGTH else text[: SUMMARY_LENGTH - 1] + "…"
