"""Codes brought along, and metadata of many codes: what the worker does of `/v1/vouchers` and `/v1/campaigns`."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.json_schemas import VOUCHER_ITEMS, VOUCHER_METADATA_ITEMS
from api.object_schemas import STARTED
from api.shapes import Document, Shape, Text, checked
from api.uploads import LARGEST_UPLOAD, FileView, ItemsView
from api.views import ServerView
from campaigns.bulk import start_bulk_update, start_metadata_update
from campaigns.generation import MOST_CODES
from campaigns.importing import start_csv_import, start_import
from campaigns.models import Campaign
from campaigns.reading import find_campaign
from common.refusals import FieldError, InvalidPayload
from projects.models import AsyncAction, Project


class Import(ItemsView):
    answers = {"post": STARTED}
    bodies = {"post": {"application/json": VOUCHER_ITEMS}}

    def post(self, request: Request, campaign_id: str | None = None) -> Response:
        """Import vouchers: into a campaign, or such as stand alone."""
        campaign = _campaign(self.project, campaign_id)
        action = start_import(
            self.project, campaign, self.items(), by=self.actor, request_id=self.request_id, now=self.now
        )
        return accepted(action)


class ImportCsv(FileView):
    answers = {"post": STARTED}

    def post(self, request: Request, campaign_id: str | None = None) -> Response:
        """Import vouchers of a CSV file: into a campaign, or such as stand alone."""
        campaign = _campaign(self.project, campaign_id)
        action = start_csv_import(
            self.project, campaign, self.file(), by=self.actor, request_id=self.request_id, now=self.now
        )
        return accepted(action)


class BulkUpdate(ItemsView):
    answers = {"post": STARTED}
    bodies = {"post": {"application/json": VOUCHER_METADATA_ITEMS}}

    def post(self, request: Request) -> Response:
        """Change the metadata of many vouchers, of each by its own."""
        items = self.items()
        errors = [
            FieldError(str(place), "type", f"Property .{place} must be object with 'code' and 'metadata'", item)
            for place, item in enumerate(items)
            if not isinstance(item, dict)
            or not isinstance(item.get("code"), str)
            or not isinstance(item.get("metadata"), dict)
        ]
        if errors or not 1 <= len(items) <= MOST_CODES:
            raise InvalidPayload.of(errors) if errors else InvalidPayload.at("", f"From 1 to {MOST_CODES} vouchers")
        known = [{"code": item["code"], "metadata": item["metadata"]} for item in items if isinstance(item, dict)]
        return accepted(
            start_bulk_update(self.project, known, by=self.actor, request_id=self.request_id, now=self.now)
        )


class MetadataShape(Shape):
    codes = serializers.ListField(child=Text(), min_length=1, max_length=MOST_CODES)
    metadata = Document()


class MetadataUpdate(ServerView):
    answers = {"post": STARTED}
    body_limit = LARGEST_UPLOAD
    bodies = {"post": MetadataShape}
    successes = {"post": "202"}

    def post(self, request: Request) -> Response:
        """Change the metadata of many vouchers, of all to the same."""
        body = checked(MetadataShape, self.body(), keep_nulls=True)
        action = start_metadata_update(
            self.project, body["codes"], body["metadata"], by=self.actor, request_id=self.request_id, now=self.now
        )
        return accepted(action)


def accepted(action: AsyncAction) -> Response:
    return Response({"async_action_id": action.public_id}, status=202)


def _campaign(project: Project, name: str | None) -> Campaign | None:
    return find_campaign(project, name) if name is not None else None
