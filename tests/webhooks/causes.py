"""What each type of announcement is told of: a way to make it happen, and what the contract says of its body."""

from campaigns.changing import CampaignChange, change_campaign
from campaigns.creation import set_active
from campaigns.deletion import delete_campaign, delete_voucher
from campaigns.generation import start_generation
from campaigns.importing import start_import
from campaigns.kinds import BalanceChange
from campaigns.voucher_fields import VoucherChange
from campaigns.vouchers import add_code, change_voucher, switch_voucher
from customers.profiles import Profile
from events.erasure import delete_customers
from events.profiles import upsert_customers
from events.voiding import void_event
from gifts.journal import adjust_credits
from loyalty import rules
from loyalty.balances import adjust_balance
from loyalty.models import LoyaltyCard
from outbox.actions import RunAction
from publications.publishing import PublicationRequest, publish
from referrals import programs
from referrals.models import ReferralTier
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
)

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
