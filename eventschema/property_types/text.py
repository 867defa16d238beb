from common.jsons import JsonObject, JsonValue, dumps
from eventschema.property_types.base import PropertyType
from eventschema.property_types.number import is_number


class Text(PropertyType):
    name = "string"
    label = "String"
    phrase = "must be a string"
    constraints = ("min_length", "max_length", "exact_length", "eq")

    def accepts(self, value: JsonValue) -> bool:
        return isinstance(value, str)

    def json_schema(self) -> JsonObject:
        return {"type": "string"}

    def read(self, value: JsonValue) -> JsonValue:
        """A number, or a yes or no, as JSON writes it."""
        return dumps(value) if is_number(value) or isinstance(value, bool) else value
