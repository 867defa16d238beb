"""What an event from a browser may do. The key that it comes with is public: anybody can send anything for anybody.

So a browser earns, refers and writes customers only where the project says so, or where its own back end has vouched
for the customer and the event by a ticket.
"""

from dataclasses import dataclass
from datetime import datetime

from common.refusals import FieldError, Forbidden, NotFound, Refusal
from customers.profiles import Profile
from events.payloads import CLIENT_API, EventPayload, Ticket
from events.tickets import TicketRefused
from projects.models import Project


@dataclass(frozen=True, slots=True)
class Rights:
    """What is open to an event beside being stored."""

    may_earn: bool = True
    # To create its customer, and to change what is known of one.
    may_write_customer: bool = True


ALL_RIGHTS = Rights()


def rights_of(project: Project, payload: EventPayload) -> Rights:
    if payload.source.channel != CLIENT_API or payload.ticket is not None:
        return ALL_RIGHTS
    return Rights(project.client_loyalty_events_enabled, project.client_create_customer_enabled)


def browser_refusal(project: Project, payload: EventPayload, now: datetime) -> Refusal | None:
    """Why a browser may not send this at all, or None; runs no statement."""
    if payload.ticket is not None:
        return _ticket_refusal(payload.ticket, project, payload, now)
    if rights_of(project, payload).may_earn:
        return None
    asked = {"referral": payload.referral_code, "loyalty": payload.loyalty_code}
    errors = [
        FieldError(name, "forbidden", f"Property .{name} is not allowed: this project lets browsers earn nothing")
        for name, code in asked.items()
        if code is not None
    ]
    return Forbidden("; ".join(error.message for error in errors), errors=errors) if errors else None


def _ticket_refusal(ticket: Ticket, project: Project, payload: EventPayload, now: datetime) -> TicketRefused | None:
    profile = payload.customer
    named = profile.key == ticket.customer_id if profile.id is not None else profile.source_id == ticket.source_id
    if ticket.project_id != project.pk:
        return TicketRefused.of("project", "is of another project")
    if ticket.event != payload.event:
        return TicketRefused.of("event", "is for another event")
    if not named or not profile.is_identified:
        return TicketRefused.of("customer", "is for another customer")
    if ticket.expires_at <= now:
        return TicketRefused.of("expired", "has expired")
    return None


def unknown_customer(profile: Profile) -> Refusal:
    """Of a customer that there is not, and whom this event does not create."""
    if profile.id is not None:
        return NotFound.of("customer", profile.id)
    sentence = "There is no such customer, and this project lets browsers create none"
    return Forbidden(sentence, errors=[FieldError("customer", "forbidden", sentence)])
