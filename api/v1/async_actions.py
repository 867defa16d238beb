"""`/v1/async-actions`: long jobs that the worker does, and how far they are (contract a.8)."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.object_schemas import (
    COUNT,
    DOCUMENT,
    FLAG,
    MAYBE_INTEGER,
    MAYBE_TEXT,
    TEXT,
    TIME,
    array_of,
    fields,
    listed,
    named,
    public_id,
)
from api.pagination import Query
from api.views import ServerView
from common.ids import parse_public_id
from common.jsons import JsonObject
from common.refusals import NotFound
from projects.models import AsyncAction

ASYNC_ACTION = named(
    "async_action",
    id=public_id("aa"),
    type=TEXT,
    status={"enum": ["ENQUEUED", "IN_PROGRESS", "DONE", "FAILED"]},
    operation_status={"enum": ["SUCCESS", "FAILED", "UNKNOWN"]},
    progress={"type": "integer", "minimum": 0, "maximum": 100},
    processing_time=MAYBE_INTEGER,
    request_id=MAYBE_TEXT,
    created_at=TIME,
    updated_at=TIME,
)
ONE_ASYNC_ACTION = {
    **ASYNC_ACTION,
    "properties": {
        **ASYNC_ACTION["properties"],
        "result": fields(message=MAYBE_TEXT, done_count=COUNT, failed_count=COUNT, failed=array_of(DOCUMENT)),
    },
}


class AsyncActions(ServerView):
    answers = {"get": listed("async_actions", ASYNC_ACTION, has_more=FLAG)}
    queries = {"get": ("limit", "end_date")}

    def get(self, request: Request) -> Response:
        """List the project's async actions, the newest first; end_date shows those that were started before it."""
        query = Query(request)
        limit, before = query.limit(), query.moment("end_date")
        query.done()
        actions = AsyncAction.objects.filter(project=self.project)
        if before is not None:
            actions = actions.filter(created_at__lt=before)
        found = list(actions.defer("failed", "payload").order_by("-created_at", "-id")[: limit + 1])
        return Response(
            {
                "object": "list",
                "data_ref": "async_actions",
                "async_actions": [_summary(action) for action in found[:limit]],
                "has_more": len(found) > limit,
            }
        )


class OneAsyncAction(ServerView):
    answers = {"get": ONE_ASYNC_ACTION}

    def get(self, request: Request, action_id: str) -> Response:
        """Get an async action with its progress and, once it has ended, its result."""
        key = parse_public_id("aa", action_id)
        action = AsyncAction.objects.filter(project=self.project, pk=key).first() if key else None
        if action is None:
            raise NotFound.of("async_action", action_id)
        return Response(_summary(action) | {"result": _result(action)})


def _summary(action: AsyncAction) -> JsonObject:
    return {
        "id": action.public_id,
        "type": action.type,
        "status": action.status,
        "operation_status": action.operation_status,
        "progress": action.progress,
        "processing_time": action.processing_milliseconds,
        "request_id": action.request_id,
        "created_at": action.created_at,
        "updated_at": action.updated_at,
        "object": "async_action",
    }


def _result(action: AsyncAction) -> JsonObject:
    """Counts as far as the work has come; `message` once it has ended."""
    return {
        "message": action.message or None,
        "done_count": action.done_count,
        "failed_count": action.failed_count,
        "failed": action.failed,
    }
