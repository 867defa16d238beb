from decimal import Decimal

from common.jsons import JsonValue
from eventschema.property_types.base import PropertyType


class Number(PropertyType):
    """A JSON number: `1`, `1.0` and `-2.5`, but neither `true` nor `"1"`."""

    name = "number"
    label = "Number"
    phrase = "must be a number"
    constraints = ("gt", "gte", "lt", "lte", "eq", "ne")

    def accepts(self, value: JsonValue) -> bool:
        return is_number(value)


def is_number(value: JsonValue) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
