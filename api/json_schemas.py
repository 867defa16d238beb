"""JSON Schemas of the bodies that are parsed by hand: customers, and what embeds one."""

from common.jsons import JsonObject
from customers.profiles import ADDRESS_FIELDS, COLUMN_LENGTH, DATE_FIELDS, FORMER_ID, TEXT_FIELDS
from events.payloads import LONGEST_CODE, LONGEST_KEY, LONGEST_NAME
from events.selecting import MOST_IDS, TEXTS, TIMES
from events.tickets import DEFAULT_SECONDS, MOST_SECONDS
from eventschema.property_types import PROPERTY_TYPES
from publications.publishing import MOST_AT_ONCE

TEXT: JsonObject = {"type": ["string", "null"], "maxLength": COLUMN_LENGTH}
DATE: JsonObject = {"type": ["string", "null"], "format": "date"}
OBJECT: JsonObject = {"type": ["object", "null"]}

CUSTOMER: JsonObject = {
    "type": "object",
    "properties": {
        "id": {**TEXT, "description": "An existing customer's id; wins over source_id."},
        "source_id": {**TEXT, "description": "Your own id of the customer, who is created where missing."},
        **dict.fromkeys(TEXT_FIELDS, TEXT),
        **dict.fromkeys(DATE_FIELDS, DATE),
        "address": {**OBJECT, "properties": dict.fromkeys(ADDRESS_FIELDS, TEXT)},
        "metadata": OBJECT,
    },
}

# In the customers' own calls.
OWN_CUSTOMER: JsonObject = {
    **CUSTOMER,
    "properties": {
        **CUSTOMER["properties"],
        "legacy_id": {
            **TEXT,
            "pattern": FORMER_ID.pattern.replace(r"\Z", "$").join(("^", "")),
            "description": "The id that the customer had elsewhere: finds the customer from now on, as ours does.",
        },
    },
}

CUSTOMER_FILE: JsonObject = {
    "multipart/form-data": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {
                "type": "string",
                "format": "binary",
                "description": "Columns Id, Source_id, Name, Email, Phone, Birthdate, Description, Address_line_1, "
                "Address_line_2, Address_Postal_Code, Address_City, Address_State, Address_Country; others are "
                "metadata.",
            }
        },
    }
}
MANY_CUSTOMERS: JsonObject = {"type": "array", "items": OWN_CUSTOMER}
CUSTOMERS_METADATA: JsonObject = {
    "type": "object",
    "required": ["source_ids", "metadata"],
    "properties": {
        "source_ids": {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": COLUMN_LENGTH}},
        "metadata": {"type": "object"},
    },
}


def _coded(description: str) -> JsonObject:
    return {
        **OBJECT,
        "description": description,
        "required": ["code"],
        "properties": {"code": {"type": "string", "minLength": 1, "maxLength": LONGEST_CODE}},
    }


EVENT: JsonObject = {
    "type": "object",
    "required": ["event", "customer"],
    "properties": {
        "event": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
        "customer": CUSTOMER,
        "referral": _coded("The code through which a new customer came."),
        "loyalty": _coded("The card that earns; without it the customer's own."),
        "metadata": {**OBJECT, "description": "The event's properties, as its definition says."},
        "id": {**TEXT, "minLength": 1, "maxLength": LONGEST_KEY, "description": "The sender's own id: accepted once."},
        "occurred_at": {**TEXT, "format": "date-time", "description": "When it happened; now, where it is left out."},
    },
}
# A browser's clock is not read.
CLIENT_EVENT: JsonObject = {
    **EVENT,
    "properties": {name: shape for name, shape in EVENT["properties"].items() if name != "occurred_at"},
}
EVENT_TICKET: JsonObject = {
    "type": "object",
    "required": ["event", "customer"],
    "properties": {
        "event": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
        "customer": {
            "description": "Who will earn: an id or source id, alone or in an object. One to come has a source id.",
            "oneOf": [
                {"type": "string", "minLength": 1, "maxLength": COLUMN_LENGTH},
                {"type": "object", "properties": {"id": TEXT, "source_id": TEXT}},
            ],
        },
        "expires_in": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": MOST_SECONDS,
            "default": DEFAULT_SECONDS,
            "description": "Seconds.",
        },
    },
}
EVENT_BATCH: JsonObject = {
    "type": "object",
    "required": ["events"],
    "properties": {"events": {"type": "array", "minItems": 1, "maxItems": 1000, "items": EVENT}},
}

REPLAY: JsonObject = {
    "type": "object",
    "description": "Exactly one of ids and filter.",
    "properties": {
        "ids": {"type": ["array", "null"], "minItems": 1, "maxItems": MOST_IDS, "items": {"type": "string"}},
        "filter": {
            **OBJECT,
            "minProperties": 1,
            "properties": {
                **{name: {"type": ["string", "null"], "minLength": 1} for name in TEXTS},
                "created_at": {**OBJECT, "properties": {name: {**TEXT, "format": "date-time"} for name in TIMES}},
            },
        },
        "rename": {
            **OBJECT,
            "description": 'By path, the new name: {"metadata.shop": "store"}.',
            "additionalProperties": {"type": "string"},
        },
        "set": {**OBJECT, "description": 'By path, the value: {"metadata.currency": "EUR"}.'},
        "cast": {
            **OBJECT,
            "description": 'By path, the type: {"metadata.amount": "number"}.',
            "additionalProperties": {"type": "string", "enum": list(PROPERTY_TYPES)},
        },
    },
}

PUBLICATION: JsonObject = {
    "type": "object",
    "required": ["customer"],
    "properties": {
        "customer": CUSTOMER,
        "campaign": {
            "description": "A campaign's name, of which any free code is published.",
            "oneOf": [
                {"type": "string"},
                {"type": "null"},
                {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string"},
                        "count": {"type": ["integer", "null"], "minimum": 1, "maximum": MOST_AT_ONCE},
                    },
                },
            ],
        },
        "voucher": {**TEXT, "description": "The very code to publish."},
        "source_id": TEXT,
        "channel": TEXT,
        "metadata": OBJECT,
    },
}

# What of a voucher a body may say (contract h.4); unknown keys are ignored.
_VOUCHER_FIELDS: JsonObject = {
    "type": {"type": ["string", "null"], "enum": ["DISCOUNT_VOUCHER", "GIFT_VOUCHER", "LOYALTY_CARD", None]},
    "discount": {**OBJECT, "description": "What a code of type DISCOUNT_VOUCHER takes off."},
    "gift": {**OBJECT, "properties": {"amount": {"type": "integer", "minimum": 0}}},
    "redemption": {**OBJECT, "properties": {"quantity": {"type": ["integer", "null"], "minimum": 0}}},
    "category": TEXT,
    "additional_info": TEXT,
    "start_date": {**TEXT, "format": "date-time"},
    "expiration_date": {**TEXT, "format": "date-time"},
    "validity_timeframe": OBJECT,
    "validity_day_of_week": {"type": ["array", "null"], "items": {"type": "integer", "minimum": 0, "maximum": 6}},
    "validity_hours": OBJECT,
    "active": {"type": ["boolean", "null"]},
    "metadata": OBJECT,
}
VOUCHER: JsonObject = {
    "type": "object",
    "properties": {
        **_VOUCHER_FIELDS,
        "campaign": {**TEXT, "description": "Its campaign by name; without one the code stands alone."},
        "campaign_id": TEXT,
        "code": TEXT,
        "code_config": OBJECT,
    },
}
VOUCHER_CHANGE: JsonObject = {"type": "object", "properties": _VOUCHER_FIELDS}
VOUCHER_ITEMS: JsonObject = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["code"],
        "properties": {**_VOUCHER_FIELDS, "code": {"type": "string", "minLength": 1}},
    },
}
VOUCHER_METADATA_ITEMS: JsonObject = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["code", "metadata"],
        "properties": {"code": {"type": "string", "minLength": 1}, "metadata": {"type": "object"}},
    },
}

HOLDERS: JsonObject = {
    "type": "object",
    "required": ["holders"],
    "properties": {"holders": {"type": "array", "minItems": 1, "items": CUSTOMER}, "metadata": OBJECT},
}
