"""Distributions for tests, made and delivered as they are in production."""

from datetime import timedelta

from campaigns.vouchers import add_code
from common.ids import uuid7
from distributions.checking import DistributionFields
from distributions.creation import (
    create_distribution,
)
from distributions.delivering import deliver
from distributions.models import Delivery, DeliveryStatus
from distributions.waking import Wake
from events.voiding import void_event
from outbox.models import OutboxMessage
from tests.world import NOW, TESTER, a_coupon_campaign, accept, an_event

HOOK = {"type": "webhook", "target_url": "https://hooks.example/boon", "event_name": "cart_reminder"}
MAIL = {"type": "email", "subject": "Your {{event.type}}", "body": "Dear {{customer.name}}, take {{code}}"}


def a_distribution(project, *, name="Reminder", trigger="custom_event", channels=(HOOK,), active=True, **parts):
    project.refresh_from_db()
    action = "PUBLISH_CODE" if parts.get("campaign") else "MESSAGE"
    fields = DistributionFields(name, trigger, action, channels=list(channels), **parts)
    return create_distribution(project, fields, active=active, by=TESTER, now=NOW)


def deliver_due(project, now=NOW):
    """What the worker does with the messages of deliveries that are due."""
    due = OutboxMessage.objects.filter(
        project=project, topic="distribution.deliver", available_at__lte=now, done_at=None
    )
    keys = [message.payload["delivery"] for message in due.order_by("available_at", "id")]
    deliver(keys, clock=lambda: now)
    due.update(done_at=now)


def deliveries(project):
    """(who, status), in the order in which they were scheduled."""
    rows = Delivery.objects.filter(project=project).order_by("pk")
    return list(rows.values_list("customer__source_id", "status"))


def later(**parts):
    return NOW + timedelta(**parts)


def a_failed_delivery(distribution, customer, **parts):
    """One that nobody could be reached by."""
    return Delivery.objects.create(
        project=distribution.project,
        distribution=distribution,
        customer=customer,
        source=f"time:{uuid7()}",
        status=DeliveryStatus.FAILED,
        reason="no_email",
        caused_at=NOW,
        created_at=NOW,
        due_at=NOW,
        **parts,
    )


def abandon(project, by="ann", now=NOW, **parts):
    return accept(project, an_event("cart_abandoned", by=by, **parts), now=now)[0]


def wake():
    for message in OutboxMessage.objects.filter(topic="distribution.wake", done_at=None):
        Wake().handle(message.payload)


def a_pool(project, *codes, **fields):
    campaign = a_coupon_campaign(project, join_once=False, **fields)
    for code in codes:
        add_code(campaign, code, by=TESTER)
    return campaign


def void(project, event):
    return void_event(project, event, reason="", force=False, by=TESTER, group_id="", now=later(minutes=5))
