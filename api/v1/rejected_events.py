"""`/v1/rejected-events`: what was refused and kept, what causes it, and replaying it."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.json_schemas import REPLAY
from api.object_schemas import (
    COUNT,
    DOCUMENT,
    FLAG,
    MAYBE_TEXT,
    MAYBE_TIME,
    STARTED,
    TEXT,
    TIME,
    array_of,
    cursor_of,
    fields,
    listed,
    maybe_id,
    named,
)
from api.object_schemas import public_id as id_schema
from api.pagination import CURSOR_PARAMETERS, Query, cursor_listing, slice_of
from api.views import ServerView
from common.ids import parse_public_id, public_id
from common.jsons import JsonObject
from common.refusals import NotFound
from events.masking import RejectedMasks
from events.models import RejectedEvent
from events.rejected import dropped_count
from events.replaying import start_replay
from events.selecting import TEXTS, groups_by_cause, open_rows
from projects.models import Project

MOST_GROUPS = 100

REJECTED_EVENT = named(
    "rejected_event",
    id=id_schema("rej"),
    event=TEXT,
    key=TEXT,
    cause=TEXT,
    reaction=MAYBE_TEXT,
    payload=DOCUMENT,
    errors=array_of(DOCUMENT),
    attempts=COUNT,
    source_id=MAYBE_TEXT,
    event_id=maybe_id("event"),
    occurred_at=MAYBE_TIME,
    created_at=TIME,
    replayed_at=MAYBE_TIME,
)
# With group_by=cause.
CAUSES = listed("data", fields(cause=TEXT, count=COUNT, example_id=id_schema("rej")), has_more=FLAG, dropped=COUNT)


class RejectedEvents(ServerView):
    answers = {"get": {"anyOf": [cursor_of(REJECTED_EVENT), CAUSES]}}
    queries = {"get": (*TEXTS, "created_at[after]", "created_at[before]", "group_by", *CURSOR_PARAMETERS)}

    def get(self, request: Request) -> Response:
        """List rejected events, newest first, or what causes them with `group_by=cause`."""
        query = Query(request)
        rows = _filtered(self.project, query)
        if query.choice("group_by", ("cause",)):
            return Response(_groups(self.project, rows, query))
        found, has_more = slice_of(rows, query, "rej")
        masks = RejectedMasks(found)
        return Response(cursor_listing([rejected_event(row, masks) for row in found], has_more))


class OneRejectedEvent(ServerView):
    answers = {"get": REJECTED_EVENT}

    def get(self, request: Request, rejected_event_id: str) -> Response:
        """Get a rejected event with its payload, its errors and its attempts."""
        key = parse_public_id("rej", rejected_event_id)
        row = RejectedEvent.objects.filter(project=self.project, pk=key).first() if key else None
        if row is None:
            raise NotFound.of("rejected_event", rejected_event_id)
        return Response(rejected_event(row, RejectedMasks([row])))


class Replay(ServerView):
    answers = {"post": STARTED}
    bodies = {"post": {"application/json": REPLAY}}
    successes = {"post": "202"}

    def post(self, request: Request) -> Response:
        """Mend rejected events and replay them, each once and at its original time; an async action."""
        action = start_replay(self.project, self.body(), request_id=self.request_id, now=self.now)
        return Response({"async_action_id": action.public_id}, status=202)


def rejected_event(row: RejectedEvent, masks: RejectedMasks) -> JsonObject:
    """Personal properties are masked. `event_id` is the stored event: that of a failed reaction, or of a replay."""
    event_id = row.replayed_as or row.event_id
    return {
        "object": "rejected_event",
        "id": row.public_id,
        "event": row.name,
        "key": row.key,
        "cause": row.cause,
        "reaction": row.reaction or None,
        "payload": masks.payload(row),
        "errors": masks.errors(row),
        "attempts": row.attempts,
        "source_id": row.source_id,
        "event_id": public_id("event", event_id) if event_id else None,
        "occurred_at": row.occurred_at,
        "created_at": row.created_at,
        "replayed_at": row.replayed_at,
    }


def _groups(project: Project, rows: QuerySet[RejectedEvent], query: Query) -> JsonObject:
    """The causes with most events first; two statements."""
    limit = query.integer("limit", MOST_GROUPS, 1, MOST_GROUPS)
    query.done()
    groups = list(groups_by_cause(rows)[: limit + 1])
    listed = [
        {"cause": group["cause"], "count": group["count"], "example_id": public_id("rej", group["example"])}
        for group in groups[:limit]
    ]
    return {
        "object": "list",
        "data_ref": "data",
        "data": listed,
        "has_more": len(groups) > limit,
        "dropped": dropped_count(project),
    }


def _filtered(project: Project, query: Query) -> Any:
    texts = {column: text for name, column in TEXTS.items() if (text := query.text(name))}
    return open_rows(project).filter(**texts, **query.period("created_at", "created_at"))
