"""What waits for its distribution goes on once that is enabled, and ends where it is deleted: in chunks."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from common.jsons import JsonObject
from common.transactions import run_in_transaction
from distributions.models import Delivery, DeliveryStatus, Distribution
from distributions.timing import enqueue_deliveries
from outbox.enqueue import enqueue
from outbox.handlers import Handler

WAKE = "distribution.wake"
CHUNK = 500


def start_waking(distribution: Distribution, *, now: datetime) -> None:
    """In the transaction that enables or deletes it."""
    key = f"wake:{distribution.pk}:{now.isoformat()}"
    payload = {"distribution": str(distribution.pk)}
    enqueue(distribution.project, WAKE, payload, dedupe_key=key, not_before=now)


class Wake(Handler):
    """Handles `distribution.wake`. It judges by what the distribution is now, so it may run at any time."""

    def handle(self, payload: JsonObject) -> None:
        while run_in_transaction(lambda: _wake(payload["distribution"], timezone.now())) == CHUNK:
            pass


def _wake(key: str, now: datetime) -> int:
    distribution = Distribution.objects.select_related("project").get(pk=key)
    if distribution.deleted_at is not None:
        return _change(distribution, (DeliveryStatus.PAUSED, DeliveryStatus.POOL_EMPTY), DeliveryStatus.CANCELLED, now)
    if distribution.is_running:
        return _change(distribution, (DeliveryStatus.PAUSED,), DeliveryStatus.SCHEDULED, now)
    return 0


def _change(
    distribution: Distribution, waiting: Sequence[DeliveryStatus], status: DeliveryStatus, now: datetime
) -> int:
    """Locked in the order of their keys, which is that in which they began to wait."""
    rows = Delivery.objects.select_for_update(no_key=True).filter(distribution=distribution, status__in=waiting)
    found = list(rows.order_by("pk")[:CHUNK])
    for row in found:
        row.status = status
        if status == DeliveryStatus.CANCELLED:
            row.reason = "distribution_deleted"
        else:
            row.due_at = now
    Delivery.objects.bulk_update(found, ["status", "reason", "due_at"])
    if status == DeliveryStatus.SCHEDULED:
        enqueue_deliveries(distribution.project, found)
    return len(found)
