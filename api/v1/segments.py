"""`/v1/segments`: customers listed by hand or found by a filter, and one customer's segments (contract g, d.4)."""

from collections.abc import Sequence

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import FILTER_PARAMETERS, ChoiceFilter, Filters, IdFilter, MomentFilter, TextFilter, filtered
from api.object_schemas import (
    COUNT,
    FLAG,
    MAYBE_DOCUMENT,
    MAYBE_TEXT,
    MAYBE_TIME,
    TEXT,
    TIME,
    listed,
    named,
    public_id,
)
from api.pagination import Query, total_of
from api.shapes import LEFT_OUT, Document, Shape, Text, checked
from api.views import ServerView
from common.ids import parse_public_id
from common.jsons import JsonObject
from segments.creation import MOST_LISTED, SegmentFields, create_segment, delete_segment, find_segment
from segments.models import Segment, SegmentType, SyncStatus
from segments.reading import segments_of

FILTERS: Filters = {
    "id": IdFilter("pk", "seg"),
    "name": TextFilter("name"),
    "type": ChoiceFilter("type", SegmentType.values),
    "created_at": MomentFilter("created_at"),
}
SEGMENT = named(
    "segment",
    id=public_id("seg"),
    name=TEXT,
    created_at=TIME,
    updated_at=MAYBE_TIME,
    type={"enum": SegmentType.values},
    filter=MAYBE_DOCUMENT,
    initial_sync_status={"enum": SyncStatus.values},
)
SEGMENTS = listed("data", SEGMENT, total=COUNT, has_more=FLAG, more_starting_after=MAYBE_TEXT)
SIMPLE_SEGMENTS = listed("data", named("segment", id=public_id("seg"), name=TEXT), total=COUNT)


class SegmentShape(Shape):
    # Its length is judged with the filter, so that all errors are told together.
    name = Text(allow_blank=True, max_length=10_240)
    type = serializers.ChoiceField(choices=SegmentType.values)
    customers = serializers.ListField(child=Text(), max_length=MOST_LISTED, **LEFT_OUT)
    filter = Document(**LEFT_OUT)


class Segments(ServerView):
    bodies = {"post": SegmentShape}
    answers = {"get": SEGMENTS, "post": SEGMENT}
    queries = {"get": ("limit", "order", "starting_after", "ids", *FILTER_PARAMETERS)}
    # The ids of 20,000 customers.
    body_limit = 2 * 1024 * 1024

    def post(self, request: Request) -> Response:
        """Create a static segment of customers, or a passive or active one by a filter, which the worker fills."""
        body = checked(SegmentShape, self.body())
        fields = SegmentFields(body["name"], body["type"], body.get("customers", ()), body.get("filter"))
        segment = create_segment(self.project, fields, by=self.actor, request_id=self.request_id, now=self.now)
        return Response(render_segment(segment))

    def get(self, request: Request) -> Response:
        """List segments, newest first."""
        query = Query(request)
        limit, ascending = query.limit(), query.order(("created_at",), "-created_at") == "created_at"
        after = query.cursor("seg", "starting_after")
        rows = filtered(Segment.objects.filter(project=self.project, deleted_at=None), query, FILTERS)
        ids = query.texts("ids")
        query.done()
        if ids:
            rows = rows.filter(pk__in=[key for text in ids if (key := parse_public_id("seg", text))])
        shown = rows
        if after is not None:
            shown = shown.filter(pk__gt=after) if ascending else shown.filter(pk__lt=after)
        found = list(shown.order_by("pk" if ascending else "-pk")[: limit + 1])
        return Response(_listing(found[:limit], total_of(rows), len(found) > limit))


class OneSegment(ServerView):
    answers = {"get": SEGMENT}

    def get(self, request: Request, segment_id: str) -> Response:
        """Get a segment. `GET /v1/customers?segment_id=` lists who is in it."""
        return Response(render_segment(find_segment(self.project, segment_id)))

    def delete(self, request: Request, segment_id: str) -> Response:
        """Delete a segment; its name is free at once."""
        segment = find_segment(self.project, segment_id)
        delete_segment(segment, by=self.actor, request_id=self.request_id, now=self.now)
        return Response(status=204)


class CustomerSegments(ServerView):
    answers = {"get": SIMPLE_SEGMENTS}
    tag = "customers"

    def get(self, request: Request, customer_id: str) -> Response:
        """List the segments of a customer; for an unknown one, those that such a person would fall into."""
        found = segments_of(self.project, customer_id, now=self.now)
        data = [{"id": segment_id, "name": name, "object": "segment"} for segment_id, name in found]
        return Response({"object": "list", "data_ref": "data", "data": data, "total": len(data)})


def render_segment(segment: Segment) -> JsonObject:
    """The contract's segment (g.2)."""
    return {
        "id": segment.public_id,
        "name": segment.name,
        "created_at": segment.created_at,
        "updated_at": segment.updated_at,
        "type": segment.type,
        "filter": segment.filter,
        "initial_sync_status": segment.initial_sync_status,
        "object": "segment",
    }


def _listing(segments: Sequence[Segment], total: int, has_more: bool) -> JsonObject:
    return {
        "object": "list",
        "data_ref": "data",
        "data": [render_segment(segment) for segment in segments],
        "total": total,
        "has_more": has_more,
        "more_starting_after": segments[-1].public_id if has_more else None,
    }
