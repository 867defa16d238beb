"""`/v1/customers/importCSV`, `/bulk/async`, `/metadata/async`: many customers at once, as async actions (d.6)."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.json_schemas import CUSTOMER_FILE, CUSTOMERS_METADATA, MANY_CUSTOMERS
from api.object_schemas import STARTED
from api.parsers import BodyTooLarge, FileParser, ItemsParser
from api.shapes import Document, Shape, Text, checked
from api.views import ServerView
from common.jsons import InvalidJson, JsonValue, check_limits
from common.refusals import FieldError, InvalidPayload
from events.customer_bulk import start_bulk_update, start_csv_import, start_metadata_update
from projects.models import AsyncAction

MOST_BYTES = 10 * 1024 * 1024
# Around a file: the boundary, its name, its type.
FRAME_BYTES = 64 * 1024


class MetadataForMany(Shape):
    source_ids = serializers.ListField(child=Text(min_length=1))
    metadata = Document()


class CustomerImport(ServerView):
    parser_classes = [FileParser]
    body_limit = MOST_BYTES + FRAME_BYTES
    bodies = {"post": CUSTOMER_FILE}
    answers = {"post": STARTED}
    successes = {"post": "202"}

    def post(self, request: Request) -> Response:
        """Create customers, or replace what is known of them, by the rows of a CSV file."""
        raw = self.body().get("file")
        if raw is None:
            raise InvalidPayload.at("file", "Payload must have required property 'file'", code="required")
        if len(raw) > MOST_BYTES:
            raise BodyTooLarge(f"The file is larger than {MOST_BYTES} bytes")
        return _started(start_csv_import(self.project, raw, request_id=self.request_id, now=self.now))


class CustomerBulk(ServerView):
    parser_classes = [ItemsParser]
    body_limit = MOST_BYTES
    bodies = {"post": {"application/json": MANY_CUSTOMERS}}
    answers = {"post": STARTED}
    successes = {"post": "202"}

    def post(self, request: Request) -> Response:
        """Create or update many customers; what is left out, or null, stays."""
        body: Any = request.data
        if not isinstance(body, list):
            raise InvalidPayload.at("", "Payload must be array", code="type")
        if errors := [error for index, item in enumerate(body) if (error := _unfit(index, item))]:
            raise InvalidPayload.of(errors)
        return _started(start_bulk_update(self.project, body, request_id=self.request_id, now=self.now))


class CustomerMetadata(ServerView):
    parser_classes = [ItemsParser]
    body_limit = MOST_BYTES
    bodies = {"post": {"application/json": CUSTOMERS_METADATA}}
    answers = {"post": STARTED}
    successes = {"post": "202"}

    def post(self, request: Request) -> Response:
        """Give many customers the same metadata, key by key; those who are missing are created."""
        body = self.body()
        for name, part in body.items():
            if error := _unfit(name, part):
                raise InvalidPayload.of([error])
        asked = checked(MetadataForMany, body, keep_nulls=True)
        action = start_metadata_update(
            self.project, asked["source_ids"], asked["metadata"], request_id=self.request_id, now=self.now
        )
        return _started(action)


def _unfit(path: int | str, item: JsonValue) -> FieldError | None:
    """What an item holds that cannot be stored, or too much of it; in a list, that it is no customer."""
    if isinstance(path, int) and not isinstance(item, dict):
        return FieldError(str(path), "type", f"Item {path} must be object")
    try:
        check_limits([item])
    except InvalidJson as error:
        return FieldError(str(path), "limits", f"Item {path}: {error}")
    return None


def _started(action: AsyncAction) -> Response:
    return Response({"async_action_id": action.public_id}, status=202)
