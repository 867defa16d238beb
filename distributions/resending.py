"""Sending a delivery once more, and trying one again that failed."""

from datetime import datetime

from django.db import transaction

from common.refusals import Refusal
from distributions.channels.registry import channel_types
from distributions.delivering import items_of
from distributions.models import Delivery, DeliveryStatus
from distributions.timing import enqueue_deliveries
from projects.audit import Actor


def resend_delivery(delivery: Delivery, *, by: Actor, now: datetime) -> Delivery:
    """What was delivered is sent again by every channel, as it was: same text, same id. What failed is due again.

    Raises Refusal (`delivery_not_sent`) for one that waits, or was cancelled.
    """
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(no_key=True, of=("self",))
        rows = rows.select_related("project", "distribution", "customer", "publication__voucher__campaign")
        delivery = rows.get(pk=delivery.pk)
        if delivery.status == DeliveryStatus.FAILED:
            _try_again(delivery, now)
        elif delivery.status == DeliveryStatus.DELIVERED:
            _send_again(delivery, by, now)
        else:
            raise Refusal(
                f"Delivery {delivery.public_id} is {delivery.status}: nothing was sent that could be sent again",
                key="delivery_not_sent",
                message="Delivery not sent",
                resource_type="delivery",
                resource_id=delivery.public_id,
            )
    return delivery


def _try_again(delivery: Delivery, now: datetime) -> None:
    delivery.status, delivery.reason, delivery.due_at = DeliveryStatus.SCHEDULED, "", now
    delivery.save(update_fields=["status", "reason", "due_at"])
    enqueue_deliveries(delivery.project, [delivery])


def _send_again(delivery: Delivery, by: Actor, now: datetime) -> None:
    """By the channels by which it went; the distribution may have others by now."""
    for item in items_of(delivery):
        outcome = delivery.outcomes[item.place] if item.place < len(delivery.outcomes) else None
        if outcome is not None and outcome["type"] == item.channel["type"]:
            channel = channel_types()[outcome["type"]]
            delivery.outcomes[item.place] = channel.resend(delivery.project, item, outcome, by=by, now=now)
    delivery.save(update_fields=["outcomes"])
