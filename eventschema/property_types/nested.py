from common.jsons import JsonObject, JsonValue
from eventschema.property_types.base import PropertyType
from eventschema.property_types.number import read_json


class Nested(PropertyType):
    """An object: of any keys, or checked against the nested schema that `object_type` names."""

    name = "object"
    label = "Object"
    phrase = "must be an object"
    constraints = ("object_type",)

    def accepts(self, value: JsonValue) -> bool:
        return isinstance(value, dict)

    def json_schema(self) -> JsonObject:
        return {"type": "object"}

    def read(self, value: JsonValue) -> JsonValue:
        """A text that holds an object as JSON."""
        return read_json(value)
