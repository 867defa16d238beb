"""`POST /v1/event-tickets`: a back end vouches for an event that one of its customers' browsers will send."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.json_schemas import EVENT_TICKET
from api.object_schemas import EVENT_TICKET as EVENT_TICKET_ANSWER
from api.shapes import LEFT_OUT, Integer, Shape, Text, checked
from api.views import ServerView
from common.ids import parse_public_id
from common.jsons import JsonValue
from common.refusals import FieldError
from customers.former_ids import is_former_id
from customers.profiles import Profile, parse_profile
from events.payloads import LONGEST_NAME
from events.tickets import DEFAULT_SECONDS, MOST_SECONDS, forget_expired, issue_ticket


class TicketShape(Shape):
    event = Text(max_length=LONGEST_NAME)
    expires_in = Integer(least=1, most=MOST_SECONDS, **LEFT_OUT)


class EventTickets(ServerView):
    answers = {"post": EVENT_TICKET_ANSWER}
    bodies = {"post": {"application/json": EVENT_TICKET}}

    def post(self, request: Request) -> Response:
        """Make a ticket with which a browser may earn once, for this customer and event."""
        body = self.body()
        profile, errors = _customer(body)
        asked = checked(TicketShape, body, more=errors)
        seconds = asked.get("expires_in", DEFAULT_SECONDS)
        text, ticket = issue_ticket(self.project, asked["event"], profile, seconds=seconds, now=self.now)
        # The table of used tickets is kept small by those who make new ones.
        forget_expired(self.now)
        return Response({"object": "event_ticket", "ticket": text, "expires_at": ticket.expires_at})


def _customer(body: dict[str, JsonValue]) -> tuple[Profile, list[FieldError]]:
    """Who is named: by an object as events have it, or by an id or source id alone."""
    raw = body.get("customer")
    if raw is None:
        return Profile(), [FieldError("customer", "required", "Payload must have required property 'customer'")]
    if isinstance(raw, str):
        raw = {"id" if parse_public_id("cust", raw) or is_former_id(raw) else "source_id": raw}
    profile, errors = parse_profile(raw)
    if not errors and not profile.is_identified:
        errors.append(FieldError("customer", "required", "Property .customer must have 'id' or 'source_id'"))
    return profile, errors
