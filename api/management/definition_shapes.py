"""JSON Schemas of what `versions` and `preview` of an event definition answer."""

from api.answer_schemas import COUNT, TIME, list_of
from common.jsons import JsonObject
from eventschema.comparing import Kind
from eventschema.property_types import CONSTRAINTS, PROPERTY_TYPES

PROPERTY: JsonObject = {
    "type": "object",
    "required": ["type", "optional"],
    "properties": {
        "type": {"enum": list(PROPERTY_TYPES)},
        "optional": {"type": "boolean"},
        "deleted": {"type": "boolean"},
        "array": {"type": "boolean"},
        "personal": {"type": "boolean"},
        "description": {"type": "string"},
        "aliases": {"type": "array", "items": {"type": "string"}, "description": "Former names, still accepted."},
        "deprecated": {
            "type": "string",
            "format": "date",
            "description": "From this day on it is no longer to be used. It is accepted all the same.",
        },
        **{name: {"description": constraint.label} for name, constraint in CONSTRAINTS.items()},
    },
}
SCHEMA: JsonObject = {
    "type": "object",
    "required": ["properties"],
    "properties": {"properties": {"type": "object", "additionalProperties": PROPERTY}},
}
CHANGE: JsonObject = {
    "type": "object",
    "required": ["property", "change", "details"],
    "properties": {
        "property": {"type": "string", "description": "Empty for the policy for undefined properties."},
        "change": {"enum": [str(kind) for kind in Kind]},
        "details": {"type": "string", "description": "The change in words."},
    },
}
VERSION: JsonObject = {
    "type": "object",
    "required": ["schema_id", "version", "schema", "unknown", "published_at", "published_by", "changes", "object"],
    "properties": {
        "schema_id": {"type": "string", "pattern": "^ms_", "description": "Of the definition."},
        "version": {"type": "integer", "minimum": 1},
        "schema": SCHEMA,
        "unknown": {"enum": ["keep", "strip", "reject"]},
        "published_at": TIME,
        "published_by": {"type": "string"},
        "changes": {
            "type": "array",
            "description": "From the version before.",
            "items": {
                **CHANGE,
                "properties": {**CHANGE["properties"], "breaking": {"type": "boolean"}},
                "required": [*CHANGE["required"], "breaking"],
            },
        },
        "object": {"const": "custom-event-schema-version"},
    },
}
VERSIONS: JsonObject = list_of(VERSION, {"total": COUNT})
PREVIEW: JsonObject = {
    "type": "object",
    "required": ["checked", "would_reject", "percentage", "examples", "breaking", "used_by", "object"],
    "properties": {
        "checked": {**COUNT, "description": "Stored events that were looked at, the newest first."},
        "would_reject": {**COUNT, "description": "Those of them that the proposed schema refuses."},
        "percentage": {"type": "number"},
        "examples": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "errors"],
                "properties": {
                    "id": {"type": "string", "pattern": "^event_"},
                    "errors": {"type": "array", "items": {"type": "object"}},
                },
            },
        },
        "breaking": {
            "type": "array",
            "items": {
                **CHANGE,
                "required": [*CHANGE["required"], "would_reject", "by_channel"],
                "properties": {
                    **CHANGE["properties"],
                    "would_reject": COUNT,
                    "by_channel": {"type": "object", "additionalProperties": COUNT},
                },
            },
        },
        "used_by": {
            "type": "array",
            "description": "What uses the event, and which property it reads.",
            "items": {
                "type": "object",
                "required": ["id", "name", "property"],
                "properties": {
                    "id": {"type": "string"},
                    "name": {"type": "string"},
                    "property": {"type": ["string", "null"]},
                },
            },
        },
        "object": {"const": "custom-event-schema-preview"},
    },
}
