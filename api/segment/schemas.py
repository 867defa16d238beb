"""JSON Schemas of Segment's messages: what is read of them. Everything else is ignored, nothing is refused."""

from common.jsons import JsonObject

ID: JsonObject = {"type": ["string", "integer", "null"]}
TEXT: JsonObject = {"type": ["string", "null"]}
OBJECT: JsonObject = {"type": ["object", "null"]}
_CODE: JsonObject = {**OBJECT, "properties": {"code": {"type": "string"}}}
_OPTIONS: JsonObject = {**OBJECT, "properties": {"referral": _CODE, "loyalty": _CODE}}

_COMMON: JsonObject = {
    "userId": {**ID, "description": "The customer's source id."},
    "anonymousId": {**ID, "description": "The customer's source id, where there is no userId."},
    "messageId": {**ID, "description": "The event's id: accepted once."},
    "timestamp": {**TEXT, "format": "date-time", "description": "When it happened."},
    "context": {**OBJECT, "properties": {"traits": OBJECT, "boon": _OPTIONS}},
    "integrations": {**OBJECT, "properties": {"Boon": _OPTIONS}},
}

MESSAGE: JsonObject = {"type": "object", "properties": _COMMON}
TRACKED: JsonObject = {
    "type": "object",
    "properties": {**_COMMON, "event": TEXT, "properties": {**OBJECT, "description": "The event's metadata."}},
}
IDENTIFICATION: JsonObject = {"type": "object", "properties": {**_COMMON, "traits": OBJECT}}
BATCH: JsonObject = {
    "type": "object",
    "properties": {
        "batch": {
            "type": "array",
            "maxItems": 5000,
            "items": {
                "type": "object",
                "properties": {"type": TEXT, **TRACKED["properties"], **IDENTIFICATION["properties"]},
            },
        },
        "context": OBJECT,
        "integrations": OBJECT,
        "sentAt": TEXT,
    },
}
