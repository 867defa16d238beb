"""Send-outs for tests, and the worker that makes their attempts at a time that the test says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from common.ids import uuid7
from outbox.models import OutboxMessage
from projects.models import Project
from tests.webhooks.world import a_webhook
from tests.world import NOW
from webhooks.models import Attempt, SendOut, SourceKind, Webhook
from webhooks.send_outs import SEND, SEND_SLOWLY, SendOutRequest, queue_send_outs
from webhooks.sending import SendSlowly, SendToAddress

SENDERS = {SEND: SendToAddress, SEND_SLOWLY: SendSlowly}


def queued(project: Project, webhook: Webhook, count: int = 1, now: datetime = NOW, **parts: Any) -> list[SendOut]:
    fields = {"type": "customer.created", "body": {"data": {"name": "Zoë"}}, **parts}
    requests = [
        SendOutRequest(SourceKind.WEBHOOK, webhook.pk, webhook.target_url, cause=str(uuid7()), **fields)
        for _ in range(count)
    ]
    return queue_send_outs(project, requests, now=now)


def a_send_out(project: Project, url: str, **parts: Any) -> SendOut:
    return queued(project, a_webhook(project, "customer.created", url=url), **parts)[0]


def work(now: datetime, topics: Sequence[str] = (SEND, SEND_SLOWLY)) -> int:
    """Hands what is due by then to its handlers, a topic at a time, and marks it as done; how many there were."""
    made = 0
    for topic in topics:
        rows = OutboxMessage.objects.filter(topic=topic, done_at=None, available_at__lte=now)
        due = list(rows.order_by("available_at", "pk"))
        if due:
            outcomes = SENDERS[topic](lambda: now).handle_all([message.payload for message in due])
            assert outcomes == [None] * len(due)
        OutboxMessage.objects.filter(pk__in=[message.pk for message in due]).update(done_at=now)
        made += len(due)
    return made


def run(topic: str) -> int:
    """The other messages of the topic, at once."""
    rows = list(OutboxMessage.objects.filter(topic=topic, done_at=None).order_by("pk"))
    handler = import_string(settings.OUTBOX_HANDLERS[topic])()
    for message in rows:
        handler.handle(message.payload)
    OutboxMessage.objects.filter(pk__in=[message.pk for message in rows]).update(done_at=NOW)
    return len(rows)


def attempts_of(send_out: SendOut) -> list[Attempt]:
    return list(Attempt.objects.filter(send_out=send_out).order_by("number"))


def waiting(topic: str = SEND) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(topic=topic, done_at=None).order_by("available_at", "pk"))
