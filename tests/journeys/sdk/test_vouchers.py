"""VouchersApi: each lifecycle through the official Python SDK, by value."""

import pytest
import voucherify
from voucherify import models

from outbox.relay import handle_due

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def vouchers(sdk):
    return voucherify.VouchersApi(sdk)


def a_gift(vouchers, code="GIFT-1", amount=1000):
    body = {"type": "GIFT_VOUCHER", "gift": {"amount": amount, "effect": "APPLY_TO_ORDER"}}
    return vouchers.create_voucher(code, models.VouchersCreateWithSpecificCodeRequestBody.from_dict(body))


def test_a_voucher_that_stands_alone_lives_from_its_making_to_its_end(vouchers):
    body = {
        "type": "DISCOUNT_VOUCHER",
        "discount": {"type": "PERCENT", "percent_off": 12.5, "amount_limit": 1000},
        "category": "spring",
        "start_date": "2026-01-01T00:00:00Z",
        "redemption": {"quantity": 3},
        "code_config": {"prefix": "P-", "length": 6},
        "metadata": {"a": 1},
        "validity_hours": {"daily": [{"start_time": "09:00", "expiration_time": "17:00", "days_of_week": [1]}]},
    }
    made = vouchers.generate_random_code(models.VouchersCreateRequestBody.from_dict(body))
    changes = models.VouchersUpdateRequestBody(category=None, additional_info="By hand", metadata={"b": 2})
    changed = vouchers.update_voucher(made.code, changes)
    off, on = vouchers.disable_voucher(made.id), vouchers.enable_voucher(made.code.lower())
    read = vouchers.get_voucher(made.id)
    vouchers.delete_voucher(made.code, force=True)

    assert (made.code[:2], len(made.code), made.campaign, made.campaign_id, made.holder_id) == (
        "P-",
        8,
        None,
        None,
        None,
    )
    assert (made.discount.to_dict()["percent_off"], made.redemption.quantity, made.gift) == (12.5, 3, None)
    assert (made.category, changed.category, changed.additional_info) == ("spring", None, "By hand")
    assert (changed.metadata, off.active, on.active) == ({"a": 1, "b": 2}, False, True)
    assert read.validity_hours.daily[0].days_of_week == [1]
    assert (read.start_date.isoformat(), read.publish.count) == ("2026-01-01T00:00:00+00:00", 0)
    with pytest.raises(voucherify.exceptions.NotFoundException):
        vouchers.get_voucher(made.code)


def test_a_gift_cards_balance_is_moved_listed_and_exported(sdk, vouchers):
    gift = a_gift(vouchers)
    change = models.VouchersBalanceUpdateRequestBody(amount=500, source_id="order-1", reason="Sorry")
    added, again = (vouchers.update_voucher_balance("GIFT-1", change) for _ in range(2))
    taken = vouchers.update_voucher_balance(gift.id, models.VouchersBalanceUpdateRequestBody(amount=-1200))
    read = vouchers.get_voucher("gift-1")
    listed = vouchers.list_voucher_transactions("GIFT-1")
    export = vouchers.export_voucher_transactions(
        "GIFT-1",
        models.VouchersTransactionsExportCreateRequestBody.from_dict({"parameters": {"order": "-created_at"}}),
    )
    handle_due()
    ready = voucherify.ExportsApi(sdk).get_export(export.id)

    assert (gift.gift.amount, gift.gift.balance, gift.type) == (1000, 1000, "GIFT_VOUCHER")
    assert [(item.amount, item.total, item.balance, item.type) for item in (added, again, taken)] == [
        (500, 1500, 1500, "gift_voucher"),
        (500, 1500, 1500, "gift_voucher"),
        (-1200, 1500, 300, "gift_voucher"),
    ]
    assert (read.gift.amount, read.gift.subtracted_amount, read.gift.balance) == (1500, 1200, 300)
    assert [(item.type, item.details.balance.amount, item.source_id) for item in listed.data] == [
        ("CREDITS_REMOVAL", -1200, None),
        ("CREDITS_ADDITION", 500, "order-1"),
        ("CREDITS_ADDITION", 1000, None),
    ]
    assert (export.status, export.exported_object, ready.status) == ("SCHEDULED", "voucher_transactions", "DONE")
    with pytest.raises(voucherify.exceptions.BadRequestException, match="invalid_add_balance_params"):
        vouchers.update_voucher_balance("GIFT-1", models.VouchersBalanceUpdateRequestBody(amount=-301))


def test_a_loyalty_cards_points_are_moved_as_a_vouchers_balance(sdk, vouchers):
    club = voucherify.LoyaltiesApi(sdk).create_loyalty_program(
        models.LoyaltiesCreateCampaignRequestBody.from_dict(
            {
                "name": "Club",
                "type": "AUTO_UPDATE",
                "voucher": {"type": "LOYALTY_CARD", "loyalty_card": {"points": 10}, "code_config": {}},
            }
        )
    )
    member = models.LoyaltiesMembersCreateRequestBody.from_dict({"customer": {"source_id": "ben"}})
    card = voucherify.LoyaltiesApi(sdk).add_member(club.id, member)
    added = vouchers.update_voucher_balance(card.code, models.VouchersBalanceUpdateRequestBody(amount=5))
    listed = vouchers.list_voucher_transactions(card.code, order="id")

    assert (added.amount, added.total, added.balance, added.type) == (5, 15, 15, "loyalty_card")
    assert [(item.type, item.details.balance.points) for item in listed.data] == [
        ("POINTS_ADDITION", 10),
        ("POINTS_ADDITION", 5),
    ]


def test_vouchers_are_listed_by_what_is_asked_for(sdk, vouchers):
    one, two = a_gift(vouchers, "G-1"), a_gift(vouchers, "G-2")
    publications = voucherify.PublicationsApi(sdk)
    body = {"customer": {"source_id": "ben"}, "voucher": "G-2"}
    publications.create_publication(
        publications_create_request_body=models.PublicationsCreateRequestBody.from_dict(body)
    )
    vouchers.update_voucher("G-1", models.VouchersUpdateRequestBody(category="spring"))

    def found(**query):
        return [item.code for item in vouchers.list_vouchers(**query).vouchers]

    assert found() == ["G-2", "G-1"]
    assert (found(order="code"), found(limit=1, page=2)) == (["G-1", "G-2"], ["G-1"])
    assert (found(code="g-1"), found(ids=[one.id, two.id])) == (["G-1"], ["G-2", "G-1"])
    assert (found(customer="ben"), found(customer="nobody"), found(category="spring")) == (["G-2"], [], ["G-1"])
    assert (found(campaign="None"), found(created_at=models.ParameterCreatedBeforeAfter(before="2026-01-01"))) == (
        [],
        [],
    )


def test_vouchers_are_imported_and_changed_many_at_once(sdk, vouchers):
    actions = voucherify.AsyncActionsApi(sdk)
    items = [{"code": "A", "gift": {"amount": 100}}, {"code": "B", "discount": {"type": "AMOUNT", "amount_off": 5}}]
    by_json = vouchers.import_vouchers([models.VouchersImportCreateItemRequestBody.from_dict(item) for item in items])
    by_file = vouchers.import_vouchers_using_csv(file=b"Code,Voucher Type,Value\nC,GIFT_VOUCHER,700\nD,,\n")
    handle_due()
    own = vouchers.update_vouchers_in_bulk(
        [models.VouchersUpdateInBulkItemRequestBody(code=code, metadata={"n": n}) for n, code in enumerate("ABX")]
    )
    alike = vouchers.update_vouchers_metadata_in_bulk(
        models.VouchersMetadataUpdateInBulkRequestBody(codes=["A", "C"], metadata={"all": True})
    )
    handle_due()
    results = [actions.get_async_action(item.async_action_id) for item in (by_json, by_file, own, alike)]

    assert [(item.type, item.result["done_count"], item.result["failed_count"]) for item in results] == [
        ("VOUCHERS.IMPORT", 2, 0),
        ("VOUCHERS.IMPORT_CSV", 1, 1),
        ("VOUCHERS.BULK_UPDATE", 2, 1),
        ("VOUCHERS.METADATA_UPDATE", 2, 0),
    ]
    assert [(item.code, item.type, item.metadata) for item in vouchers.list_vouchers(order="code").vouchers] == [
        ("A", "GIFT_VOUCHER", {"n": 0, "all": True}),
        ("B", "DISCOUNT_VOUCHER", {"n": 1}),
        ("C", "GIFT_VOUCHER", {"all": True}),
    ]
    assert vouchers.get_voucher("C").gift.balance == 700


def test_a_voucher_is_added_to_the_campaign_that_is_named_alone(sdk, vouchers):
    discount = {"type": "UNIT", "unit_off": 2, "unit_type": "time"}
    voucher = {"type": "DISCOUNT_VOUCHER", "discount": discount, "code_config": {"pattern": "ONE-##"}}
    voucherify.CampaignsApi(sdk).create_campaign(
        models.CampaignsCreateRequestBody.from_dict({"name": "One", "type": "STANDALONE", "voucher": voucher})
    )
    body = models.VouchersCreateRequestBody(campaign="One")

    made = vouchers.generate_random_code(body)

    assert (made.campaign, made.code[:4], made.discount.to_dict()["unit_off"]) == ("One", "ONE-", 2)
    with pytest.raises(voucherify.exceptions.BadRequestException, match="STANDALONE"):
        vouchers.generate_random_code(body)
