"""Event tickets: a back end vouches for one event of one customer, so that a browser may earn for it, once.

A ticket is signed, not stored. What is stored is that it was used, in the transaction of the event that used it.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core import signing
from django.db import transaction

from common.ids import uuid7
from common.jsons import JsonObject
from common.refusals import FieldError, NotFound, Refusal
from common.statements import Insert
from customers.former_ids import with_former_ids
from customers.models import Customer
from customers.profiles import Profile
from events.models import UsedTicket
from events.payloads import EventPayload, Ticket
from eventschema.schema import schemas_of
from projects.models import Project, UnknownEvents

DEFAULT_SECONDS = 600
MOST_SECONDS = 86_400
HEADER = "X-Event-Ticket"
# How long a used ticket is known beyond its expiry: by then the clock of every machine has passed it.
CLOCKS_DIFFER = timedelta(hours=1)
MOST_FORGOTTEN = 1_000

_insert_used = Insert(UsedTicket)


class TicketRefused(Refusal):
    """A ticket that opens nothing: forged, expired, used, or made for something else."""

    key = "unauthorized"
    message = "Unauthorized"

    @classmethod
    def of(cls, code: str, sentence: str) -> "TicketRefused":
        message = f"The event ticket {sentence}"
        return cls(message, errors=[FieldError(HEADER, code, message)])


def _signer() -> signing.Signer:
    return signing.Signer(salt="boon.events.ticket")


def issue_ticket(project: Project, event: str, profile: Profile, *, seconds: int, now: datetime) -> tuple[str, Ticket]:
    """A ticket as text, and what it says: good for `seconds` from now, once.

    A customer who is to be created is named by the source id. Raises NotFound for an event or an id that is unknown.
    """
    if event not in schemas_of(project) and project.unknown_events == UnknownEvents.REJECT:
        raise NotFound.of("custom_event_schema", event)
    customer = _find(project, profile)
    ticket = Ticket(
        id=uuid7(),
        project_id=project.pk,
        event=event,
        customer_id=None if customer is None else customer.pk,
        source_id=profile.source_id if customer is None else customer.source_id,
        expires_at=now + timedelta(seconds=seconds),
    )
    return _signer().sign_object(_as_json(ticket), compress=True), ticket


def _find(project: Project, profile: Profile) -> Customer | None:
    living = Customer.objects.filter(project=project, deleted_at=None)
    if profile.id is None:
        return living.filter(source_id=profile.source_id).first()
    (profile,) = with_former_ids(project, [profile])
    customer = living.filter(pk=profile.key).first() if profile.key else None
    if customer is None:
        raise NotFound.of("customer", profile.id or "")
    return customer


def read_ticket(text: str) -> Ticket:
    """What a ticket says. Raises TicketRefused for what was not signed here."""
    try:
        return _from_json(_signer().unsign_object(text))
    except (signing.BadSignature, UnicodeEncodeError) as error:
        raise TicketRefused.of("forged", "was not made here") from error


def _as_json(ticket: Ticket) -> JsonObject:
    return {
        "id": ticket.id.hex,
        "project": ticket.project_id.hex,
        "event": ticket.event,
        "customer": ticket.customer_id.hex if ticket.customer_id else None,
        "source_id": ticket.source_id,
        "expires_at": ticket.expires_at.isoformat(),
    }


def _from_json(said: JsonObject) -> Ticket:
    return Ticket(
        id=UUID(said["id"]),
        project_id=UUID(said["project"]),
        event=said["event"],
        customer_id=UUID(said["customer"]) if said["customer"] else None,
        source_id=said["source_id"],
        expires_at=datetime.fromisoformat(said["expires_at"]).astimezone(UTC),
    )


def used_tickets(project: Project, payloads: Mapping[int, EventPayload]) -> dict[int, TicketRefused]:
    """Of these, by position, those whose ticket was used before; one statement, none where no ticket is shown."""
    shown = {position: payload.ticket.id for position, payload in payloads.items() if payload.ticket is not None}
    if not shown:
        return {}
    used = set(UsedTicket.objects.filter(project=project, pk__in=shown.values()).values_list("pk", flat=True))
    return {position: TicketRefused.of("used", "was used before") for position, key in shown.items() if key in used}


def keep_tickets(project: Project, used: Iterable[tuple[Ticket | None, UUID]]) -> None:
    """Writes that events, by their keys, have used tickets, inside `twins_begin_anew`.

    One statement, none where no ticket is shown.
    """
    rows = [
        UsedTicket(id=ticket.id, project=project, event_id=event_id, expires_at=ticket.expires_at)
        for ticket, event_id in used
        if ticket is not None
    ]
    # Sorted by the key: concurrent writers in different orders would deadlock.
    rows.sort(key=lambda row: row.pk)
    _insert_used(rows)


def forget_expired(now: datetime) -> int:
    """Deletes used tickets that could not be used again anyway, so many at a time; how many they were."""
    expired = UsedTicket.objects.filter(expires_at__lt=now - CLOCKS_DIFFER)
    if not expired.exists():
        return 0
    with transaction.atomic():
        # Rows that another process deletes at this moment are left to it.
        locked = expired.order_by("expires_at").select_for_update(skip_locked=True)[:MOST_FORGOTTEN]
        return UsedTicket.objects.filter(pk__in=[row.pk for row in locked]).delete()[0]
