"""Trying an address: what a webhook would be sent of a real past event, sent once, also where it is off."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias
from uuid import UUID, uuid4

from django.conf import settings
from django.core.checks import CheckMessage
from django.db import transaction
from django.utils.module_loading import import_string

from common.checks import check_function
from common.jsons import JsonObject
from projects.audit import Actor, Target, record_change
from projects.models import Project
from webhooks.models import SendOut, SourceKind, Webhook
from webhooks.send_outs import SendOutRequest, queue_send_outs

# The body for a stored event, all but its id.
Sample: TypeAlias = Callable[[Project, Webhook, Any], JsonObject]


@cache
def sample() -> Sample:
    """The function that `settings.WEBHOOK_SAMPLE` names: bodies are the API's, which stands above."""
    found: Sample = import_string(settings.WEBHOOK_SAMPLE)
    return found


def check_sample(**options: Any) -> list[CheckMessage]:
    """Id webhooks.E002: WEBHOOK_SAMPLE names no function."""
    return check_function("WEBHOOK_SAMPLE", "webhooks.E002")


def send_test(webhook: Webhook, event: Any, *, by: Actor, now: datetime) -> SendOut:
    """Lets the worker send what the event (a row of events) would have had it sent, marked in the log as a test."""
    body = sample()(webhook.project, webhook, event)
    request = SendOutRequest(
        source_kind=SourceKind.WEBHOOK,
        source_id=webhook.pk,
        target_url=webhook.target_url,
        type=str(body["type"]),
        body=body,
        cause=f"test:{event.pk}:{uuid4()}",
        customer_id=event.customer_id,
        is_test=True,
    )
    with transaction.atomic():
        (made,) = queue_send_outs(webhook.project, [request], now=now)
        target = Target("webhook", webhook.public_id, webhook.target_url)
        record_change(webhook.project, by=by, action="webhook.tested", target=target, after=made.public_id)
    return made


def cause_key(send_out: SendOut) -> UUID | None:
    """The key of the stored event or effect that a webhook was told of; None where its cause is something else."""
    parts = send_out.cause.split(":")
    try:
        return UUID(parts[1]) if send_out.source_kind == SourceKind.WEBHOOK else None
    except (IndexError, ValueError):
        return None
