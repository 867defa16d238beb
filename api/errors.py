"""From refusals to answers: the contract's error body (a.4), and which key has which status."""

import logging
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.views import defaults
from rest_framework.exceptions import APIException, MethodNotAllowed, NotAcceptable, UnsupportedMediaType
from rest_framework.response import Response
from rest_framework.views import set_rollback

from common.ids import uuid7
from common.jsons import JsonObject
from common.refusals import Refusal

RETRY_AFTER_SECONDS = 1

# Every key that is not here is a 400.
STATUS_OF_KEY = {
    "unauthorized": 401,
    "missing_required_permission": 403,
    "forbidden": 403,
    "not_found": 404,
    "duplicate_found": 409,
    "duplicate_resource_key": 409,
    "holder_assignement_duplication": 409,
    "conflict": 409,
    "points_already_spent": 409,
    "query_too_large": 413,
    "too_many_requests": 429,
    "internal_error": 500,
    "unavailable": 503,
}

# Away, too slow, full, or (a ProgrammingError on PostgreSQL, for a table that is missing) not migrated.
DATABASE_IS_AWAY = (OperationalError, InterfaceError, ProgrammingError)

logger = logging.getLogger(__name__)


def new_request_id() -> str:
    """`v-` and 18 hexadecimal digits that begin with the time."""
    return f"v-{uuid7().hex[:18]}"


def status_of(refusal: Refusal) -> int:
    return STATUS_OF_KEY.get(refusal.key, 400)


def refusal_body(refusal: Refusal, request_id: str) -> JsonObject:
    """The contract's body; `errors` is ours: one entry for every offending field."""
    body: JsonObject = {"code": status_of(refusal), "key": refusal.key, "message": refusal.message}
    if refusal.details:
        body["details"] = refusal.details
    body["request_id"] = request_id
    if refusal.resource_type:
        body["resource_id"] = refusal.resource_id
        body["resource_type"] = refusal.resource_type
    if refusal.errors:
        body["errors"] = [error.as_json() for error in refusal.errors]
    return body


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: refusals and DRF's own complaints as answers; None lets a real failure become a 500."""
    request_id = getattr(context.get("request"), "request_id", "") or new_request_id()
    if isinstance(error, Refusal):
        set_rollback()
        return Response(refusal_body(error, request_id), status=status_of(error), headers=_headers(error))
    if isinstance(error, DATABASE_IS_AWAY):
        logger.exception("the database is away")
        refusal = Refusal("Nothing was written; send it again", key="unavailable", message="Service unavailable")
        return Response(
            refusal_body(refusal, request_id), status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}
        )
    if isinstance(error, Http404):
        refusal = Refusal(key="not_found", message="Resource not found")
        return Response(refusal_body(refusal, request_id), status=404)
    if isinstance(error, APIException):
        return _framework_answer(error, request_id, getattr(context.get("view"), "allowed_methods", ()))
    return None


def _headers(refusal: Refusal) -> dict[str, str]:
    retry_after: int | None = getattr(refusal, "retry_after", None)
    return {} if retry_after is None else {"Retry-After": str(retry_after)}


def _framework_answer(error: APIException, request_id: str, allowed: Sequence[str]) -> Response:
    details = str(error.detail)
    key, message = "invalid_payload", "Invalid payload"
    if isinstance(error, MethodNotAllowed):
        # The contract (a.1) names the allowed methods in the sentence.
        key, message, details = "method_not_allowed", "Method not allowed", f"Allowed methods: {', '.join(allowed)}"
    elif isinstance(error, NotAcceptable):
        key, message, details = "not_acceptable", "Not acceptable", "Answers are application/json"
    elif isinstance(error, UnsupportedMediaType):
        key, message = "unsupported_media_type", "Unsupported media type"
    elif error.status_code == 413:
        key, message = "query_too_large", "Request is too large"
    body: JsonObject = {"code": error.status_code, "key": key, "message": message, "details": details}
    return Response({**body, "request_id": request_id}, status=error.status_code)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Unknown paths: JSON below the API's prefixes, a page elsewhere."""
    if not request.path.startswith(settings.API_PREFIXES):
        return defaults.page_not_found(request, exception)
    refusal = Refusal(f"There is no {request.path[:200]}", key="not_found", message="Resource not found")
    return JsonResponse(refusal_body(refusal, new_request_id()), status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django itself refuses: an unknown host, too many fields."""
    if not request.path.startswith(settings.API_PREFIXES):
        return defaults.bad_request(request, exception)
    refusal = Refusal("The request was refused", key="invalid_payload", message="Bad request")
    return JsonResponse(refusal_body(refusal, new_request_id()), status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    if not request.path.startswith(settings.API_PREFIXES):
        return defaults.server_error(request)
    request_id = new_request_id()
    logger.error("%s answered 500 for %s", request.path, request_id)
    body = {"code": 500, "key": "internal_error", "message": "Internal error", "request_id": request_id}
    return HttpResponseServerError(JsonResponse(body).content, content_type="application/json")
