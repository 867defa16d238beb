from decimal import Decimal

from common.jsons import InvalidJson, JsonObject, JsonValue, parse
from eventschema.property_types.base import PropertyType


class Number(PropertyType):
    """A JSON number: `1`, `1.0` and `-2.5`, but neither `true` nor `"1"`."""

    name = "number"
    label = "Number"
    phrase = "must be a number"
    constraints = ("gt", "gte", "lt", "lte", "eq", "ne")

    def accepts(self, value: JsonValue) -> bool:
        return is_number(value)

    def json_schema(self) -> JsonObject:
        return {"type": "number"}

    def read(self, value: JsonValue) -> JsonValue:
        """A text that is a number as JSON writes it, to its last digit. `1,5` and `007` are none."""
        return read_json(value)


def is_number(value: JsonValue) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def read_json(value: JsonValue) -> JsonValue:
    """What a text says as JSON; anything else, and what is none, is given back as it came."""
    try:
        return parse(value.encode()) if isinstance(value, str) else value
    except InvalidJson:
        return value
