"""Loyalty programmes, their members, rules and transactions, through the official Python SDK."""

import csv
import io
from datetime import UTC, datetime
from urllib.request import urlopen

import pytest
import voucherify
from voucherify import models

from common.ids import parse_public_id
from exports.writing import WriteExport
from outbox.actions import RunAction
from outbox.models import OutboxMessage
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


def test_a_programme_is_changed_exported_and_deleted(sdk, shop):
    shop.sign_up("ben")
    card, loyalties = shop.card_of("ben"), shop.loyalties
    actions, exports = voucherify.AsyncActionsApi(sdk), voucherify.ExportsApi(sdk)
    change = models.LoyaltiesUpdateCampaignRequestBody(
        description="Regulars",
        expiration_date=datetime(2030, 1, 1, tzinfo=UTC),
        metadata={"a": 1, "b": 2},
        validity_day_of_week=[1, 2, 3],
    )
    changed = loyalties.update_loyalty_program(shop.club.id, change)
    # An explicit null clears, as an official test asserts.
    cleared = loyalties.update_loyalty_program(
        shop.club.id, models.LoyaltiesUpdateCampaignRequestBody(expiration_date=None, unset_metadata_fields=["a"])
    )
    member = models.LoyaltiesMembersTransactionsExportCreateRequestBody.from_dict(
        {"parameters": {"order": "created_at", "fields": ["id", "type", "amount", "balance"]}}
    )
    whole = models.LoyaltiesTransactionsExportCreateRequestBody.from_dict({"parameters": {"order": "-created_at"}})
    started = [
        loyalties.export_loyalty_card_transactions(card.code, member),
        loyalties.export_loyalty_card_transactions1(shop.club.id, card.code, member),
        loyalties.export_loyalty_campaign_transactions(shop.club.id, whole),
    ]
    for message in OutboxMessage.objects.filter(topic="export.write"):
        WriteExport().handle(message.payload)
    files = [urlopen(exports.get_export(export.id).result.url).read().decode() for export in started]
    rows = [list(csv.DictReader(io.StringIO(file))) for file in files]
    with pytest.raises(voucherify.exceptions.BadRequestException, match="resource_in_use"):
        loyalties.delete_loyalty_program(shop.club.id)
    deleted = loyalties.delete_loyalty_program(shop.club.id, force=True)
    waiting = actions.get_async_action(deleted.async_action_id)
    RunAction().handle({"action": str(parse_public_id("aa", deleted.async_action_id))})
    done = actions.get_async_action(deleted.async_action_id)

    assert (changed.description, changed.expiration_date, changed.metadata) == (
        "Regulars",
        datetime(2030, 1, 1, tzinfo=UTC),
        {"a": 1, "b": 2},
    )
    assert (changed.validity_day_of_week, changed.auto_join, changed.join_once) == ([1, 2, 3], True, True)
    assert (cleared.expiration_date, cleared.metadata, cleared.description) == (None, {"b": 2}, "Regulars")
    assert [(export.status, export.exported_object) for export in started] == [
        ("SCHEDULED", "voucher_transactions")
    ] * 3
    assert [[(row["type"], row["amount"]) for row in file] for file in rows] == [[("POINTS_ACCRUAL", "10")]] * 3
    assert list(rows[0][0]) == ["id", "type", "amount", "balance"]
    assert (waiting.status, waiting.type, done.status) == ("ENQUEUED", "CAMPAIGN.VOUCHERS_DELETE", "DONE")
    assert [action.id for action in actions.list_async_actions().async_actions] == [deleted.async_action_id]
    with pytest.raises(voucherify.exceptions.NotFoundException):
        loyalties.get_loyalty_program(shop.club.id)
