"""Loyalty programmes, their members, rules and transactions, through the official Python SDK."""

import pytest
import voucherify
from voucherify import models

from tests.journeys.shop import open_shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(sdk, served_project):
    return open_shop(sdk, served_project.public_id)


def a_member(shop, source_id):
    body = models.LoyaltiesMembersCreateRequestBody.from_dict({"customer": {"source_id": source_id}})
    return shop.loyalties.add_member(shop.club.id, body)


def changed_by(shop, points, **parts):
    return models.LoyaltiesMembersBalanceUpdateRequestBody.from_dict({"points": points} | parts)


def test_members_are_listed_and_read_by_both_paths(shop):
    ben, cleo = a_member(shop, "ben"), a_member(shop, "cleo")
    loyalties = shop.loyalties

    by_code = loyalties.list_members(shop.club.id, order="code")
    by_ids = loyalties.list_members(shop.club.id, ids=[cleo.id, ben.id], order="-created_at", limit=1)
    of_cleo = loyalties.list_members("Club", customer="cleo", code=cleo.code)
    read = [loyalties.get_member1(shop.club.id, ben.code), loyalties.get_member(ben.id)]

    assert [card.code for card in by_code.vouchers] == sorted([ben.code, cleo.code], key=str.casefold)
    assert (by_ids.vouchers[0].id, by_ids.total, of_cleo.vouchers[0].id) == (cleo.id, 2, cleo.id)
    assert [(card.id, card.type, card.is_referral_code, card.campaign) for card in read] == [
        (ben.id, "LOYALTY_CARD", False, "Club")
    ] * 2
    with pytest.raises(voucherify.exceptions.NotFoundException):
        loyalties.get_member1(shop.campaign.id, ben.code)


def test_a_balance_is_changed_by_both_paths_and_transactions_tell_of_it(shop):
    shop.sign_up("ben")
    loyalties, card = shop.loyalties, shop.card_of("ben")
    added = loyalties.update_loyalty_card_balance1(
        shop.club.id, card.code, changed_by(shop, 5, source_id="gift-1", reason="Birthday")
    )
    taken = loyalties.update_loyalty_card_balance(card.id, changed_by(shop, -7))
    newest = loyalties.list_loyalty_card_transactions1(shop.club.id, card.code, limit=2)
    rest = loyalties.list_loyalty_card_transactions(card.code, starting_after_id=newest.more_starting_after)
    oldest = loyalties.list_loyalty_campaign_transactions(shop.club.id, order="id", limit=1)
    named = loyalties.list_loyalty_campaign_transactions(
        shop.club.id,
        filters=models.ParametersFiltersListCampaignTransactions.from_dict(
            {"id": {"$in": [newest.data[0].id, newest.data[1].id]}}
        ),
    )

    assert (added.points, added.balance, added.type, added.operation_type) == (5, 15, "loyalty_card", "MANUAL")
    assert (added.related_object.type, added.related_object.id) == ("voucher", card.id)
    assert (taken.points, taken.total, taken.balance) == (-7, 15, 8)
    told = [(entry.type, entry.details.balance.points, entry.source, entry.source_id) for entry in newest.data]
    assert told == [("POINTS_REMOVAL", -7, "API", None), ("POINTS_ADDITION", 5, "API", "gift-1")]
    assert (newest.has_more, rest.has_more) == (True, False)
    earned = rest.data[0]
    assert (earned.type, earned.voucher_id, earned.campaign_id) == ("POINTS_ACCRUAL", card.id, shop.club.id)
    assert (earned.details.earning_rule.source.banner, earned.details.custom_event.type) == ("Welcome", "signed_up")
    assert (earned.details.event_schema.id, oldest.data[0].id) == (shop.schema.id, earned.id)
    assert [entry.id for entry in named.data] == [entry.id for entry in newest.data]
    with pytest.raises(voucherify.exceptions.BadRequestException, match="loyalty_card_points_exceeded"):
        loyalties.update_loyalty_card_balance(card.id, changed_by(shop, -9))


def test_a_cards_activity_is_read_by_both_paths(shop):
    shop.sign_up("ben")
    card = shop.card_of("ben")
    shop.loyalties.update_loyalty_card_balance(card.id, changed_by(shop, 5))

    newest = shop.loyalties.list_member_activity(card.code, limit=1)
    rest = shop.loyalties.list_member_activity1(
        shop.club.id, card.code, starting_after_id=newest.more_starting_after, order="-created_at"
    )

    assert [entry.type for entry in (*newest.data, *rest.data)] == [
        "customer.voucher.loyalty_card.points_added",
        "customer.rewarded.loyalty_points",
        "customer.publication.succeeded",
    ]
    assert newest.data[0].data.data.customer.source_id == "ben"
    assert rest.data[0].data.data.campaign.name == "Club"


def test_programmes_and_rules_are_listed_in_the_orders_of_the_contract(shop):
    gold = shop.loyalties.create_loyalty_program(
        models.LoyaltiesCreateCampaignRequestBody.from_dict(
            {
                "name": "Gold",
                "voucher": {
                    "type": "LOYALTY_CARD",
                    "loyalty_card": {"points": 25},
                    "code_config": {"pattern": "G-####"},
                },
                "metadata": {"level": 2},
            }
        )
    )
    proportional = {
        "type": "PROPORTIONAL",
        "calculation_type": "CUSTOM_EVENT_METADATA",
        "custom_event": {"metadata": {"every": 10, "points": 2, "property": "amount"}},
    }
    shop.management.update_custom_event_schema(
        shop.project_id,
        shop.schema.id,
        models.ManagementProjectsCustomEventSchemasUpdateRequestBody.from_dict(
            {"schema": {"properties": {"amount": {"type": "number", "optional": True}}}}
        ),
    )
    rule = shop.loyalties.create_earning_rule(
        gold.id,
        [
            models.LoyaltiesEarningRulesCreateRequestBodyItem.from_dict(
                {
                    "event": "signed_up",
                    "custom_event": {"schema_id": shop.schema.id},
                    "loyalty": proportional,
                    "start_date": "2020-01-01T00:00:00Z",
                    "metadata": {"rank": 1},
                }
            )
        ],
    )[0]

    oldest = shop.loyalties.list_loyalty_programs(order="created_at", expand="category")
    newest = shop.loyalties.list_loyalty_programs(limit=1)
    rules = shop.loyalties.list_earning_rules(gold.id, order="-updated_at")

    assert [campaign.name for campaign in oldest.campaigns] == ["Club", "Gold"]
    assert [(campaign.id, campaign.metadata) for campaign in newest.campaigns] == [(gold.id, {"level": 2})]
    assert (gold.voucher.loyalty_card.points, gold.join_once, newest.total) == (25, True, 2)
    assert (rule.loyalty.custom_event.metadata.every, rule.loyalty.custom_event.metadata.points) == (10, 2)
    assert (rule.metadata, rule.source.object_id) == ({"rank": 1}, gold.id)
    assert rule.start_date == "2020-01-01T00:00:00.000Z"
    assert [item.id for item in rules.data] == [rule.id]
