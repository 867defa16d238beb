"""A campaign that a distribution uses: who deletes it is refused, or says so by force."""

import pytest

from campaigns.deletion import delete_campaign
from campaigns.models import Campaign, CodeSupply
from common.refusals import InUse, InvalidPayload
from distributions.checking import DistributionFields
from distributions.creation import (
    change_distribution,
    delete_distribution,
    enable_distribution,
)
from distributions.models import Delivery, Distribution
from distributions.resending import resend_delivery
from projects.models import AuditEntry
from tests.distributions.world import HOOK, a_distribution, a_pool, abandon, deliver_due, later, wake
from tests.world import NOW, TESTER, a_loyalty_programme


def delete(campaign, *, force=False):
    delete_campaign(campaign, force=force, by=TESTER, request_id="", now=NOW)
    campaign.refresh_from_db()


def test_a_campaign_in_use_is_not_deleted(project, cart):
    codes, points = a_pool(project), a_loyalty_programme(project, type=CodeSupply.AUTO_UPDATE)
    a_distribution(project, name="Code", definition=cart, campaign=codes)
    thanks = a_distribution(project, name="Thanks", trigger="points.earned", trigger_campaign=points)

    with pytest.raises(InUse, match=r"in use by distribution 'Code'$"):
        delete(codes)
    with pytest.raises(InUse, match=r"in use by distribution 'Thanks'$"):
        delete(points)

    delete_distribution(thanks, by=TESTER, now=NOW)
    delete(points)
    assert points.deleted_at is not None


def test_a_campaign_deleted_by_force_switches_its_distributions_off_and_ends_what_waits_for_codes(project, cart):
    campaign = a_pool(project, "C-1")
    distribution = a_distribution(project, definition=cart, campaign=campaign)
    late = a_distribution(project, name="Late", definition=cart, campaign=campaign, delay="PT1H")
    for name in ("ann", "ben"):
        abandon(project, by=name)
    deliver_due(project)

    delete(campaign, force=True)
    abandon(project, by="cem")
    wake()
    deliver_due(project, now=later(hours=1))

    ended = Delivery.objects.order_by("pk").values_list("distribution__name", "status", "reason")
    assert sorted(ended) == [
        ("Late", "failed", "campaign_deleted"),
        ("Late", "failed", "campaign_deleted"),
        ("Reminder", "delivered", ""),
        ("Reminder", "failed", "campaign_deleted"),
    ]
    late.refresh_from_db()
    assert late.active is False
    assert AuditEntry.objects.filter(action="distribution.disabled").count() == 2
    with pytest.raises(InvalidPayload) as refused:
        enable_distribution(distribution, by=TESTER, now=later(hours=1))
    assert [error.path for error in refused.value.errors] == ["action.campaign.id"]


def test_what_failed_for_a_deleted_campaign_is_tried_again_with_another(project, cart):
    campaign = a_pool(project)
    distribution = a_distribution(project, definition=cart, campaign=campaign)
    abandon(project)
    deliver_due(project)
    delete(campaign, force=True)
    wake()

    fields = DistributionFields(
        "Reminder",
        "custom_event",
        "PUBLISH_CODE",
        definition=cart,
        campaign=a_pool(project, "N-1", name="New"),
        channels=[HOOK],
    )
    change_distribution(distribution, fields, active=True, by=TESTER, now=later(hours=1))
    resend_delivery(Delivery.objects.get(), by=TESTER, now=later(hours=1))
    deliver_due(project, now=later(hours=1))

    assert Delivery.objects.get().publication.voucher.code == "N-1"


def test_no_distribution_is_made_of_a_campaign_that_is_deleted_meanwhile(project, cart):
    campaign = a_pool(project)
    Campaign.objects.update(deleted_at=NOW)

    with pytest.raises(InvalidPayload) as refused:
        a_distribution(project, definition=cart, campaign=campaign)

    assert [error.path for error in refused.value.errors] == ["action.campaign.id"]
    assert not Distribution.objects.exists()
