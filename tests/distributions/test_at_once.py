"""Several workers and senders at the same moment: one delivery for a cause, one code for a delivery."""

import contextlib

import pytest

from campaigns.deletion import delete_campaign
from campaigns.models import Publication, Voucher
from campaigns.vouchers import add_code
from common.refusals import InUse, InvalidPayload, NotFound
from distributions.delivering import deliver
from distributions.models import Delivery, Distribution
from tests.distributions.world import a_distribution
from tests.factories import ProjectFactory
from tests.threads import at_once
from tests.world import NOW, TESTER, a_coupon_campaign, a_definition, accept, an_event, send
from webhooks.models import SendOut

PEOPLE = [f"c{number}" for number in range(12)]


@pytest.mark.django_db(transaction=True)
def test_four_workers_deliver_each_delivery_once():
    project = ProjectFactory()
    campaign = a_coupon_campaign(project, join_once=False)
    for number in range(20):
        add_code(campaign, f"C-{number}", by=TESTER)
    a_distribution(project, definition=a_definition(project, "cart"), campaign=campaign)
    accept(project, *(an_event("cart", by=name) for name in PEOPLE))
    keys = list(Delivery.objects.values_list("pk", flat=True))
    orders = [keys, keys[::-1], keys[6:] + keys[:6], keys[3:] + keys[:3]]

    at_once([lambda order=order: deliver(order, clock=lambda: NOW) for order in orders])

    assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}
    assert Publication.objects.count() == len(PEOPLE) == SendOut.objects.count()
    assert Voucher.objects.exclude(holder=None).count() == len(PEOPLE)


@pytest.mark.django_db(transaction=True)
def test_a_campaign_is_not_deleted_while_distributions_are_made_of_it():
    project = ProjectFactory()
    cart, campaign = a_definition(project, "cart"), a_coupon_campaign(project)

    def make(number):
        with contextlib.suppress(InvalidPayload):
            a_distribution(project, name=f"D{number}", definition=cart, campaign=campaign)

    def delete():
        with contextlib.suppress(InUse, NotFound):
            delete_campaign(campaign, force=False, by=TESTER, request_id="", now=NOW)

    at_once([lambda: make(1), delete, lambda: make(2), delete])

    campaign.refresh_from_db()
    assert (campaign.deleted_at is None) == Distribution.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_event_sent_four_times_at_once_brings_one_delivery():
    project = ProjectFactory()
    a_distribution(project, definition=a_definition(project, "cart"))
    body = an_event("cart", by="ann", id="e-1")
    project.refresh_from_db()

    at_once([lambda: send(project, body) for _ in range(4)])

    assert Delivery.objects.count() == 1
