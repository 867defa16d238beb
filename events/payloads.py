"""The shape of an event as senders write it (contract b.1). Meaning is checked later, by acceptance."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError, InvalidPayload
from common.times import parse_zoned_moment
from customers.profiles import Profile, parse_profile

LONGEST_NAME = 300
LONGEST_CODE = 255
LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Source:
    """Where an event comes from: the request's id, and the door (`API`, `CLIENT_API`, `INTERNAL`, `SEGMENT`, `IMPORT`,
    `TEST`).

    `keeps_all` where no sender reads why an event was refused: then it is kept, whatever the reason.
    """

    channel: str
    group_id: str
    keeps_all: bool = False


INTERNAL = Source("INTERNAL", "")
# The channel of browsers and apps, whose key is public.
CLIENT_API = "CLIENT_API"
# The channel of the admin's page that tries a definition out.
TEST = "TEST"
# What the contract calls the channels that it does not have.
CONTRACT_CHANNELS = {"SEGMENT": "API", "IMPORT": "INTERNAL", TEST: "INTERNAL"}


@dataclass(frozen=True, slots=True)
class Ticket:
    """That a browser may earn once, for one customer and one event (events/tickets.py).

    The customer is named by the keys that were known when the ticket was made, at least one.
    """

    id: UUID
    project_id: UUID
    event: str
    customer_id: UUID | None
    source_id: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EventPayload:
    """One event to be accepted, its shape checked."""

    event: str
    customer: Profile
    metadata: JsonObject
    referral_code: str | None = None
    loyalty_code: str | None = None
    # The sender's own id of the event, unique in the project for ever.
    key: str | None = None
    # None where the sender leaves the time to us.
    occurred_at: datetime | None = None
    source: Source = field(default=INTERNAL, compare=False)
    # The request as it was sent: what fingerprints and rejected events are made of.
    raw: JsonObject = field(default_factory=dict, compare=False, repr=False)
    # What a browser shows so that it may earn; its signature is good.
    ticket: Ticket | None = None

    @property
    def names(self) -> list[str | UUID]:
        """What it brings that is good for one event: the sender's id of it, a ticket."""
        return [*([self.key] if self.key is not None else []), *([self.ticket.id] if self.ticket is not None else [])]


def parse_event(raw: JsonValue, source: Source = INTERNAL, *, key: str | None = None) -> EventPayload:
    """Unknown keys are ignored, nulls mean "not sent". `key` is the header's, which is one key with the body's `id`.

    Raises InvalidPayload with every error of the shape.
    """
    if not isinstance(raw, dict):
        raise InvalidPayload.at("", "Payload must be object", code="type")
    errors = [
        FieldError(name, "required", f"Payload must have required property '{name}'")
        for name in ("event", "customer")
        if name not in raw
    ]
    event = _event_name(raw, errors)
    customer, found = parse_profile(raw["customer"]) if "customer" in raw else (Profile(), [])
    errors.extend(found)
    if not found and "customer" in raw and customer.is_empty:
        errors.append(
            FieldError(
                "customer", "required", "Property .customer must have 'id', 'source_id' or a field such as 'email'"
            )
        )
    payload = EventPayload(
        event=event,
        customer=customer,
        metadata=_object(raw, "metadata", errors),
        referral_code=_code(raw, "referral", errors),
        loyalty_code=_code(raw, "loyalty", errors),
        key=_key(raw, key, errors),
        occurred_at=_occurred_at(raw, errors),
        source=source,
        raw=raw,
    )
    if errors:
        raise InvalidPayload.of(errors)
    return payload


def _event_name(raw: JsonObject, errors: list[FieldError]) -> str:
    name = raw.get("event", "")
    if not isinstance(name, str):
        errors.append(FieldError("event", "type", "Property .event must be string", name))
        return ""
    if "event" in raw and not 1 <= len(name) <= LONGEST_NAME:
        errors.append(FieldError("event", "length", f"Property .event must have 1 to {LONGEST_NAME} characters", name))
    return name


def _object(raw: JsonObject, name: str, errors: list[FieldError]) -> JsonObject:
    value = raw.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        errors.append(FieldError(name, "type", f"Property .{name} must be object", value))
        return {}
    return value


def _code(raw: JsonObject, name: str, errors: list[FieldError]) -> str | None:
    """The code inside `referral` or `loyalty`, where that object was sent."""
    if raw.get(name) is None:
        return None
    value = _object(raw, name, errors)
    if not isinstance(raw[name], dict):
        return None
    code = value.get("code")
    if code is None:
        errors.append(FieldError(f"{name}.code", "required", f"Property .{name} must have required property 'code'"))
    elif not isinstance(code, str):
        errors.append(FieldError(f"{name}.code", "type", f"Property .{name}.code must be string", code))
    elif not 1 <= len(code) <= LONGEST_CODE:
        errors.append(
            FieldError(
                f"{name}.code", "length", f"Property .{name}.code must have 1 to {LONGEST_CODE} characters", code
            )
        )
    else:
        return code
    return None


def _key(raw: JsonObject, header: str | None, errors: list[FieldError]) -> str | None:
    """The sender's id of the event, from the header `Idempotency-Key`, the body's `id`, or both alike."""
    sent = [(path, value) for path, value in (("Idempotency-Key", header), ("id", raw.get("id"))) if value is not None]
    for path, value in sent:
        if not isinstance(value, str):
            errors.append(FieldError(path, "type", f"Property .{path} must be string", value))
        elif not 1 <= len(value) <= LONGEST_KEY:
            errors.append(
                FieldError(path, "length", f"Property .{path} must have 1 to {LONGEST_KEY} characters", value)
            )
    if len(sent) == 2 and sent[0][1] != sent[1][1]:
        errors.append(FieldError("id", "conflict", "Property .id must be the same as Idempotency-Key", raw["id"]))
    return sent[0][1] if sent else None


def _occurred_at(raw: JsonObject, errors: list[FieldError]) -> datetime | None:
    value = raw.get("occurred_at")
    if value is None:
        return None
    moment = parse_zoned_moment(value)
    if moment is None:
        errors.append(
            FieldError(
                "occurred_at", "datetime", "Property .occurred_at must be a date-time in ISO 8601 with a zone", value
            )
        )
    return moment
