import re

from common.jsons import JsonObject, JsonValue
from eventschema.property_types.base import PropertyType

_PAIR = re.compile(r"(-?[0-9]{1,3}(?:\.[0-9]{1,20})?), ?(-?[0-9]{1,3}(?:\.[0-9]{1,20})?)\Z")
# The same pairs with their ranges, in the words of ECMA-262, for JSON Schema.
_LATITUDE = r"-?(?:0?[0-8]?[0-9](?:\.[0-9]{1,20})?|0?90(?:\.0{1,20})?)"
_LONGITUDE = r"-?(?:(?:0?[0-9]{1,2}|1[0-7][0-9])(?:\.[0-9]{1,20})?|180(?:\.0{1,20})?)"
_SHAPE = f"^{_LATITUDE}, ?{_LONGITUDE}$"


class Geopoint(PropertyType):
    """Latitude and longitude in degrees as one string: `37.786971, -122.399677`."""

    name = "geopoint"
    label = "Geopoint"
    phrase = "must be a geopoint (latitude, longitude)"

    def accepts(self, value: JsonValue) -> bool:
        pair = _PAIR.match(value) if isinstance(value, str) else None
        return pair is not None and abs(float(pair[1])) <= 90 and abs(float(pair[2])) <= 180

    def json_schema(self) -> JsonObject:
        return {"type": "string", "pattern": _SHAPE, "x-boon-type": self.name}
