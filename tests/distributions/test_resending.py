"""Sending a delivery again, and trying one again that failed."""

import pytest

from common.refusals import Refusal
from distributions.checking import DistributionFields
from distributions.creation import (
    change_distribution,
)
from distributions.models import Delivery
from distributions.resending import resend_delivery
from outbox.models import OutboxMessage
from tests.distributions.world import a_distribution, a_pool, abandon, deliver_due, deliveries, later, void
from tests.world import NOW, TESTER
from webhooks.models import SendOut


def test_what_waits_cannot_be_resent(project, cart):
    a_distribution(project, definition=cart)
    abandon(project)

    with pytest.raises(Refusal) as refused:
        resend_delivery(Delivery.objects.get(), by=TESTER, now=NOW)

    assert refused.value.key == "delivery_not_sent"


def test_what_was_sent_is_sent_again_as_it_was(project, cart):
    a_distribution(project, definition=cart)
    abandon(project)
    deliver_due(project)
    sent = SendOut.objects.get()

    resend_delivery(Delivery.objects.get(), by=TESTER, now=later(hours=1))

    messages = OutboxMessage.objects.filter(topic="webhook.send")
    assert [message.payload["send_out"] for message in messages] == [str(sent.pk)] * 2
    assert SendOut.objects.get().body == sent.body


def test_a_webhook_is_sent_again_to_where_it_went_whatever_the_distribution_says_now(project, cart):
    row = a_distribution(project, definition=cart)
    abandon(project)
    deliver_due(project)
    mail = {"type": "email", "subject": "Hello", "body": "Dear"}
    fields = DistributionFields("Reminder", "custom_event", "MESSAGE", definition=cart, channels=[mail])
    change_distribution(row, fields, by=TESTER, now=NOW)

    resend_delivery(Delivery.objects.get(), by=TESTER, now=later(hours=1))

    assert OutboxMessage.objects.filter(topic="webhook.send").count() == 2
    assert OutboxMessage.objects.filter(topic="distribution.email").count() == 0


def test_a_code_that_was_given_silently_is_not_sent_again(project, cart):
    a_distribution(project, definition=cart, campaign=a_pool(project, "C-1"), channels=[])
    abandon(project)
    deliver_due(project)

    with pytest.raises(Refusal) as refused:
        resend_delivery(Delivery.objects.get(), by=TESTER, now=NOW)

    assert refused.value.key == "delivery_not_sent"


def test_what_failed_is_not_tried_again_once_its_event_is_voided(project, cart):
    mail = {"type": "email", "subject": "Hello", "body": "Dear"}
    a_distribution(project, definition=cart, channels=[mail])
    accepted = abandon(project)
    deliver_due(project)
    assert deliveries(project) == [("ann", "failed")]

    void(project, accepted.event)

    assert (Delivery.objects.get().status, Delivery.objects.get().reason) == ("cancelled", "event_voided")
    with pytest.raises(Refusal):
        resend_delivery(Delivery.objects.get(), by=TESTER, now=NOW)
