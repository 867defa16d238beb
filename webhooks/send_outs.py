"""Writing down what is to be sent to an address, in the transaction of its cause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from common.ids import uuid7
from common.jsons import JsonObject, dumps
from common.writing import insert_new
from outbox.enqueue import Work, enqueue_all
from projects.models import Project
from webhooks.models import SendOut, SourceKind

SEND = "webhook.send"
# The same, for those whose receivers were slow lately (webhooks/slowness.py).
SEND_SLOWLY = "webhook.send_slow"


@dataclass(frozen=True, slots=True)
class SendOutRequest:
    """What is to be sent. `body` is the whole JSON document; `{"id": …}` is put before it where it has none.

    `cause` names it: the project sends nothing twice for a cause. `customer_id` is whom it is about.
    """

    source_kind: SourceKind
    source_id: UUID
    target_url: str
    type: str
    body: JsonObject
    cause: str
    customer_id: UUID | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    has_envelope: bool = True
    is_test: bool = False


def queue_send_outs(project: Project, requests: Sequence[SendOutRequest], *, now: datetime) -> list[SendOut]:
    """Writes a send-out for each request whose cause is new, and a message for the worker; returns those.

    Call it inside a transaction.
    """
    rows = [_row(project, request, now) for request in requests]
    fresh = insert_new(SendOut, sorted(rows, key=lambda row: row.cause))
    enqueue_sending(project, fresh)
    return fresh


def enqueue_sending(
    project: Project, send_outs: Sequence[SendOut], *, topic: str = SEND, again: str = "", by_hand: bool = False
) -> None:
    """A message for the next attempt of each, at its `next_at`; one attempt is made once, however many there are.

    `again` names further messages for the same attempts. One statement.
    """
    hand: JsonObject = {"by_hand": True} if by_hand else {}
    works = [
        Work(
            {"send_out": str(row.pk), "attempt": row.attempts_count + 1, **hand},
            f"send:{row.public_id}:{row.attempts_count + 1}{again and f':{again}'}",
            row.next_at or row.created_at,
        )
        for row in send_outs
    ]
    if works:
        enqueue_all(project, topic, works)


def _row(project: Project, request: SendOutRequest, now: datetime) -> SendOut:
    send_out = SendOut(
        id=uuid7(),
        project=project,
        source_kind=request.source_kind,
        source_id=request.source_id,
        customer_id=request.customer_id,
        cause=request.cause,
        type=request.type,
        target_url=request.target_url,
        headers=dict(request.headers),
        is_test=request.is_test,
        created_at=now,
        next_at=now,
    )
    body = {"id": send_out.public_id, **request.body} if request.has_envelope else request.body
    send_out.body = dumps(body)
    return send_out
