"""The shape of an event as senders write it (contract b.1). Meaning is checked later, by acceptance."""

from dataclasses import dataclass

from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError, InvalidPayload
from customers.profiles import Profile, parse_profile

LONGEST_NAME = 300
LONGEST_CODE = 255


@dataclass(frozen=True, slots=True)
class EventPayload:
    """One event to be accepted, its shape checked."""

    event: str
    customer: Profile
    metadata: JsonObject
    referral_code: str | None = None
    loyalty_code: str | None = None


def parse_event(raw: JsonValue) -> EventPayload:
    """Unknown keys are ignored, nulls mean "not sent". Raises InvalidPayload with every error of the shape."""
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
