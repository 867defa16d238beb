"""Segment's HTTP tracking API, so that its SDKs can be pointed here."""

from functools import partial
from typing import ClassVar

from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from api.authentication import SegmentKey, keep_quota
from api.object_schemas import fields
from api.parsers import BodyTooLarge
from api.segment.delivery import deliver
from api.segment.messages import IDENTIFY, TRACK, Message, read_message, with_shared
from api.segment.parser import AnyType, SegmentParser
from api.segment.schemas import BATCH, IDENTIFICATION, MESSAGE, TRACKED
from api.views import ApiView
from common.jsons import JsonValue
from common.refusals import InvalidPayload, Refusal
from events.payloads import Source

MOST_MESSAGES = 5_000


class SegmentView(ApiView):
    """Who has a key is always answered 200: what cannot be accepted is kept as a rejected event."""

    tag = "segment"
    answers = {"post": fields(success={"const": True})}
    authentication_classes = [SegmentKey]
    parser_classes = [SegmentParser]
    content_negotiation_class = AnyType
    body_limit = 5 * 1024 * 1024
    # What a message is; None where each says so itself.
    kind: ClassVar[str | None] = None

    def perform_authentication(self, request: Request) -> None:
        """A POST's key is looked at together with its events."""
        if request.method != "POST":
            super().perform_authentication(request)

    def deliver(self, request: Request) -> Response:
        try:
            if request.stream is None:
                raise InvalidPayload("The body is empty")
            messages = self.messages(request.data)
        except (Refusal, APIException):
            SegmentKey().authenticate(request)
            raise
        note = partial(keep_quota, request)
        deliver(SegmentKey.shown(request), messages, group_id=self.request_id, now=self.now, note=note)
        return Response({"success": True})

    def messages(self, body: JsonValue) -> list[Message]:
        message = read_message(body, self.source, kind=self.kind)
        return [] if message is None else [message]

    @property
    def source(self) -> Source:
        return Source("SEGMENT", self.request_id, keeps_all=True)


class Track(SegmentView):
    kind = TRACK
    bodies = {"post": {"application/json": TRACKED}}

    def post(self, request: Request) -> Response:
        """Track an event, as Segment's SDKs do."""
        return self.deliver(request)


class Identify(SegmentView):
    kind = IDENTIFY
    bodies = {"post": {"application/json": IDENTIFICATION}}

    def post(self, request: Request) -> Response:
        """Create or update a customer, as Segment's SDKs do."""
        return self.deliver(request)


class Ignored(SegmentView):
    bodies = {"post": {"application/json": MESSAGE}}

    def post(self, request: Request) -> Response:
        """Accepted from Segment's SDKs, and ignored."""
        return self.deliver(request)


class Batch(SegmentView):
    bodies = {"post": {"application/json": BATCH}}

    def post(self, request: Request) -> Response:
        """Take up to 5,000 messages of Segment's SDKs, in order."""
        return self.deliver(request)

    def messages(self, body: JsonValue) -> list[Message]:
        """The messages of `batch`; a body without one counts as a single message."""
        batch = body.get("batch") if isinstance(body, dict) else None
        if not isinstance(batch, list):
            items: list[JsonValue] = [body]
        elif len(batch) > MOST_MESSAGES:
            raise BodyTooLarge(f"Property .batch holds more than {MOST_MESSAGES} messages")
        else:
            items = [with_shared(item, body) for item in batch]
        found = [read_message(item, self.source) for item in items]
        return [message for message in found if message is not None]
