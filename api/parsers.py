"""Reading bodies: JSON in UTF-8, of limited size, by the strict parser."""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import IO, Any, ClassVar
from urllib.parse import parse_qsl

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError
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
    encodings: ClassVar[Sequence[str]] = ("identity",)

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> JsonValue:
        request = (parser_context or {})["request"]
        encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").lower()
        if encoding not in self.encodings:
            raise UnsupportedMediaType(encoding, f"Content-Encoding must be {' or '.join(self.encodings)}")
        charset = request.content_params.get("charset", "").lower()
        if charset not in UTF_8:
            raise UnsupportedMediaType(charset, "Send the body in UTF-8")
        limit: int = (parser_context or {})["view"].body_limit
        raw = self.read(stream, request.META.get("CONTENT_LENGTH"), limit)
        return self.decode(self.unpack(raw, encoding, limit))

    def read(self, stream: IO[bytes], announced: str | None, limit: int) -> bytes:
        """The body, refused by its announced length before it is read. Raises InvalidPayload where it is shorter."""
        length = int(announced) if announced and announced.isdecimal() else 0
        if length > limit:
            raise BodyTooLarge(f"The body is larger than {limit} bytes")
        try:
            raw = stream.read(limit)
        except UnreadablePostError:
            raw = b""
        if len(raw) < length:
            raise InvalidPayload("The body ended before its announced length")
        return raw

    def unpack(self, raw: bytes, encoding: str, limit: int) -> bytes:
        """The body without its encoding, which is one of `encodings`."""
        return raw

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


class _InMemory(MemoryFileUploadHandler):
    """Keeps files in memory, whatever their size: the body's limit holds, and no person's data is put on a disk."""

    def handle_raw_input(self, *args: Any, **options: Any) -> None:
        self.activated = True


class FileParser(StrictJSONParser):
    """`multipart/form-data`: files, and texts, by the names of their fields, as bytes."""

    media_type = "multipart/form-data"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> JsonValue:
        request, view = (parser_context or {})["request"], (parser_context or {})["view"]
        raw = self.read(stream, request.META.get("CONTENT_LENGTH"), view.body_limit)
        meta = {**request.META, "CONTENT_LENGTH": len(raw)}
        try:
            parts: Any = MultiPartParser(meta, BytesIO(raw), [_InMemory()], "utf-8").parse()
        except (MultiPartParserError, SuspiciousOperation, UnicodeError) as error:
            raise InvalidPayload("The body is no form with files") from error
        texts, files = parts
        return {name: texts[name].encode() for name in texts} | {name: files[name].read() for name in files}


class FormParser(StrictJSONParser):
    """`application/x-www-form-urlencoded`, as OAuth has it: one text for each name."""

    media_type = "application/x-www-form-urlencoded"

    def decode(self, raw: bytes) -> JsonValue:
        try:
            pairs = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=20)
        except ValueError as error:
            raise InvalidPayload("The body is no form") from error
        fields = dict(pairs)
        if len(fields) < len(pairs):
            raise InvalidPayload("The form names a field twice")
        return {**fields}
