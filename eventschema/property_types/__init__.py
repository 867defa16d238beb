"""The types that a metadata property can have, in the order in which the builder offers them."""

from eventschema.property_types.base import CannotCast, Check, InvalidOption, Options, PropertyType
from eventschema.property_types.boolean import Boolean
from eventschema.property_types.constraints import CONSTRAINTS, Constraint
from eventschema.property_types.date import Date
from eventschema.property_types.datetime import DateTime
from eventschema.property_types.geopoint import Geopoint
from eventschema.property_types.image_url import ImageUrl
from eventschema.property_types.nested import Nested
from eventschema.property_types.number import Number, is_number
from eventschema.property_types.text import Text

PROPERTY_TYPES: dict[str, PropertyType] = {
    kind.name: kind for kind in (Text(), Number(), Boolean(), Date(), DateTime(), ImageUrl(), Geopoint(), Nested())
}


def type_choices() -> list[tuple[str, str]]:
    """(stored name, label) of every type; a callable, so that a new type asks for no migration."""
    return [(kind.name, kind.label) for kind in PROPERTY_TYPES.values()]


__all__ = [
    "CONSTRAINTS",
    "PROPERTY_TYPES",
    "CannotCast",
    "Check",
    "Constraint",
    "InvalidOption",
    "Options",
    "PropertyType",
    "is_number",
    "type_choices",
]
