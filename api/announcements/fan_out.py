"""From announcements to send-outs: one for each webhook that hears of it, once for each cause."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from django.db import transaction

from api.announcements.builders import build
from api.announcements.envelope import envelope
from api.announcements.told import Body, Told
from common.jsons import JsonObject
from customers.models import Customer
from outbox.handlers import Handler
from projects.models import Project
from webhooks.models import SourceKind, Webhook
from webhooks.send_outs import SendOutRequest, queue_send_outs

Failure: TypeAlias = Exception | None


class FanOut(Handler):
    """For OUTBOX_HANDLERS. Announcements of a batch cost a fixed number of statements for each project."""

    batch_size = 64

    def handle(self, payload: JsonObject) -> None:
        for failure in self.handle_all([payload]):
            if failure is not None:
                raise failure

    def handle_all(self, payloads: Sequence[JsonObject]) -> list[Failure]:
        failures: dict[int, Failure] = {}
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, payload in enumerate(payloads):
            places[payload["project"]].append(place)
        for project_id, own in places.items():
            told = [Told.of(payloads[place]) for place in own]
            failures.update(zip(own, _fan_out(UUID(project_id), told), strict=True))
        return [failures[place] for place in range(len(payloads))]


def _fan_out(project_id: UUID, told: Sequence[Told]) -> list[Failure]:
    """What went wrong with each; where something did, they are halved, so that each fails alone."""
    try:
        _send_all(project_id, told)
    except Exception as error:
        if len(told) == 1:
            return [error]
        middle = len(told) // 2
        return [*_fan_out(project_id, told[:middle]), *_fan_out(project_id, told[middle:])]
    return [None] * len(told)


def _send_all(project_id: UUID, told: Sequence[Told]) -> None:
    now = datetime.now(UTC)
    webhooks = list(Webhook.objects.filter(project=project_id, active=True).select_related("project").order_by("pk"))
    heard = [each for each in told if any(each.type in webhook.events for webhook in webhooks)]
    if not heard:
        return
    project = webhooks[0].project
    bodies = build(project, heard)
    with transaction.atomic():
        if _lock({body.customer_id for body in bodies if body and body.customer_id}):
            bodies = build(project, heard)  # without what somebody was called who was deleted meanwhile
        requests = [
            _request(project, webhook, each, body, now)
            for each, body in zip(heard, bodies, strict=True)
            for webhook in webhooks
            if body is not None and each.type in webhook.events
        ]
        queue_send_outs(project, requests, now=now)


def _request(project: Project, webhook: Webhook, told: Told, body: Body, now: datetime) -> SendOutRequest:
    return SendOutRequest(
        source_kind=SourceKind.WEBHOOK,
        source_id=webhook.pk,
        target_url=webhook.target_url,
        type=told.type,
        body=envelope(project, webhook, told, body, now=now),
        cause=f"{told.type}:{told.cause}:{webhook.public_id}",
        customer_id=body.customer_id,
    )


def _lock(customer_ids: set[UUID]) -> bool:
    """Locks those whom bodies are about until these are stored: a deletion waits, and finds them. Whether any of them
    is deleted already.
    """
    rows = Customer.objects.select_for_update(no_key=True).filter(pk__in=customer_ids).order_by("pk")
    return any(moment is not None for moment in list(rows.values_list("deleted_at", flat=True)))
