from common.jsons import JsonObject, JsonValue, dumps
from eventschema.property_types.base import PropertyType

WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Boolean(PropertyType):
    name = "boolean"
    label = "Yes or no"
    phrase = "must be a boolean"

    def accepts(self, value: JsonValue) -> bool:
        return isinstance(value, bool)

    def json_schema(self) -> JsonObject:
        return {"type": "boolean"}

    def read(self, value: JsonValue) -> JsonValue:
        """Yes and no as words, and 1 and 0."""
        return WORDS.get(value.lower() if isinstance(value, str) else dumps(value), value)
