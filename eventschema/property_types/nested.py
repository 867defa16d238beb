from common.jsons import JsonValue
from eventschema.property_types.base import PropertyType


class Nested(PropertyType):
    """An object: of any keys, or checked against the nested schema that `object_type` names."""

    name = "object"
    label = "Object"
    phrase = "must be an object"
    constraints = ("object_type",)

    def accepts(self, value: JsonValue) -> bool:
        return isinstance(value, dict)
