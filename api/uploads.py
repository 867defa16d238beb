"""Bodies that are large: files as forms send them, and lists of many items."""

from typing import Any, ClassVar

from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from api.parsers import BodyTooLarge, ItemsParser
from api.renderers import JsonOnly
from api.views import ServerView
from common.jsons import InvalidJson, JsonObject, JsonValue, check_limits
from common.refusals import FieldError, InvalidPayload

LARGEST_UPLOAD = 10 * 1024 * 1024
# What a form adds to its file.
FORM_MARGIN = 64 * 1024

FILE_BODY: JsonObject = {
    "multipart/form-data": {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary", "description": "CSV in UTF-8, with headings."}},
    }
}


class FormOrNothing(JsonOnly):
    """Takes a form with a file, answers JSON."""

    def select_parser(self, request: Request, parsers: object) -> MultiPartParser | None:
        kind = (request.META.get("CONTENT_TYPE") or "").split(";")[0].strip().lower()
        return MultiPartParser() if kind == "multipart/form-data" else None


class FileView(ServerView):
    """A call that brings a file."""

    content_negotiation_class = FormOrNothing
    parser_classes = [MultiPartParser]
    bodies: ClassVar = {"post": FILE_BODY}
    successes: ClassVar = {"post": "202"}

    def file(self) -> bytes:
        """The field `file`. Raises InvalidPayload where there is none, BodyTooLarge beyond 10 MB."""
        length = self.request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > LARGEST_UPLOAD + FORM_MARGIN:
            raise BodyTooLarge(f"The body is larger than {LARGEST_UPLOAD} bytes")
        sent = self.request.FILES.get("file")
        if sent is None:
            # Some clients send the file's text as an ordinary field.
            form: Any = self.request.data
            text = form.get("file")
            if not isinstance(text, str) or not text:
                raise InvalidPayload.at("file", "Payload must have required property 'file'", code="required")
            return text.encode()
        raw: bytes = sent.read(LARGEST_UPLOAD + 1)
        if len(raw) > LARGEST_UPLOAD:
            raise BodyTooLarge(f"The file is larger than {LARGEST_UPLOAD} bytes")
        return raw


class ItemsView(ServerView):
    """A call with a list of up to 10 MB, whose items are judged one by one."""

    parser_classes = [ItemsParser]
    body_limit = LARGEST_UPLOAD
    successes: ClassVar = {"post": "202"}

    def items(self) -> list[JsonValue]:
        """The body, which must be a list; limits hold for each item. Raises InvalidPayload."""
        data = self.request.data
        if not isinstance(data, list):
            raise InvalidPayload.at("", "Payload must be array", code="type")
        errors: list[FieldError] = []
        for place, item in enumerate(data):
            try:
                check_limits(item)
            except InvalidJson as error:
                errors.append(FieldError(str(place), "limit", f"Property .{place}: {error}"))
        if errors:
            raise InvalidPayload.of(errors)
        return data
