"""Fills the outbox with deliveries to one address, in a process with Django.

Import it only after `django.setup()`.
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from bench.bare_task import a_body
from bench.worldbuilding import BENCH
from outbox.models import OutboxMessage
from projects.models import Project
from webhooks.models import SendOut, SendOutStatus, SourceKind
from webhooks.send_outs import SendOutRequest, queue_send_outs
from webhooks.subscribing import Subscription, create_webhook

AT_ONCE = 1_000


def main(arguments: Sequence[str]) -> Any:
    """`fill COUNT URL ROUND` writes them; `left` tells how many are not delivered, how many messages are open."""
    if arguments[0] == "left":
        undelivered = SendOut.objects.exclude(status=SendOutStatus.DELIVERED).count()
        return [undelivered, OutboxMessage.objects.filter(done_at=None).count()]
    count, url, number = int(arguments[1]), arguments[2], arguments[3]
    project = Project.objects.get()
    webhook = create_webhook(project, Subscription(url, ["customer.custom_event"]), by=BENCH)
    for start in range(0, count, AT_ONCE):
        requests = [
            SendOutRequest(
                source_kind=SourceKind.WEBHOOK,
                source_id=webhook.pk,
                target_url=url,
                type="customer.custom_event",
                body={name: value for name, value in a_body(place).items() if name != "id"},
                cause=f"{number}:{place}",
            )
            for place in range(start, min(start + AT_ONCE, count))
        ]
        with transaction.atomic():
            queue_send_outs(project, requests, now=timezone.now())
    return None
