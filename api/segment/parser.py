"""Bodies as Segment's SDKs send them: JSON, perhaps compressed, whatever the headers call it."""

import gzip
import io
import zlib
from collections.abc import Iterable

from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from api.parsers import BodyTooLarge, ItemsParser
from api.renderers import JsonOnly
from common.jsons import JsonValue
from common.refusals import InvalidPayload


class SegmentParser(ItemsParser):
    """Takes gzip as well, and never unpacks more than the view's `body_limit`."""

    encodings = ("identity", "gzip")

    def unpack(self, raw: bytes, encoding: str, limit: int) -> bytes:
        if encoding == "identity":
            return raw
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
                unpacked = stream.read(limit + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidPayload("The body is not gzip, though Content-Encoding says so") from error
        if len(unpacked) > limit:
            raise BodyTooLarge(f"The body is larger than {limit} bytes")
        return unpacked

    def decode(self, raw: bytes) -> JsonValue:
        if not raw:
            raise InvalidPayload("The body is empty")
        return super().decode(raw)


class AnyType(JsonOnly):
    """Who is refused drops his events, so the Content-Type is not looked at: a body is JSON or it is not."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return next(iter(parsers))
