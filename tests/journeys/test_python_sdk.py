"""The official `voucherify` Python SDK, unmodified, with only host and keys set, against a served Boon."""

import pytest
import voucherify
from voucherify import models

from tests.journeys.shop import open_shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(sdk, served_project):
    return open_shop(sdk, served_project.public_id)


def test_an_event_converts_a_referral_and_earns_points(shop):
    tracked = shop.sign_up("ben@example.com", referral={"code": "NRY-01"})
    ben = shop.customers.get_customer("ben@example.com")
    ada = shop.customers.get_customer("ada")

    assert (tracked.object, tracked.type, tracked.customer.source_id) == ("event", "signed_up", "ben@example.com")
    assert (tracked.referral, tracked.loyalty) == (None, None)
    assert (ben.name, ben.metadata, ben.loyalty.points) == ("Ben", {"VIP": True}, 60)
    assert ben.loyalty.campaigns["Club"]["points"] == 60
    assert (ben.referrals.total, ben.referrals.campaigns[0].referrer_id) == (1, ada.id)
    assert ben.referrals.campaigns[0].campaign_id == shop.campaign.id
    assert ada.loyalty.referred_customers == 1
    assert shop.card_of("ben@example.com").loyalty_card.balance == 60


def test_a_definition_is_read_changed_and_deleted(shop):
    extra = models.ManagementProjectsCustomEventSchemasUpdateRequestBody.from_dict(
        {"schema": {"properties": {"source": {"type": "string", "optional": True, "eq": ["web", "app"]}}}}
    )
    changed = shop.management.update_custom_event_schema(shop.project_id, shop.schema.id, extra)
    read = shop.management.get_custom_event_schema(shop.project_id, shop.schema.id)
    listed = shop.management.list_custom_event_schemas(shop.project_id)
    other = shop.management.create_custom_event_schema(
        shop.project_id,
        models.ManagementProjectsCustomEventSchemasCreateRequestBody.from_dict(
            {"name": "share_email", "schema": {"properties": {}}}
        ),
    )
    shop.management.delete_custom_event_schema(shop.project_id, other.id)

    assert shop.schema.var_schema.properties == {"sign_up_date": {"type": "datetime", "optional": False}}
    assert changed.var_schema.properties == {
        "sign_up_date": {"type": "datetime", "optional": False},
        "source": {"type": "string", "optional": True, "eq": ["web", "app"]},
    }
    assert (read.name, read.object, read.var_schema.properties) == (
        "signed_up",
        "custom-event-schema",
        changed.var_schema.properties,
    )
    assert [item.name for item in listed.data] == ["signed_up"]
    with pytest.raises(voucherify.exceptions.NotFoundException):
        shop.management.get_custom_event_schema(shop.project_id, other.id)


def test_a_metadata_schema_is_made_changed_read_and_deleted(shop, sdk):
    level = {"type": "string", "optional": True, "array": False, "eq": ["gold", "silver"], "max_length": 10}
    made = shop.management.create_metadata_schema(
        shop.project_id,
        models.ManagementProjectsMetadataSchemasCreateRequestBody.from_dict(
            {"related_object": "customer", "properties": {"level": level}, "allow_defined_only": True}
        ),
    )
    changed = shop.management.update_metadata_schema(
        shop.project_id,
        made.id,
        models.ManagementProjectsMetadataSchemasUpdateRequestBody.from_dict(
            {"properties": {"VIP": {"type": "boolean", "optional": True, "array": False}}}
        ),
    )
    read = voucherify.MetadataSchemasApi(sdk)
    listed, one = read.list_metadata_schemas(), read.get_metadata_schema("customer")
    shop.management.delete_metadata_schema(shop.project_id, made.id)

    assert (made.related_object, made.allow_defined_only, list(changed.properties)) == (
        "customer",
        True,
        ["level", "VIP"],
    )
    assert (listed.total, [item.related_object for item in listed.schemas]) == (1, ["customer"])
    assert one.properties["level"]["maxLength"] == 10
    assert shop.management.list_metadata_schemas1(shop.project_id).total == 0


def test_the_project_of_a_management_key_is_read(shop):
    projects = shop.management.list_projects()
    project = shop.management.get_project(shop.project_id)

    assert [item.id for item in projects.data] == [shop.project_id]
    assert (project.name, project.timezone) == ("Shop", "UTC")


def test_customers_are_created_updated_listed_and_deleted(shop):
    body = {"source_id": "cleo", "name": "Cleo", "email": "cleo@example.com", "metadata": {"VIP": False, "age": 41}}
    cleo = shop.customers.create_customer(models.CustomersCreateRequestBody.from_dict(body))
    changes = models.CustomersUpdateRequestBody(metadata={"VIP": True}, address={"city": "Ulm"})
    changed = shop.customers.update_customer(cleo.id, changes)
    listed = shop.customers.list_customers(email="cleo@example.com")
    shop.customers.delete_customer("cleo")

    assert (cleo.source_id, cleo.name, cleo.metadata) == ("cleo", "Cleo", {"VIP": False, "age": 41})
    assert (changed.metadata, changed.address.city) == ({"VIP": True, "age": 41}, "Ulm")
    assert [(item.id, item.summary.orders.total_count) for item in listed.customers] == [(cleo.id, 0)]
    with pytest.raises(voucherify.exceptions.NotFoundException):
        shop.customers.get_customer(cleo.id)


def test_a_customers_activity_tells_what_the_event_did(shop):
    shop.sign_up("ben", referral={"code": "NRY-01"})

    activity = shop.customers.list_customer_activity("ben", limit=50)

    assert [entry.type for entry in activity.data] == [
        "customer.rewarded.loyalty_points",
        "customer.voucher.loyalty_card.points_added",
        "customer.publication.succeeded",
        "customer.rewarded",
        "customer.referred",
        "customer.created",
        "customer.custom_event",
    ]
    tracked = activity.data[-1].data["data"]
    assert (tracked["event"]["type"], tracked["event"]["referral"]) == ("signed_up", {"code": "NRY-01"})
    assert tracked["referral"]["campaign"]["id"] == shop.campaign.id


def test_campaigns_and_codes_are_read(shop):
    by_name = shop.campaigns.get_campaign("Bring a friend")
    listed = shop.campaigns.list_campaigns(campaign_type="REFERRAL_PROGRAM")
    free = shop.campaigns.add_vouchers_to_campaign(shop.campaign.id)

    assert by_name.referral_program.custom_event.id == shop.schema.id
    assert by_name.referral_program.referee_reward.related_object_parent.name == "Club"
    assert [(item.id, item.vouchers_count) for item in listed.campaigns] == [(shop.campaign.id, 1)]
    assert (shop.code.code, shop.code.is_referral_code) == ("NRY-01", True)
    assert free.code.startswith("NRY-")


def test_publications_give_a_code_once(shop):
    listed = shop.publications.list_publications()
    again = models.PublicationsCreateRequestBody.from_dict({"customer": {"source_id": "ben"}, "voucher": "NRY-01"})

    assert shop.publication.voucher.holder_id == shop.publication.customer.id
    assert [item.id for item in listed.publications] == [shop.publication.id]
    with pytest.raises(voucherify.exceptions.BadRequestException, match="voucher_already_published"):
        shop.publications.create_publication(publications_create_request_body=again)


def test_holders_of_a_code_are_added_listed_and_removed(shop):
    referees = models.ReferralsMembersHoldersCreateInBulkRequestBody.from_dict({"holders": [{"source_id": "ben"}]})
    added = shop.referrals.referrals_add_holders("NRY-01", referees)
    listed = shop.referrals.referrals_code_holders(shop.campaign.id, "NRY-01")
    shop.referrals.referrals_remove_holder("NRY-01", added.holders[0].id)
    left = shop.referrals.referrals_code_holders1("NRY-01")

    assert [holder.holder_role for holder in listed.data] == ["REFEREE", "REFERRER"]
    assert [holder.holder_role for holder in left.data] == ["REFERRER"]


def test_members_balances_and_transactions(shop):
    member = models.LoyaltiesMembersCreateRequestBody.from_dict({"customer": {"source_id": "ben"}})
    card = shop.loyalties.add_member(shop.club.id, member)
    shop.sign_up("ben")
    change = models.LoyaltiesMembersBalanceUpdateRequestBody.from_dict({"points": -4, "reason": "Mug"})
    balance = shop.loyalties.update_loyalty_card_balance(card.code, change)
    read = shop.loyalties.get_member(card.id)
    transactions = shop.loyalties.list_loyalty_card_transactions(card.code)
    of_all = shop.loyalties.list_loyalty_campaign_transactions(shop.club.id)

    assert (balance.points, balance.total, balance.balance) == (-4, 10, 6)
    assert (read.loyalty_card.points, read.loyalty_card.balance, read.loyalty_card.subtracted_points) == (10, 6, 4)
    assert [item.type for item in transactions.data] == ["POINTS_REMOVAL", "POINTS_ACCRUAL"]
    assert transactions.data[0].reason == "Mug"
    assert transactions.data[1].details.earning_rule.id == shop.rule.id
    assert transactions.data[1].details.custom_event.type == "signed_up"
    assert [item.id for item in of_all.data] == [item.id for item in transactions.data]


def test_earning_rules_are_listed_changed_switched_and_deleted(shop):
    rules = shop.loyalties
    disabled = rules.disable_earning_rule(shop.club.id, shop.rule.id)
    enabled = rules.enable_earning_rule(shop.club.id, shop.rule.id)
    more = models.LoyaltiesEarningRulesUpdateRequestBody.from_dict({"loyalty": {"type": "FIXED", "points": 25}})
    changed = rules.update_earning_rule(shop.club.id, shop.rule.id, more)
    read = rules.get_earning_rule(shop.club.id, shop.rule.id)
    listed = rules.list_earning_rules(shop.club.id)
    rules.delete_earning_rule(shop.club.id, shop.rule.id)

    assert (disabled.active, enabled.active) == (False, True)
    assert (changed.loyalty.points, read.loyalty.points, read.source.banner) == (25, 25, "Welcome")
    assert [(rule.id, rule.event, rule.custom_event.schema_id) for rule in listed.data] == [
        (shop.rule.id, "signed_up", shop.schema.id)
    ]
    assert rules.list_earning_rules(shop.club.id).data == []


def test_loyalty_programmes_are_read(shop):
    read = shop.loyalties.get_loyalty_program("Club")
    listed = shop.loyalties.list_loyalty_programs()

    assert (read.id, read.auto_join, read.join_once) == (shop.club.id, True, True)
    assert [campaign.id for campaign in listed.campaigns] == [shop.club.id]
