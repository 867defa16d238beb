"""JSON Schemas of what the event operations answer, as integrators may rely on it."""

from common.jsons import JsonObject

TIME: JsonObject = {"type": "string", "format": "date-time"}
MAYBE_TIME: JsonObject = {"type": ["string", "null"], "format": "date-time"}
NAME: JsonObject = {"type": ["string", "null"]}
# A code as lists and single events show it; the answer to a tracked event always has null here (contract b.2).
CODED: JsonObject = {"type": ["object", "null"], "required": ["code"], "properties": {"code": {"type": "string"}}}

CUSTOMER: JsonObject = {
    "type": "object",
    "required": ["id", "object", "metadata"],
    "properties": {
        "id": {"type": "string", "pattern": "^cust_"},
        "object": {"const": "customer"},
        "source_id": NAME,
        "name": NAME,
        "email": NAME,
        "metadata": {"type": "object"},
    },
}
EFFECTS: JsonObject = {
    "type": "array",
    "description": "What the event did, in order.",
    "items": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}},
}
SKIPPED: JsonObject = {
    "type": "array",
    "description": "What looked at the event and declined.",
    "items": {
        "type": "object",
        "required": ["kind", "id", "reason"],
        "properties": {
            "kind": {"type": "string"},
            "id": NAME,
            "reason": {"type": "string"},
            "validation_rule": {"type": "string", "description": "The one that does not hold, where that is why."},
        },
    },
}
_COMMON: JsonObject = {
    "object": {"const": "event"},
    "type": {"type": "string", "description": "The name of the definition."},
    "customer": CUSTOMER,
    "referral": CODED,
    "loyalty": CODED,
    "id": {"type": "string", "pattern": "^event_"},
    "source_id": {**NAME, "description": "The sender's own id."},
    "created_at": TIME,
    "occurred_at": TIME,
}

TRACKED: JsonObject = {
    "type": "object",
    "required": list(_COMMON),
    "properties": {
        **_COMMON,
        "effects": {**EFFECTS, "description": "With expand=effects, and in a dry run."},
        "skipped": {**SKIPPED, "description": "With expand=effects, and in a dry run."},
        "dry_run": {"const": True, "description": "Nothing was written."},
    },
}
# A browser is told of the customer what it said itself.
CLIENT_TRACKED: JsonObject = {
    **TRACKED,
    "properties": {
        **TRACKED["properties"],
        "customer": {
            **CUSTOMER,
            "properties": {**CUSTOMER["properties"], "metadata": {"type": ["object", "null"]}},
        },
    },
}
STORED: JsonObject = {
    "type": "object",
    "required": [*_COMMON, "metadata", "event_schema"],
    "properties": {
        **_COMMON,
        "metadata": {"type": "object"},
        "event_schema": {
            "type": "object",
            "required": ["id", "name", "version"],
            "properties": {"id": NAME, "name": {"type": "string"}, "version": {"type": ["integer", "null"]}},
        },
        "voided_at": MAYBE_TIME,
        "effects": EFFECTS,
        "skipped": SKIPPED,
    },
}
FAILED: JsonObject = {
    "type": "array",
    "description": "Reactions that failed on the event; the rejected event of that id tells the rest.",
    "items": {
        "type": "object",
        "required": ["id", "reaction", "cause", "attempts", "created_at", "replayed_at"],
        "properties": {
            "id": {"type": "string", "pattern": "^rej_"},
            "reaction": {"type": "string"},
            "cause": {"type": "string"},
            "attempts": {"type": "integer"},
            "created_at": TIME,
            "replayed_at": MAYBE_TIME,
        },
    },
}
ONE_STORED: JsonObject = {
    **STORED,
    "required": [*STORED["required"], "effects", "skipped", "channel", "group_id", "failed"],
    "properties": {
        **STORED["properties"],
        "channel": {"type": "string"},
        "group_id": {"type": "string", "description": "The request that brought it."},
        "failed": FAILED,
    },
}
COUNT: JsonObject = {"type": "integer", "minimum": 0}
VOIDED: JsonObject = {
    **STORED,
    "required": [*STORED["required"], "voided_at", "reason", "effects", "affected_later", "shortfall"],
    "properties": {
        **STORED["properties"],
        "voided_at": TIME,
        "reason": NAME,
        "effects": {**EFFECTS, "description": "What taking it back did: the reversing effects alone."},
        "affected_later": {**EFFECTS, "description": "Later decisions that stand though they depended on the event."},
        "shortfall": {**COUNT, "description": "Points that were spent before they could be taken."},
    },
}


def list_of(item: JsonObject, more: JsonObject) -> JsonObject:
    properties: JsonObject = {
        "object": {"const": "list"},
        "data_ref": {"const": "data"},
        "data": {"type": "array", "items": item},
        **more,
    }
    return {"type": "object", "required": list(properties), "properties": properties}


EVENTS: JsonObject = list_of(STORED, {"has_more": {"type": "boolean"}, "more_starting_after": NAME})
_RESULT: JsonObject = {
    "type": "object",
    "required": ["index", "status"],
    "properties": {"index": COUNT, "status": {"enum": ["accepted", "replayed", "rejected"]}},
    "oneOf": [
        {"required": ["event"], "properties": {"status": {"enum": ["accepted", "replayed"]}, "event": TRACKED}},
        {
            "required": ["error"],
            "properties": {"status": {"const": "rejected"}, "error": {"$ref": "#/components/schemas/Error"}},
        },
    ],
}
BATCH: JsonObject = list_of(_RESULT, dict.fromkeys(("total", "accepted", "replayed", "rejected"), COUNT))
