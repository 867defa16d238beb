"""Every type that a webhook can hear of: the thing is done, and the webhook is sent what the contract says of it."""

from dataclasses import replace

import pytest

from campaigns.bulk import start_metadata_update
from campaigns.creation import set_active
from campaigns.deletion import delete_voucher
from campaigns.generation import start_generation
from campaigns.importing import start_import
from campaigns.models import Voucher
from campaigns.voucher_fields import VoucherChange
from campaigns.vouchers import NewVoucher, create_voucher
from customers.profiles import Profile
from loyalty.models import LoyaltyCard
from outbox.actions import TOPIC
from outbox.claims import claim
from outbox.models import OutboxMessage
from outbox.parking import try_again
from outbox.relay import MOST_ATTEMPTS, Outcome, handle
from projects.models import AsyncAction
from publications.publishing import PublicationRequest, publish
from referrals.models import ReferralTier
from tests.api.contract import lacking
from tests.webhooks.causes import (
    CAUSES,
    ENVELOPE,
    GIVEN,
    adjust,
    earn,
    import_codes,
    refer,
    run,
)
from tests.webhooks.world import a_webhook, announced, bodies, fan_out
from tests.world import (
    NOW,
    TESTER,
    a_coupon_campaign,
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    accept,
    an_event,
    customer,
)
from webhooks.event_types import EVENT_TYPES, NOT_YET, UNKNOWN_TO_SDKS
from webhooks.models import SendOut

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
