from common.jsons import JsonObject, JsonValue
from common.times import parse_date, parse_moment
from eventschema.property_types.base import PropertyType


class Date(PropertyType):
    """A calendar day such as `2022-12-01`; a date-time is refused."""

    name = "date"
    label = "Date"
    phrase = "must be a date in ISO 8601 (YYYY-MM-DD)"

    def accepts(self, value: JsonValue) -> bool:
        return parse_date(value) is not None

    def json_schema(self) -> JsonObject:
        return {"type": "string", "format": "date"}

    def read(self, value: JsonValue) -> JsonValue:
        """The day of a date-time, as its sender's calendar had it."""
        return value[:10] if isinstance(value, str) and parse_moment(value.replace(" ", "T", 1)) else value
