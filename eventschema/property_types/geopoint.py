import re

from common.jsons import JsonValue
from eventschema.property_types.base import PropertyType

_PAIR = re.compile(r"(-?[0-9]{1,3}(?:\.[0-9]{1,20})?), ?(-?[0-9]{1,3}(?:\.[0-9]{1,20})?)\Z")


class Geopoint(PropertyType):
    """Latitude and longitude in degrees as one string: `37.786971, -122.399677`."""

    name = "geopoint"
    label = "Geopoint"
    phrase = "must be a geopoint (latitude, longitude)"

    def accepts(self, value: JsonValue) -> bool:
        pair = _PAIR.match(value) if isinstance(value, str) else None
        return pair is not None and abs(float(pair[1])) <= 90 and abs(float(pair[2])) <= 180
