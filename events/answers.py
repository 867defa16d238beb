"""What the sender of an event is told (contract b.2), as JSON text: the same, to the byte, when he sends it again."""

from common.jsons import JsonObject, dumps
from common.times import iso
from customers.models import Customer
from events.models import Event


def answer_text(event: Event, customer: Customer, source_id: str | None) -> str:
    """The contract's fields, then ours; `source_id` is the sender's own id of the event."""
    body: JsonObject = {
        "object": "event",
        "type": event.name,
        "customer": customer.as_simple_json(),
        "referral": None,
        "loyalty": None,
        "id": event.public_id,
        "source_id": source_id,
        "created_at": iso(event.received_at),
        "occurred_at": iso(event.occurred_at),
    }
    return dumps(body)


def with_more(answer: str, more: JsonObject) -> str:
    """The answer with further fields at its end."""
    return f"{answer[:-1]},{dumps(more)[1:]}" if more else answer
