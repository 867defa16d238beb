"""Deleting campaigns and codes: names are free again, and no history is lost."""

import pytest

from campaigns.changing import CampaignChange, change_campaign
from campaigns.deletion import delete_campaign, delete_voucher
from campaigns.kinds import BalanceChange
from campaigns.models import Publication, Voucher
from campaigns.reading import find_campaign, find_voucher
from campaigns.voucher_fields import VoucherChange
from campaigns.vouchers import add_code, change_voucher
from common.refusals import InUse, NotFound, Refusal
from gifts.journal import adjust_credits
from gifts.models import GiftEntry
from outbox.actions import RunAction
from projects.models import AuditEntry
from tests.campaigns.test_generation import Killed
from tests.world import (
    NOW,
    TESTER,
    a_coupon_campaign,
    a_definition,
    a_gift_campaign,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    a_rule,
    accept,
    an_event,
    kinds,
)


def deleted(campaign, *, force=False):
    return delete_campaign(campaign, force=force, by=TESTER, request_id="v-1", now=NOW)


def run(action):
    RunAction().handle({"action": str(action.pk)})
    action.refresh_from_db()


def test_what_has_no_history_goes_and_the_rest_is_kept_out_of_sight(project):
    gifts = a_gift_campaign(project, vouchers_count=3)
    published = a_published_code(gifts, "PUBLISHED", to="ada")
    changed = add_code(gifts, "CHANGED", by=TESTER)
    adjust_credits(changed, BalanceChange(5), now=NOW, by=TESTER)

    action = deleted(gifts)
    run(action)

    assert (action.type, action.done_count, action.status) == ("CAMPAIGN.VOUCHERS_DELETE", 5, "DONE")
    assert set(Voucher.objects.filter(campaign=gifts)) == {published, changed}
    assert (Publication.objects.count(), GiftEntry.objects.count()) == (1, 2)
    for find in (lambda: find_campaign(project, "Gifts"), lambda: find_voucher(project, "PUBLISHED")):
        with pytest.raises(NotFound):
            find()
    # Both names are free.
    again = a_published_code(a_gift_campaign(project), "PUBLISHED", to="ada")
    assert find_voucher(project, "PUBLISHED") == again
    assert AuditEntry.objects.filter(action="campaign.deleted").count() == 1


def test_a_campaign_in_which_others_pay_is_kept_unless_it_is_forced(project):
    signed_up = a_definition(project, "signed_up")
    club = a_loyalty_programme(project)
    friends = a_referral_programme(project, signed_up, club=club, referee_points=50, referrer_points=100)
    a_published_code(friends, "NRY-01", to="ada")

    with pytest.raises(InUse, match=r"in use by referral campaign 'Bring a friend'$"):
        deleted(club)
    deleted(club, force=True)
    converted = accept(project, an_event("signed_up", referral={"code": "NRY-01"}))[0]

    assert kinds(converted) == ["customer.created", "referral.converted"]


def test_a_deleted_programme_earns_and_converts_no_more(project):
    signed_up = a_definition(project, "signed_up")
    club = a_loyalty_programme(project)
    a_rule(club, signed_up, points=10)
    before = accept(project, an_event("signed_up"))[0]

    run(deleted(club))
    after = accept(project, an_event("signed_up"))[0]

    assert ("points.earned" in kinds(before), kinds(after), after.skips) == (True, [], [])
    assert before.event.customer_id == after.event.customer_id


def test_a_deletion_that_is_killed_goes_on(project, monkeypatch):
    monkeypatch.setattr("campaigns.deletion.CHUNK", 10)
    sale = a_coupon_campaign(project, vouchers_count=35)
    action = deleted(sale)
    calls = []

    def until_killed(count=1):
        calls.append(count)
        if len(calls) == 2:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("outbox.actions.Progress.done", lambda self, count=1: until_killed(count))
        with pytest.raises(Killed):
            run(action)
    left = sale.vouchers.count()

    run(action)

    assert (left, sale.vouchers.count(), action.status) == (15, 0, "DONE")


def test_one_code_is_deleted_with_or_without_its_history(project):
    sale = a_coupon_campaign(project)
    fresh, used = add_code(sale, "FRESH", by=TESTER), a_published_code(sale, "USED", to="ada")

    for voucher in (fresh, used):
        delete_voucher(voucher, now=NOW, by=TESTER)

    assert [voucher.code for voucher in Voucher.objects.all()] == ["USED"]
    with pytest.raises(NotFound):
        delete_voucher(used, now=NOW, by=TESTER)


def test_a_change_of_a_campaign_reaches_the_codes_that_nobody_has(project):
    sale = a_coupon_campaign(project, description="Old", expiration_date=NOW, metadata={"a": 1, "b": 2})
    free, used = add_code(sale, "FREE", by=TESTER), a_published_code(sale, "USED", to="ada")
    half = {"type": "PERCENT", "percent_off": 50}

    changed = change_campaign(
        sale,
        CampaignChange({"expiration_date": None, "metadata": {"c": 3}}, ("a",), ("discount", half)),
        by=TESTER,
        now=NOW,
    )

    for voucher in (free, used):
        voucher.refresh_from_db()
    assert (changed.description, changed.expiration_date, changed.metadata) == ("Old", None, {"b": 2, "c": 3})
    assert (free.discount["percent_off"], used.discount["percent_off"]) == (50, 10)
    assert add_code(changed, "NEW", by=TESTER).discount["percent_off"] == 50


@pytest.mark.parametrize(
    ("columns", "details"),
    [
        ({"gift": {"amount": 5}}, "A voucher of type DISCOUNT_VOUCHER has no 'gift'"),
        ({"discount": {"type": "AMOUNT", "amount_off": 5}}, "The voucher is published already"),
    ],
)
def test_a_code_keeps_what_it_is(project, columns, details):
    voucher = a_published_code(a_coupon_campaign(project), "USED", to="ada")

    with pytest.raises(Refusal) as refused:
        change_voucher(voucher, VoucherChange(columns), now=NOW, by=TESTER)

    assert (refused.value.key, str(refused.value)) == ("invalid_voucher", details)
