"""What waits for its distribution goes on once that is enabled, and ends where that or its campaign is deleted."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils import timezone

from common.jsons import JsonObject
from common.transactions import run_in_transaction
from distributions.models import CAMPAIGN_DELETED, Delivery, DeliveryStatus, Distribution
from distributions.timing import enqueue_deliveries
from outbox.enqueue import enqueue
from outbox.handlers import Handler

WAKE = "distribution.wake"
CHUNK = 500
# The worker has no message for these.
UNTIMED = (DeliveryStatus.PAUSED, DeliveryStatus.POOL_EMPTY)


def start_waking(distribution: Distribution, *, now: datetime) -> None:
    """In the transaction that enables or deletes it, or its campaign."""
    key = f"wake:{distribution.pk}:{now.isoformat()}"
    payload = {"distribution": str(distribution.pk)}
    enqueue(distribution.project, WAKE, payload, dedupe_key=key, not_before=now)


class Wake(Handler):
    """Handles `distribution.wake`. It judges by what the distribution is now, so it may run at any time."""

    def handle(self, payload: JsonObject) -> None:
        while run_in_transaction(lambda: _wake(payload["distribution"], timezone.now())) == CHUNK:
            pass


def _wake(key: str, now: datetime) -> int:
    distribution = Distribution.objects.select_related("project", "campaign").get(pk=key)
    if distribution.deleted_at is not None:
        return len(_change(distribution, UNTIMED, DeliveryStatus.CANCELLED, reason="distribution_deleted"))
    if distribution.has_lost_its_campaign:
        return len(_change(distribution, UNTIMED, DeliveryStatus.FAILED, reason=CAMPAIGN_DELETED))
    if not distribution.is_running:
        return 0
    woken = _change(distribution, [DeliveryStatus.PAUSED], DeliveryStatus.SCHEDULED, due_at=now)
    enqueue_deliveries(distribution.project, woken)
    return len(woken)


def _change(
    distribution: Distribution, waiting: Collection[DeliveryStatus], status: DeliveryStatus, **news: Any
) -> list[Delivery]:
    """Locked in the order of their keys, which is that in which they began to wait."""
    rows = Delivery.objects.select_for_update(no_key=True).filter(distribution=distribution, status__in=waiting)
    found = list(rows.order_by("pk")[:CHUNK])
    Delivery.objects.filter(pk__in=[row.pk for row in found]).update(status=status, **news)
    for row in found:
        row.due_at = news.get("due_at", row.due_at)
    return found
