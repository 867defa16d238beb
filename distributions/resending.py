"""Sending a delivery once more, and trying one again that failed."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from common.refusals import Refusal
from distributions.channels.base import HandOver
from distributions.channels.registry import channel_types
from distributions.models import Delivery, DeliveryStatus
from distributions.timing import enqueue_deliveries
from projects.audit import Actor


def resend_delivery(delivery: Delivery, *, by: Actor, now: datetime) -> Delivery:
    """What was delivered is sent again by every channel, under the same id: a webhook as it was, an e-mail with the
    text that its distribution has now. What failed is due again.

    Raises Refusal (`delivery_not_sent`) for one that waits, was cancelled, or went by no channel that is still there.
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
            raise _not_sent(delivery, f"it is {delivery.status}: nothing was sent that could be sent again")
    return delivery


def _not_sent(delivery: Delivery, why: str) -> Refusal:
    return Refusal(
        f"Delivery {delivery.public_id} is not sent again, since {why}",
        key="delivery_not_sent",
        message="Delivery not sent",
        resource_type="delivery",
        resource_id=delivery.public_id,
    )


def _try_again(delivery: Delivery, now: datetime) -> None:
    delivery.status, delivery.reason, delivery.due_at = DeliveryStatus.SCHEDULED, "", now
    delivery.save(update_fields=["status", "reason", "due_at"])
    enqueue_deliveries(delivery.project, [delivery])


def _send_again(delivery: Delivery, by: Actor, now: datetime) -> None:
    items = list(_went(delivery))
    if not items:
        raise _not_sent(delivery, "nothing was sent by a channel that its distribution still has")
    for item in items:
        channel = channel_types()[item.channel["type"]]
        outcome = delivery.outcomes[item.place]
        delivery.outcomes[item.place] = channel.resend(delivery.project, item, outcome, by=by, now=now)
    delivery.save(update_fields=["outcomes"])


def _went(delivery: Delivery) -> Iterator[HandOver]:
    """By what it went. A webhook was written down; an e-mail is written anew, so its channel has to be there still."""
    channels = dict(enumerate(delivery.distribution.channels))
    for place, outcome in enumerate(delivery.outcomes):
        kind, channel = outcome["type"], channels.get(place)
        if channel is None or channel["type"] != kind:
            channel = {"type": kind} if outcome.get("send_out") else None
        if channel is not None:
            yield HandOver.of(delivery, channel, place)
