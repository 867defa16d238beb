"""The holders of referral codes, through the official Python SDK."""

import pytest
import voucherify
from voucherify import models

from tests.journeys.shop import open_shop

pytestmark = pytest.mark.django_db(transaction=True)


def the_people(*source_ids):
    holders = [{"source_id": source_id} for source_id in source_ids]
    return models.ReferralsMembersHoldersCreateInBulkRequestBody.from_dict(
        {"holders": holders, "metadata": {"by": "hand"}}
    )


def test_holders_are_added_listed_both_ways_and_removed_by_both_paths(sdk, served_project):
    shop = open_shop(sdk, served_project.public_id)
    referrals, campaign = shop.referrals, shop.campaign.id

    first = referrals.referrals_add_holders("NRY-01", the_people("ben"))
    second = referrals.referrals_add_holders1(campaign, "NRY-01", the_people("cleo", "dora"))
    newest = referrals.referrals_code_holders(campaign, "NRY-01", limit=3)
    rest = referrals.referrals_code_holders1("NRY-01", starting_after_id=newest.more_starting_after)
    oldest = referrals.referrals_code_holders1("NRY-01", order="id", limit=2)
    referees = referrals.referrals_code_holders1(
        "NRY-01",
        filters=models.ParameterFiltersListReferralsRedeemableHolders.from_dict(
            {"holder_role": {"conditions": {"$is": "REFEREE"}}}
        ),
    )
    referrals.referrals_remove_holder("NRY-01", first.holders[0].id)
    referrals.referrals_remove_holder1("Bring a friend", "NRY-01", second.holders[0].id)
    left = referrals.referrals_code_holders1("NRY-01")

    ben = first.holders[0]
    assert (ben.holder_role, ben.redeemable_id, ben.campaign_id) == ("REFEREE", shop.code.id, campaign)
    assert (ben.campaign_type, ben.voucher_type, ben.metadata) == (
        "REFERRAL_PROGRAM",
        "DISCOUNT_VOUCHER",
        {"by": "hand"},
    )
    assert ben.customer_id == shop.customers.get_customer("ben").id
    own = [holder.id for holder in (*first.holders, *second.holders)]
    assert [holder.id for holder in newest.data] == own[::-1]
    assert (newest.total, newest.has_more, [holder.holder_role for holder in rest.data]) == (4, True, ["REFERRER"])
    assert [holder.holder_role for holder in oldest.data] == ["REFERRER", "REFEREE"]
    assert ([holder.id for holder in referees.data], referees.total) == (own[::-1], 3)
    assert [holder.id for holder in left.data] == [own[2], rest.data[0].id]
    with pytest.raises(voucherify.exceptions.ForbiddenException, match="can not remove Referrer"):
        referrals.referrals_remove_holder("NRY-01", rest.data[0].id)
    with pytest.raises(voucherify.ApiException, match="holder_assignement_duplication"):
        referrals.referrals_add_holders("NRY-01", the_people("dora"))
