from common.jsons import JsonValue
from eventschema.property_types.base import PropertyType


class Text(PropertyType):
    name = "string"
    label = "String"
    phrase = "must be a string"
    constraints = ("min_length", "max_length", "exact_length", "eq")

    def accepts(self, value: JsonValue) -> bool:
        return isinstance(value, str)
