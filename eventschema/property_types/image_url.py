from urllib.parse import urlsplit

from common.jsons import JsonValue
from eventschema.property_types.base import PropertyType

ENDINGS = (".jpg", ".jpeg", ".png")


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
