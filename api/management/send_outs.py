"""`/management/v1/projects/{projectId}/send-outs`: what was sent to addresses, and sending it again. Ours."""

from collections.abc import Sequence

from rest_framework.request import Request
from rest_framework.response import Response

from api.object_schemas import (
    COUNT,
    FLAG,
    MAYBE_INTEGER,
    MAYBE_TEXT,
    MAYBE_TIME,
    TEXT,
    TIME,
    array_of,
    cursor_of,
    fields,
    maybe_id,
    named,
    public_id,
    sometimes,
)
from api.pagination import CURSOR_PARAMETERS, Query, cursor_listing, slice_of
from api.views import ManagementView
from common.ids import public_id as id_of
from common.jsons import JsonObject
from webhooks.models import Attempt, SendOut, SendOutStatus, SourceKind
from webhooks.resending import find_send_out, resend
from webhooks.subscribing import find_webhook

ATTEMPT = fields(
    number=COUNT,
    by_hand=FLAG,
    started_at=TIME,
    took_ms=COUNT,
    status_code=MAYBE_INTEGER,
    reply=TEXT,
    error=MAYBE_TEXT,
)
SEND_OUT = named(
    "send_out",
    id=public_id("whs"),
    source=fields(id=TEXT, object={"enum": SourceKind.values}),
    type=TEXT,
    target_url=TEXT,
    customer_id=maybe_id("cust"),
    status={"enum": SendOutStatus.values},
    reason=MAYBE_TEXT,
    is_test=FLAG,
    attempts_count=COUNT,
    next_at=MAYBE_TIME,
    ended_at=MAYBE_TIME,
    created_at=TIME,
)
WITH_ATTEMPTS = sometimes(SEND_OUT, body=TEXT, attempts=array_of(ATTEMPT))
PREFIXES = {SourceKind.WEBHOOK: "wh", SourceKind.DISTRIBUTION: "distr"}


class SendOutsOfWebhook(ManagementView):
    answers = {"get": cursor_of(SEND_OUT)}
    queries = {"get": ("status", "type", *CURSOR_PARAMETERS)}

    def get(self, request: Request, project_id: str, webhook_id: str) -> Response:
        """List what a webhook was sent, newest first."""
        webhook, query = find_webhook(self.project, webhook_id), Query(request)
        rows = SendOut.objects.filter(source_id=webhook.pk).defer("body", "headers")
        if status := query.choice("status", SendOutStatus.values):
            rows = rows.filter(status=status)
        if type_ := query.text("type"):
            rows = rows.filter(type=type_)
        found, has_more = slice_of(rows, query, "whs")
        return Response(cursor_listing([render_send_out(row) for row in found], has_more))


class OneSendOut(ManagementView):
    answers = {"get": WITH_ATTEMPTS}

    def get(self, request: Request, project_id: str, send_out_id: str) -> Response:
        """Get what was sent, and each attempt with its answer."""
        row = find_send_out(self.project, send_out_id)
        attempts = list(Attempt.objects.filter(send_out=row).order_by("number"))
        return Response({**render_send_out(row), "body": row.body, "attempts": _attempts(attempts)})


class ResendSendOut(ManagementView):
    answers = {"post": SEND_OUT}
    successes = {"post": "202"}

    def post(self, request: Request, project_id: str, send_out_id: str) -> Response:
        """Send it once more, at once: the same text under the same id, signed anew."""
        row = find_send_out(self.project, send_out_id)
        resend([row], by=self.actor, now=self.now)
        return Response(render_send_out(row), status=202)


def render_send_out(row: SendOut) -> JsonObject:
    return {
        "id": row.public_id,
        "source": {"id": id_of(PREFIXES[SourceKind(row.source_kind)], row.source_id), "object": row.source_kind},
        "type": row.type,
        "target_url": row.target_url,
        "customer_id": id_of("cust", row.customer_id) if row.customer_id else None,
        "status": row.status,
        "reason": row.reason or None,
        "is_test": row.is_test,
        "attempts_count": row.attempts_count,
        "next_at": row.next_at,
        "ended_at": row.ended_at,
        "created_at": row.created_at,
        "object": "send_out",
    }


def _attempts(rows: Sequence[Attempt]) -> list[JsonObject]:
    return [
        {
            "number": row.number,
            "by_hand": row.by_hand,
            "started_at": row.started_at,
            "took_ms": row.took_ms,
            "status_code": row.status_code,
            "reply": row.reply,
            "error": row.error or None,
        }
        for row in rows
    ]
