"""CampaignsApi: each lifecycle through the official Python SDK, by value."""

import csv
import io

import pytest
import voucherify
from voucherify import models

from outbox.relay import handle_due

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaigns(sdk):
    return voucherify.CampaignsApi(sdk)


@pytest.fixture
def actions(sdk):
    return voucherify.AsyncActionsApi(sdk)


def created(campaigns, **body):
    return campaigns.create_campaign(models.CampaignsCreateRequestBody.from_dict(body))


def coupons(campaigns, **body):
    discount = {"type": "PERCENT", "percent_off": 10}
    voucher = {"type": "DISCOUNT_VOUCHER", "discount": discount, "code_config": {"pattern": "S-######"}}
    return created(campaigns, **{"name": "Sale", "type": "STATIC", "vouchers_count": 1, "voucher": voucher} | body)


def test_a_campaign_of_every_type_is_made_and_listed(campaigns):
    sale = coupons(campaigns, metadata={"a": 1}, start_date="2026-01-01T00:00:00Z")
    cards = created(
        campaigns,
        name="Cards",
        type="AUTO_UPDATE",
        voucher={"type": "GIFT_VOUCHER", "gift": {"amount": 5000, "effect": "APPLY_TO_ITEMS"}, "code_config": {}},
    )
    club = created(
        campaigns,
        name="Club",
        type="AUTO_UPDATE",
        voucher={"type": "LOYALTY_CARD", "loyalty_card": {"points": 5}, "code_config": {}},
    )
    friends = created(
        campaigns,
        name="Friends",
        voucher={
            "type": "DISCOUNT_VOUCHER",
            "discount": {"type": "AMOUNT", "amount_off": 500},
            "is_referral_code": True,
        },
        referral_program={"conversion_event_type": "redemption"},
    )
    week = created(campaigns, name="Week", campaign_type="PROMOTION", promotion={"tiers": []})
    listed = campaigns.list_campaigns(order="created_at", limit=10)
    gifts = campaigns.list_campaigns(campaign_type="GIFT_VOUCHERS", campaign_status="DONE", is_referral_code=False)

    made = (sale, cards, club, friends, week)
    assert [(item.campaign_type, item.type, item.vouchers_count) for item in made] == [
        ("DISCOUNT_COUPONS", "STATIC", 1),
        ("GIFT_VOUCHERS", "AUTO_UPDATE", 0),
        ("LOYALTY_PROGRAM", "AUTO_UPDATE", 0),
        ("REFERRAL_PROGRAM", "STATIC", 0),
        ("PROMOTION", "STATIC", 0),
    ]
    assert sale.voucher.discount.percent_off == 10
    assert (cards.voucher.gift.amount, cards.voucher.gift.effect) == (5000, "APPLY_TO_ITEMS")
    assert (club.voucher.loyalty_card.points, friends.voucher.is_referral_code) == (5, True)
    assert (week.promotion.tiers, sale.metadata, sale.start_date.isoformat()) == (
        [],
        {"a": 1},
        "2026-01-01T00:00:00+00:00",
    )
    assert [item.id for item in listed.campaigns] == [item.id for item in made]
    assert ([item.name for item in gifts.campaigns], gifts.total) == (["Cards"], 1)


def test_a_campaign_is_changed_switched_and_deleted(campaigns, actions):
    sale = coupons(campaigns, description="Old", expiration_date="2027-01-01T00:00:00Z", metadata={"a": 1})
    changes = models.CampaignsUpdateRequestBody(
        expiration_date=None,
        metadata={"b": 2},
        join_once=True,
        validity_day_of_week=[1, 2],
        discount=models.Discount.from_dict({"type": "AMOUNT", "amount_off": 500}),
    )
    changed = campaigns.update_campaign(sale.id, changes)
    campaigns.disable_campaign("Sale")
    off = campaigns.get_campaign("Sale")
    campaigns.enable_campaign(sale.id)
    on = campaigns.get_campaign(sale.id)
    deleted = campaigns.delete_campaign(sale.id, force=False)
    handle_due()
    done = actions.get_async_action(deleted.async_action_id)

    assert (changed.description, changed.expiration_date, changed.metadata) == ("Old", None, {"a": 1, "b": 2})
    assert (changed.join_once, changed.validity_day_of_week, off.active, on.active) == (True, [1, 2], False, True)
    assert on.voucher.discount.to_dict()["amount_off"] == 500
    assert (done.type, done.status, done.result["done_count"]) == ("CAMPAIGN.VOUCHERS_DELETE", "DONE", 1)
    with pytest.raises(voucherify.exceptions.NotFoundException):
        campaigns.get_campaign("Sale")


def test_codes_are_made_by_the_worker_by_pattern_and_by_choice(campaigns, actions):
    sale = coupons(campaigns, vouchers_count=120)
    handle_due()
    ready = campaigns.get_campaign(sale.id)
    body = models.CampaignsVouchersCreateInBulkRequestBody.from_dict({"category": "spring", "metadata": {"a": 1}})
    one = campaigns.add_vouchers_to_campaign(sale.id, campaigns_vouchers_create_in_bulk_request_body=body)
    many = campaigns.add_vouchers_to_campaign(sale.id, vouchers_count=3)
    handle_due()
    done = actions.get_async_action(many.async_action_id)
    chosen = campaigns.add_voucher_with_specific_code_to_campaign("Sale", "SPRING/1")

    assert (sale.vouchers_count, sale.creation_status, sale.vouchers_generation_status) == (
        0,
        "IN_PROGRESS",
        "IN_PROGRESS",
    )
    assert (ready.vouchers_count, ready.vouchers_generation_status) == (120, "DONE")
    assert (one.category, one.metadata, one.code[:2]) == ("spring", {"a": 1}, "S-")
    assert (done.type, done.progress, done.result["done_count"]) == ("CAMPAIGN.VOUCHERS_GENERATE", 100, 3)
    assert (chosen.code, chosen.campaign) == ("SPRING/1", "Sale")
    with pytest.raises(voucherify.exceptions.ApiException, match="duplicate_resource_key"):
        campaigns.add_voucher_with_specific_code_to_campaign("Sale", "spring/1")


def test_codes_are_imported(sdk, campaigns, actions):
    sale = coupons(campaigns, vouchers_count=0)
    items = [
        models.CampaignsImportVoucherItem.from_dict({"code": "A", "metadata": {"a": 1}}),
        models.CampaignsImportVoucherItem.from_dict({"code": "B", "active": False}),
    ]
    by_json = campaigns.import_vouchers_to_campaign(sale.id, items)
    by_file = campaigns.import_vouchers_to_campaign_using_csv("Sale", file=b"Code,Shelf\nC,7\na,8\n")
    handle_due()
    results = [actions.get_async_action(item.async_action_id).result for item in (by_json, by_file)]
    listed = voucherify.VouchersApi(sdk).list_vouchers(campaign="Sale", order="code")

    assert [(result["done_count"], result["failed_count"]) for result in results] == [(2, 0), (1, 1)]
    assert [(item.code, item.active, item.metadata) for item in listed.vouchers] == [
        ("A", True, {"a": 1}),
        ("B", False, {}),
        ("C", True, {"Shelf": "7"}),
    ]


def test_what_moved_in_a_campaign_is_listed_and_exported(sdk, campaigns):
    cards = created(campaigns, name="Cards", voucher={"type": "GIFT_VOUCHER", "gift": {"amount": 100}})
    vouchers, exports = voucherify.VouchersApi(sdk), voucherify.ExportsApi(sdk)
    for code in ("G-1", "G-2"):
        campaigns.add_voucher_with_specific_code_to_campaign(cards.id, code)
        vouchers.update_voucher_balance(code, models.VouchersBalanceUpdateRequestBody(amount=-30, reason="=1+1"))
    listed = campaigns.list_campaign_transactions(cards.id, limit=2)
    rest = campaigns.list_campaign_transactions("Cards", starting_after_id=listed.more_starting_after)
    body = {"parameters": {"order": "created_at", "fields": ["amount", "balance", "reason"]}}
    export = campaigns.export_campaign_transactions(
        cards.id, models.CampaignsTransactionsExportCreateRequestBody.from_dict(body)
    )
    handle_due()
    ready = exports.get_export(export.id)
    text = exports.download_export(export.id, token=ready.result.url.partition("token=")[2].replace("%3A", ":"))

    assert [item.type for item in listed.data] == ["CREDITS_REMOVAL", "CREDITS_ADDITION"]
    assert ([item.type for item in rest.data], rest.has_more) == (["CREDITS_REMOVAL", "CREDITS_ADDITION"], False)
    assert (export.status, ready.status, export.exported_object) == ("SCHEDULED", "DONE", "voucher_transactions")
    assert (export.parameters.order, export.parameters.fields) == ("created_at", ["amount", "balance", "reason"])
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["amount", "balance", "reason"],
        ["100", "100", ""],
        ["-30", "70", "'=1+1"],
        ["100", "100", ""],
        ["-30", "70", "'=1+1"],
    ]
