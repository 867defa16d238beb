"""Reading bodies: JSON in UTF-8, of limited size, by the strict parser."""

from collections.abc import Callable, Mapping
from typing import IO, Any

from rest_framework.exceptions import APIException, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from common.jsons import InvalidJson, JsonValue, parse, parse_items
from common.refusals import InvalidPayload

UTF_8 = {"", "utf-8", "utf8"}


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "query_too_large"
    default_detail = "The body is too large"


class StrictJSONParser(BaseParser):
    """`application/json`, whatever the sender's parser would have forgiven."""

    media_type = "application/json"
    decoder: Callable[[bytes], JsonValue] = staticmethod(parse)

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> JsonValue:
        request = (parser_context or {})["request"]
        if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
            raise UnsupportedMediaType(request.META["HTTP_CONTENT_ENCODING"], "Send the body without encoding")
        charset = request.content_params.get("charset", "").lower()
        if charset not in UTF_8:
            raise UnsupportedMediaType(charset, "Send the body in UTF-8")
        limit: int = (parser_context or {})["view"].body_limit
        return self.decode(self.read(stream, request.META.get("CONTENT_LENGTH"), limit))

    def read(self, stream: IO[bytes], announced: str | None, limit: int) -> bytes:
        """The body, refused by its announced length before it is read."""
        if announced and int(announced) > limit:
            raise BodyTooLarge(f"The body is larger than {limit} bytes")
        return stream.read(limit)

    def decode(self, raw: bytes) -> JsonValue:
        if not raw:
            return {}
        try:
            return self.decoder(raw)
        except InvalidJson as error:
            raise InvalidPayload(str(error)) from error


class ItemsParser(StrictJSONParser):
    """A body of many items, each of which is judged alone (common.jsons.parse_items)."""

    decoder = staticmethod(parse_items)
