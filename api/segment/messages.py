"""Segment's messages in our own words: `track` is an event, `identify` a customer's profile.

Nobody reads our answer and mends a message, so nothing here is refused: what no event can be made of is Unread.
"""

import hashlib
from datetime import date
from typing import TypeAlias

from api.views import unstorable
from common.jsons import InvalidJson, JsonObject, JsonValue, check_limits
from common.refusals import InvalidPayload, Refusal
from common.times import parse_date, parse_moment
from customers.profiles import COLUMN_LENGTH, Profile, parse_profile
from events.payloads import LONGEST_KEY, EventPayload, Source, parse_event
from events.unread import Unread

TRACK, IDENTIFY = "track", "identify"
# Accepted, since the SDKs send them, and of no use to us.
IGNORED = ("page", "screen", "group", "alias")
FIELD_TRAITS = ("name", "email", "phone")
ADDRESS_PARTS = {
    "street": "line_1",
    "city": "city",
    "state": "state",
    "country": "country",
    "postalCode": "postal_code",
}

Message: TypeAlias = EventPayload | Profile | Unread


def read_message(raw: JsonValue, source: Source, *, kind: str | None = None) -> Message | None:
    """One message; `kind` is that of the route, else the message's own `type`. None for one that is ignored."""
    if not isinstance(raw, dict):
        return Unread("message", raw, InvalidPayload.at("message", "A message must be object", code="type"), source)
    # Some SDKs write their key, which is a secret here, into the body too.
    message = {name: value for name, value in raw.items() if name != "writeKey"}
    try:
        check_limits(message)
    except InvalidJson as error:
        return _unread("message", message, InvalidPayload.at("message", str(error), code="unstorable"), source)
    kind = kind or message.get("type")
    if kind == TRACK:
        return _event(message, source)
    if kind == IDENTIFY:
        return _profile(message, source)
    if kind in IGNORED:
        return None
    wanted = f"Property .type must be one of {', '.join((TRACK, IDENTIFY, *IGNORED))}"
    return _unread("message", message, InvalidPayload.at("type", wanted, kind, code="choice"), source)


def with_shared(message: JsonValue, body: JsonObject) -> JsonValue:
    """The message with the `context` and `integrations` that its batch says once for all."""
    shared = {
        name: {**body[name], **_object(message, name)}
        for name in ("context", "integrations")
        if isinstance(body.get(name), dict)
    }
    return {**message, **shared} if shared and isinstance(message, dict) else message


def _event(message: JsonObject, source: Source) -> EventPayload | Unread:
    request = event_request(message)
    try:
        return parse_event(request, source)
    except Refusal as refusal:
        name = request.get("event")
        kind = name if isinstance(name, str) and name else TRACK
        return _unread(kind, request, refusal, source, key=request.get("id"))


def event_request(message: JsonObject) -> JsonObject:
    """The event request that a `track` stands for. Times are taken as they are: servers know what time it is."""
    options = {**_object(_object(message, "context"), "boon"), **_object(_object(message, "integrations"), "Boon")}
    source_id = _source_id(message)
    traits = _object(_object(message, "context"), "traits")
    request = {
        "event": message.get("event"),
        "customer": None if source_id is None else customer_request(source_id, traits),
        "metadata": message.get("properties"),
        "id": _key(message.get("messageId")),
        "occurred_at": message.get("timestamp"),
        "referral": options.get("referral"),
        "loyalty": options.get("loyalty"),
    }
    return {name: value for name, value in request.items() if value is not None}


def _profile(message: JsonObject, source: Source) -> Profile | Unread:
    """The profile that an `identify` stands for; a null clears, as Segment means it."""
    traits, source_id = message.get("traits"), _source_id(message)
    if traits is not None and not isinstance(traits, dict):
        refusal = InvalidPayload.at("traits", "Property .traits must be object", traits, code="type")
    elif source_id is None:
        refusal = InvalidPayload.at("userId", "A message must have 'userId' or 'anonymousId'", code="required")
    else:
        profile, errors = parse_profile(customer_request(source_id, traits or {}), "", nulls_clear=True)
        if not errors:
            return profile
        refusal = InvalidPayload.of(errors)
    return _unread(IDENTIFY, message, refusal, source)


def _unread(kind: str, raw: JsonObject, refusal: Refusal, source: Source, *, key: JsonValue = None) -> Unread:
    """With the message's id, where it can be stored, so that a retry is not kept twice."""
    key = _key(raw.get("messageId")) if key is None else key
    return Unread(kind, raw, refusal, source, key if isinstance(key, str) and not unstorable(key) else None)


def customer_request(source_id: JsonValue, traits: JsonObject) -> JsonObject:
    """The customer that these traits describe: what fits a field fills it, and whatever else was said is metadata."""
    fields = {name: traits[name] for name in FIELD_TRAITS if name in traits and _is_text(traits[name])}
    metadata = {name: value for name, value in traits.items() if name not in fields}
    return {
        "source_id": source_id,
        **_full_name(traits),
        **fields,
        **_birthday(traits),
        **_address(traits),
        # Nothing where nothing was said: the event is then the same, and its id means the same, as over `/v1/events`.
        **({"metadata": metadata} if metadata else {}),
    }


def _source_id(message: JsonObject) -> JsonValue:
    """Of whoever is known by no other, the anonymous id."""
    user_id = _text_of(message.get("userId"))
    return _text_of(message.get("anonymousId")) if user_id is None else user_id


def _key(message_id: JsonValue) -> JsonValue:
    """The event's id; a longer one than we store by its hash, so that it is still accepted once."""
    text = _text_of(message_id)
    if isinstance(text, str) and len(text) > LONGEST_KEY:
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return text


def _text_of(value: JsonValue) -> JsonValue:
    """Some senders' ids are integers. Nothing for an empty one; what is no id is left to be complained of."""
    if value is None or value == "":
        return None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _full_name(traits: JsonObject) -> JsonObject:
    parts = [traits.get("firstName"), traits.get("lastName")]
    name = " ".join(part for part in parts if isinstance(part, str) and part)
    return {"name": name} if name and _is_text(name) else {}


def _birthday(traits: JsonObject) -> JsonObject:
    """A date, or the date of a moment, in the field and in its older twin."""
    value = traits.get("birthday")
    moment = parse_moment(value)
    day: date | None = moment.date() if moment else parse_date(value)
    return {} if day is None else dict.fromkeys(("birthdate", "birthday"), day.isoformat())


def _address(traits: JsonObject) -> JsonObject:
    sent = _object(traits, "address")
    parts = {ours: sent[theirs] for theirs, ours in ADDRESS_PARTS.items() if isinstance(sent.get(theirs), str)}
    return {"address": parts} if parts else {}


def _is_text(value: JsonValue) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= COLUMN_LENGTH)


def _object(owner: JsonValue, name: str) -> JsonObject:
    value = owner.get(name) if isinstance(owner, dict) else None
    return value if isinstance(value, dict) else {}
