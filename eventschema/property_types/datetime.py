from common.jsons import JsonObject, JsonValue
from common.times import parse_date, parse_moment
from eventschema.property_types.base import PropertyType


class DateTime(PropertyType):
    """A moment such as `2020-03-11T09:00:00.000Z`, an offset allowed; a date alone is refused."""

    name = "datetime"
    label = "Date and time"
    phrase = "must be a date-time in ISO 8601"

    def accepts(self, value: JsonValue) -> bool:
        return parse_moment(value) is not None

    def json_schema(self) -> JsonObject:
        return {"type": "string", "format": "date-time"}

    def read(self, value: JsonValue) -> JsonValue:
        """A day's first moment in UTC; and what is written with a space in the place of the T."""
        if not isinstance(value, str):
            return value
        return f"{value}T00:00:00.000Z" if parse_date(value) else value.replace(" ", "T", 1)
