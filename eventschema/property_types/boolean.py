from common.jsons import JsonValue
from eventschema.property_types.base import PropertyType


class Boolean(PropertyType):
    name = "boolean"
    label = "Yes or no"
    phrase = "must be a boolean"

    def accepts(self, value: JsonValue) -> bool:
        return isinstance(value, bool)
