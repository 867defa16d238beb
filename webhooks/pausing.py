"""Pausing what sends, where its receiver takes nothing: the one door from send-outs up to who sends them."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.checks import CheckMessage
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from common.checks import check_paths
from common.jsons import JsonObject
from outbox.handlers import Handler
from projects.audit import Actor, Target, record_change
from projects.models import Project
from webhooks.holding import hold_back
from webhooks.models import SendOut, Webhook

PAUSE = "webhook.pause"
WORKER = Actor("worker", "deliveries")


class SendSource(ABC):
    """One kind of what sends: webhooks, distributions. SEND_SOURCES names a class for each."""

    @abstractmethod
    def pause(self, project: Project, source_id: UUID, why: str, now: datetime) -> None:
        """Turns it off with this as the reason, and holds its open send-outs back (`hold_back`).

        In the caller's transaction. Nothing where it is off already, or gone.
        """

    def is_on(self, source_id: UUID) -> bool:
        """Whether what it held back may be sent."""
        return True


def source_of(kind: str) -> SendSource | None:
    """None where the settings name none for the kind."""
    path = settings.SEND_SOURCES.get(kind)
    return import_string(path)() if path else None


def check_send_sources(**options: Any) -> list[CheckMessage]:
    """Id webhooks.E001: a path in SEND_SOURCES that is no SendSource."""
    return check_paths("SEND_SOURCES", SendSource, "webhooks.E001")


class PauseSource(Handler):
    """Pauses what {"kind", "source"} sends, because of `why`."""

    def handle(self, payload: JsonObject) -> None:
        source, key = source_of(payload["kind"]), UUID(payload["source"])
        send_out = SendOut.objects.filter(source_id=key).select_related("project").first()
        if source and send_out:
            with transaction.atomic():
                source.pause(send_out.project, key, payload["why"], timezone.now())


class PauseWebhook(SendSource):
    def pause(self, project: Project, source_id: UUID, why: str, now: datetime) -> None:
        rows = Webhook.objects.select_for_update(no_key=True).filter(project=project, pk=source_id, active=True)
        for webhook in rows:
            webhook.active, webhook.paused_at, webhook.paused_why = False, now, why
            webhook.save(update_fields=["active", "paused_at", "paused_why"])
            hold_back(webhook.pk, why)
            target = Target("webhook", webhook.public_id, webhook.target_url)
            record_change(project, by=WORKER, action="webhook.paused", target=target, after={"why": why})

    def is_on(self, source_id: UUID) -> bool:
        return Webhook.objects.filter(pk=source_id, active=True).exists()
