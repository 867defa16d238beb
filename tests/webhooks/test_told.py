"""Every type that a webhook can hear of: the thing is done, and the webhook is sent what the contract says of it."""

from dataclasses import replace

import pytest

from campaigns.bulk import start_metadata_update
from campaigns.changing import CampaignChange, change_campaign
from campaigns.creation import set_active
from campaigns.deletion import delete_campaign, delete_voucher
from campaigns.generation import start_generation
from campaigns.importing import start_import
from campaigns.kinds import BalanceChange
from campaigns.models import Voucher
from campaigns.voucher_fields import VoucherChange
from campaigns.vouchers import NewVoucher, add_code, change_voucher, create_voucher, switch_voucher
from customers.profiles import Profile
from events.erasure import delete_customers
from events.profiles import upsert_customers
from events.voiding import void_event
from gifts.journal import adjust_credits
from loyalty import rules
from loyalty.balances import adjust_balance
from loyalty.models import LoyaltyCard
from outbox.actions import TOPIC, RunAction
from outbox.claims import claim
from outbox.models import OutboxMessage
from outbox.parking import try_again
from outbox.relay import MOST_ATTEMPTS, Outcome, handle
from projects.models import AsyncAction
from publications.publishing import PublicationRequest, publish
from referrals import programs
from referrals.models import ReferralTier
from tests.api.contract import lacking
from tests.webhooks.world import a_webhook, announced, bodies, fan_out
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
    customer,
)
from webhooks.event_types import EVENT_TYPES, NOT_YET, UNKNOWN_TO_SDKS
from webhooks.models import SendOut

GIVEN = {"group_id": "v-9", "now": NOW}
BY = {"by": TESTER, "now": NOW}
ENVELOPE = """id string, project_id string, created_at string, type string, data object, source.id string,
    source.object string, source.target_url string, event.id string, event.type string, event.created_at string,
    event.entity_id string, event.group_id string?, event.event_source.channel string,
    event.event_source.user object?, event.event_source.api_key object?"""
MOVED = """customer object, voucher object, campaign object, balance.type string, balance.total integer,
    balance.balance integer, balance.object string, balance.points integer, balance.operation_type string,
    balance.related_object.id string, balance.related_object.type string"""


def earn(project):
    a_rule(a_loyalty_programme(project), a_definition(project, "signed_up"), points=10)
    accept(project, an_event())


def refer(project):
    club, signed_up = a_loyalty_programme(project), a_definition(project, "signed_up")
    referrals = a_referral_programme(project, signed_up, club=club, referee_points=5, referrer_points=7)
    a_published_code(referrals, "NRY-01", to="ada")
    accept(project, an_event(referral={"code": "NRY-01"}))


def adjust(project, points=5):
    earn(project)
    card = LoyaltyCard.objects.select_related("project").get()
    adjust_balance(card, points, reason="", source_id=None, **GIVEN, by=TESTER)


def upsert(project, **fields):
    return upsert_customers(project, [Profile(source_id="ben", fields=fields)], **GIVEN)


def update(project):
    upsert(project)
    upsert(project, name="Ben")


def delete(project):
    delete_customers(project, upsert(project), **GIVEN)


def void(project):
    a_definition(project, "signed_up")
    [accepted] = accept(project, an_event())
    void_event(project, accepted.event, reason="", force=False, by=TESTER, **GIVEN)


def publish_one(project):
    add_code(a_coupon_campaign(project), "SALE-1", by=TESTER)
    publish(project, PublicationRequest(Profile(source_id="ben"), campaign="Sale"), **GIVEN)


def credit(project):
    gift = add_code(a_gift_campaign(project), "GIFT-1", by=TESTER)
    adjust_credits(gift, BalanceChange(50), now=NOW, by=TESTER)


def change(project):
    change_campaign(a_coupon_campaign(project), CampaignChange({"description": "Spring"}), **BY)


def a_code(project):
    return add_code(a_coupon_campaign(project), "SALE-1", by=TESTER)


def generate(project, count=3, **config):
    campaign = a_coupon_campaign(project, code_config=config)
    return run(start_generation(campaign, count, request_id="v-9", now=NOW, by=TESTER))


def generate_too_many(project):
    a_coupon_campaign(project, "Other", code_config={"pattern": "#", "charset": "ab"}, vouchers_count=2)
    generate(project, 2, pattern="#", charset="ab")


def import_codes(project):
    campaign = a_coupon_campaign(project)
    run(start_import(project, campaign, [{"code": "A"}, {"code": "B"}], request_id="v-9", now=NOW, by=TESTER))


def run(action):
    RunAction().handle({"action": str(action.pk)})


def a_paying_rule(project):
    return a_rule(a_loyalty_programme(project), a_definition(project, "signed_up"))


def change_rule(project):
    rule = a_paying_rule(project)
    rules.change_rule(rule, rules.RuleFields(rule.formula, 20), **BY)


def a_tier(project):
    club = a_loyalty_programme(project)
    a_referral_programme(project, a_definition(project, "signed_up"), club=club, referrer_points=7)
    return ReferralTier.objects.select_related("project", "program__campaign").get()


def change_tier(project):
    tier = a_tier(project)
    programs.change_tier(tier, programs.TierFields(programs.Reward("LOYALTY_CARD", tier.reward_campaign, 9)), **BY)


# By type: what is done, and what `data` has then, by the objects of tests/api/contract.py and fields of its own.
CAUSES = {
    "customer.created": (upsert, {"customer": "customer"}, ""),
    "customer.updated": (update, {"customer": "customer"}, ""),
    "customer.deleted": (delete, {"customer": "customer"}, ""),
    "customer.custom_event": (
        earn,
        {"event": "event", "customer": "simple customer"},
        "event.id string, event.metadata object, event.created_at string, event_schema.id string, "
        "event_schema.name string, referral object?, loyalty object?",
    ),
    "customer.custom_event.voided": (
        void,
        {"event": "event", "customer": "simple customer"},
        "reason string?, voided_at string, effects array, referral object?, loyalty object?",
    ),
    "customer.rewarded": (
        refer,
        {"customer": "simple customer", "holder": "simple customer", "campaign": "campaign", "voucher": "voucher"},
        "redemption object?, reward object?, referral_tier object?, balance.amount integer, "
        "balance.points integer, custom_event object, customer_event object?",
    ),
    "customer.rewarded.loyalty_points": (
        earn,
        {
            "customer": "simple customer",
            "holder": "simple customer",
            "voucher": "voucher",
            "campaign": "campaign",
            "earning_rule": "earning rule",
        },
        f"{MOVED}, loyalty_tier object?, order object?, event.id string, event.type string, event.category string, "
        "event.entity_id string, event.created_at string, event.group_id string",
    ),
    "voucher.loyalty_card.points_added": (
        adjust,
        {"customer": "simple customer", "voucher": "voucher", "campaign": "campaign", "transaction": "transaction"},
        MOVED,
    ),
    "voucher.loyalty_card.transaction.created": (
        earn,
        {
            "holder": "simple customer",
            "voucher": "voucher",
            "campaign": "campaign",
            "transaction": "transaction",
            "earning_rule": "earning rule",
        },
        MOVED.replace("customer object", "holder object")
        + ", holder_loyalty_tier object?, order object?, event object?, segment object?, loyalty_tier object?, "
        "redemption object?, rollback object?, reward object?, custom_event object?, source_voucher object?, "
        "destination_voucher object?",
    ),
    "voucher.published": (
        publish_one,
        {
            "customer": "simple customer",
            "campaign": "campaign",
            "publication": "publication",
            "voucher": "voucher",
        },
        "created_at string",
    ),
    "publication.succeeded": (
        publish_one,
        {"customer": "simple customer", "campaign": "campaign", "publication": "publication"},
        "vouchers array",
    ),
    **dict.fromkeys(
        ("voucher.gift.balance_added", "voucher.gift.transaction.created"),
        (
            credit,
            {"voucher": "voucher", "campaign": "campaign", "balance": "balance", "transaction": "transaction"},
            "holder object?",
        ),
    ),
    "voucher.created": (a_code, {"voucher": "voucher", "campaign": "campaign"}, ""),
    "voucher.updated": (
        lambda project: change_voucher(a_code(project), VoucherChange({"category": "x"}), now=NOW, by=TESTER),
        {"voucher": "voucher", "campaign": "campaign"},
        "",
    ),
    "voucher.enabled": (
        lambda project: switch_voucher(a_code(project), active=True, now=NOW, by=TESTER),
        {"voucher": "voucher", "campaign": "campaign"},
        "",
    ),
    "voucher.disabled": (
        lambda project: switch_voucher(a_code(project), active=False, now=NOW, by=TESTER),
        {"voucher": "voucher", "campaign": "campaign"},
        "",
    ),
    "voucher.deleted": (
        lambda project: delete_voucher(a_code(project), now=NOW, by=TESTER),
        {"voucher": "voucher", "campaign": "campaign"},
        "",
    ),
    "campaign.created": (a_coupon_campaign, {"campaign": "campaign"}, ""),
    "campaign.updated": (change, {"campaign": "campaign"}, ""),
    "campaign.enabled": (
        lambda project: set_active(a_coupon_campaign(project), True, **BY),
        {"campaign": "campaign"},
        "",
    ),
    "campaign.disabled": (
        lambda project: set_active(a_coupon_campaign(project), False, **BY),
        {"campaign": "campaign"},
        "",
    ),
    "campaign.deleted": (
        lambda project: delete_campaign(a_coupon_campaign(project), force=False, request_id="v-9", **BY),
        {"campaign": "campaign"},
        "",
    ),
    "campaign.vouchers.added": (a_code, {"campaign": "campaign", "voucher": "voucher"}, "vouchers_count integer"),
    "campaign.vouchers.generation.started": (
        generate,
        {"campaign": "campaign"},
        "vouchers_count integer, async_action_id string",
    ),
    "campaign.vouchers.generation.completed": (
        generate,
        {"campaign": "campaign"},
        "vouchers_count integer, async_action_id string",
    ),
    "campaign.vouchers.generation.failed": (
        generate_too_many,
        {"campaign": "campaign"},
        "vouchers_count integer, async_action_id string",
    ),
    "campaign.earning_rule.assigned": (a_paying_rule, {"campaign": "campaign", "earning_rule": "earning rule"}, ""),
    "campaign.earning_rule.updated": (change_rule, {"campaign": "campaign", "earning_rule": "earning rule"}, ""),
    "campaign.earning_rule.deleted": (
        lambda project: rules.delete_rule(a_paying_rule(project), **BY),
        {"campaign": "campaign", "earning_rule": "earning rule"},
        "",
    ),
    "campaign.earning_rule.enabled": (
        lambda project: rules.set_active(a_paying_rule(project), True, **BY),
        {"campaign": "campaign", "earning_rule": "earning rule"},
        "",
    ),
    "campaign.earning_rule.disabled": (
        lambda project: rules.set_active(a_paying_rule(project), False, **BY),
        {"campaign": "campaign", "earning_rule": "earning rule"},
        "",
    ),
    "campaign.referral_tier.created": (a_tier, {"campaign": "campaign"}, "referral_tier.id string"),
    "campaign.referral_tier.updated": (change_tier, {"campaign": "campaign"}, "referral_tier.id string"),
    "campaign.referral_tier.deleted": (
        lambda project: programs.delete_tier(a_tier(project), **BY),
        {"campaign": "campaign"},
        "referral_tier.id string",
    ),
}
# Told by the app of validation rules, whose bodies are what it announces.
BY_OTHERS = {name for name in EVENT_TYPES if name.startswith("business_validation_rule.")}


def test_every_type_is_told_or_is_said_not_to_be():
    assert CAUSES.keys() | NOT_YET | BY_OTHERS == EVENT_TYPES
    assert CAUSES.keys().isdisjoint(NOT_YET)
    assert {name for name in UNKNOWN_TO_SDKS if name in NOT_YET} == set()


@pytest.mark.parametrize("name", CAUSES)
def test_what_happens_is_told_as_the_contract_says(project, name):
    cause, objects, fields = CAUSES[name]
    webhook = a_webhook(project, name)

    cause(project)

    told = bodies()
    assert {body["type"] for body in told} == {name}
    for body in told:
        data = body["data"]
        assert lacking(ENVELOPE, body) == []
        assert body["source"]["id"] == webhook.public_id
        assert [line for key, kind in objects.items() for line in lacking(kind, data[key])] == []
        assert lacking(fields, data) == [] if fields else True
    assert len({body["event"]["id"] for body in told}) == len(told)


@pytest.mark.parametrize("name", CAUSES)
def test_where_nobody_hears_of_it_nothing_is_written_down(project, name):
    others = [other for other in sorted(NOT_YET) if other != name]
    a_webhook(project, *others)

    CAUSES[name][0](project)

    assert announced() == []


def test_the_entity_is_what_the_type_is_about(project):
    a_webhook(project, "voucher.loyalty_card.points_added", "customer.rewarded.loyalty_points", "campaign.created")

    earn(project)

    campaign, points, rewarded = sorted(bodies(), key=lambda body: body["type"])[0:1] + sorted(
        (body for body in bodies() if body["type"] != "campaign.created"), key=lambda body: body["type"], reverse=True
    )
    assert campaign["event"]["entity_id"] == campaign["data"]["campaign"]["id"]
    assert points["event"]["entity_id"] == points["data"]["voucher"]["id"]
    assert points["event"]["id"].startswith("evvou_")
    assert rewarded["event"]["entity_id"] == customer(project, "ben").public_id
    assert rewarded["event"]["id"].startswith("evcus_")


def test_points_that_are_taken_are_told_as_negative(project):
    a_webhook(project, "voucher.loyalty_card.points_added")

    adjust(project, points=-4)

    assert [body["data"]["balance"]["points"] for body in bodies()] == [10, -4]


def test_what_somebody_else_did_shows_nothing_that_they_said(project):
    a_webhook(project, "customer.rewarded")
    club = a_loyalty_programme(project)
    signed_up = a_definition(project, "signed_up", {"note": {"type": "string", "optional": True}})
    referrals = a_referral_programme(project, signed_up, club=club, referee_points=5, referrer_points=7)
    a_published_code(referrals, "NRY-01", to="ada")
    accept(project, an_event(referral={"code": "NRY-01"}, metadata={"note": "from Ben"}))

    shown = {body["data"]["customer"]["source_id"]: body["data"]["custom_event"]["metadata"] for body in bodies()}

    assert shown == {"ben": {"note": "from Ben"}, "ada": {}}


def test_a_reward_is_told_with_the_card_and_the_tier_that_paid_it(project):
    a_webhook(project, "customer.rewarded")
    refer(project)
    tier = ReferralTier.objects.get()

    told = {body["data"]["customer"]["source_id"]: body["data"] for body in bodies()}

    cards = {card.customer.source_id: card.voucher.code for card in LoyaltyCard.objects.select_related()}
    assert {name: data["voucher"]["code"] for name, data in told.items()} == cards
    assert {name: data["voucher"]["campaign"] for name, data in told.items()} == {"ben": "Club", "ada": "Club"}
    assert {name: data["referral_tier"] for name, data in told.items()} == {
        "ben": None,  # what the programme itself pays is of no tier
        "ada": {
            "id": tier.public_id,
            "campaign_id": tier.program.campaign.public_id,
            "banner": None,
            "parameters": {"criterion": "EACH"},
        },
    }


@pytest.mark.parametrize("count", [1, 30])
def test_rewards_take_as_many_statements_as_one(project, count, django_assert_num_queries):
    a_webhook(project, "customer.rewarded")
    refer(project)
    bodies()
    accept(project, *[an_event(by=f"customer {n}", referral={"code": "NRY-01"}) for n in range(count)])

    # Webhooks, effects, events, customers, codes with their campaigns, counts and cards, campaigns, rewarded customers
    # in full, tiers; customers locked; send-outs and their messages; two of a savepoint.
    with django_assert_num_queries(19 + 2):
        fan_out(announced())

    assert SendOut.objects.count() == 2 * (count + 1)


def test_a_publication_of_several_codes_is_one_with_all_of_them(project):
    a_webhook(project, "publication.succeeded", "voucher.published")
    a_coupon_campaign(project, vouchers_count=3, join_once=False)

    publish(project, PublicationRequest(Profile(source_id="ben"), campaign="Sale", count=3), **GIVEN)

    [publication], codes = bodies("publication.succeeded"), bodies("voucher.published")
    assert len(codes) == 3
    assert [voucher["code"] for voucher in publication["data"]["vouchers"]] == [
        code["data"]["voucher"]["code"] for code in codes
    ]


def test_a_generation_that_is_given_up_is_told_as_failed_once(project):
    a_webhook(project, "campaign.vouchers.generation.failed")
    action = start_generation(a_coupon_campaign(project), 3, request_id="v-9", now=NOW, by=TESTER)
    AsyncAction.objects.update(payload={**action.payload, "overrides": {"type": 5}})  # at which every try fails
    messages = OutboxMessage.objects.filter(topic=TOPIC)

    for _ in range(2):
        try_again(messages, by=TESTER, now=NOW)
        messages.update(attempts=MOST_ATTEMPTS - 1)
        assert [handle(message) for message in claim(NOW, most=1, topic=TOPIC)] == [Outcome.PARKED]

    [told] = bodies()
    assert told["data"]["campaign"]["vouchers_generation_status"] == "FAILED"
    assert (told["data"]["vouchers_count"], told["data"]["async_action_id"]) == (0, action.public_id)


def test_a_deleted_code_is_told_as_it_was(project):
    a_webhook(project, "voucher.created", "voucher.deleted")
    change = VoucherChange({"discount": {"type": "AMOUNT", "amount_off": 500}, "metadata": {"shelf": 4}})
    voucher = create_voucher(project, None, NewVoucher(change, code="FREE"), by=TESTER)
    delete_voucher(voucher, now=NOW, by=TESTER)
    assert not Voucher.objects.exists()

    told = [body["data"] for body in bodies("voucher.deleted")]

    assert [(data["voucher"]["code"], data["voucher"]["metadata"], data["campaign"]) for data in told] == [
        ("FREE", {"shelf": 4}, None)
    ]
    assert told[0]["voucher"]["discount"] == {"type": "AMOUNT", "amount_off": 500}


def test_imported_codes_are_told_by_their_campaign_or_one_by_one(project):
    a_webhook(project, "campaign.vouchers.added", "voucher.created", "voucher.updated")
    import_codes(project)
    free = [{"code": code, "discount": {"type": "AMOUNT", "amount_off": 5}} for code in ("C", "D")]
    run(start_import(project, None, free, request_id="v-9", now=NOW, by=TESTER))
    run(start_metadata_update(project, ["C", "D", "gone"], {"a": 1}, request_id="v-9", now=NOW, by=TESTER))

    [added] = bodies("campaign.vouchers.added")

    assert (added["data"]["vouchers_count"], added["data"]["voucher"]) == (2, None)
    for name in ("voucher.created", "voucher.updated"):
        assert sorted(body["data"]["voucher"]["code"] for body in bodies(name)) == ["C", "D"]


def test_what_was_rolled_back_is_not_told(project):
    a_webhook(project, "campaign.created", "campaign.vouchers.generation.completed")

    with pytest.raises(Exception, match="code configuration"):
        a_coupon_campaign(project, code_config={"pattern": "none"}, vouchers_count=2)

    assert announced() == []


def test_who_changed_the_configuration_is_told(project):
    a_webhook(project, "campaign.disabled")
    campaign = a_coupon_campaign(project)
    for kind in ("user", "key", "command"):
        set_active(campaign, False, by=replace(TESTER, kind=kind, name="Ada"), now=NOW)

    sources = [body["event"]["event_source"] for body in bodies()]

    assert sources == [
        {"channel": "USER_PORTAL", "user": {"id": "Ada"}, "api_key": None},
        {"channel": "API", "user": None, "api_key": {"name": "Ada", "app_id": None}},
        {"channel": "INTERNAL", "user": None, "api_key": None},
    ]
