from urllib.parse import urlsplit

from common.jsons import JsonObject, JsonValue
from eventschema.property_types.base import PropertyType

ENDINGS = (".jpg", ".jpeg", ".png")
# The same in the words of ECMA-262, for JSON Schema: what `urlsplit` takes apart is only its outline here.
_SHAPE = r"^[hH][tT][tT][pP][sS]?://[^/?#\s]+/(?:[^?#\s]*\.(?:[jJ][pP][eE]?[gG]|[pP][nN][gG]))(?:[?#]\S*)?$"


class ImageUrl(PropertyType):
    name = "image_url"
    label = "Image URL"
    phrase = "must be a URL pointing to JPG/JPEG or PNG resource"

    def accepts(self, value: JsonValue) -> bool:
        if not isinstance(value, str) or any(character.isspace() for character in value):
            return False
        try:
            url = urlsplit(value)
            host = url.hostname
        except ValueError:
            return False
        return url.scheme in ("http", "https") and bool(host) and url.path.lower().endswith(ENDINGS)

    def json_schema(self) -> JsonObject:
        return {"type": "string", "pattern": _SHAPE, "x-boon-type": self.name}
