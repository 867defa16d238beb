"""Tiers: what the referrer gets for each referee. And which rewards can be promised at all."""

import pytest

from common.refusals import InvalidPayload
from projects.models import AuditEntry
from referrals.models import ReferralProgram, ReferralTier
from referrals.programs import Reward, TierFields, add_tier, change_tier, delete_tier
from tests.world import (
    NOW,
    TESTER,
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    accept,
    an_event,
    balances,
)


@pytest.fixture
def club(project):
    return a_loyalty_programme(project)


@pytest.fixture
def program(project, club):
    referrals = a_referral_programme(project, a_definition(project, "signed_up"))
    a_published_code(referrals, "NRY-01", to="ada")
    return referrals.referral_program


def points(club, amount):
    return Reward("LOYALTY_CARD", club, amount)


def refer(project, *names):
    accept(project, *(an_event(by=name, referral={"code": "NRY-01"}) for name in names))


def test_a_tier_pays_for_each_referee(project, program, club):
    add_tier(program, TierFields(points(club, 100)), by=TESTER)

    refer(project, "ben", "cleo")
    refer(project, "dora")

    assert balances(project) == {"ada": 300}


def test_several_tiers_all_pay(project, program, club):
    gold = a_loyalty_programme(project, "Gold")
    for reward in (points(club, 100), points(club, 10), points(gold, 1)):
        add_tier(program, TierFields(reward), by=TESTER)

    refer(project, "ben")

    cards = {campaign.name: campaign.loyalty_program.cards.get().balance for campaign in (club, gold)}
    assert cards == {"Club": 110, "Gold": 1}


def test_an_inactive_tier_pays_nothing(project, program, club):
    add_tier(program, TierFields(points(club, 100), active=False), by=TESTER)

    refer(project, "ben")

    assert balances(project) == {}


def test_a_changed_tier_pays_anew_and_leaves_what_it_paid(project, program, club):
    tier = add_tier(program, TierFields(points(club, 100), banner="Thanks"), by=TESTER)
    refer(project, "ben")

    change_tier(tier, TierFields(points(club, 7)), by=TESTER, now=NOW)
    refer(project, "cleo")

    tier.refresh_from_db()
    assert (balances(project), tier.banner, tier.updated_at) == ({"ada": 107}, "", NOW)


def test_a_deleted_tier_pays_nothing_more(project, program, club):
    tier = add_tier(program, TierFields(points(club, 100)), by=TESTER)
    refer(project, "ben")

    delete_tier(tier, by=TESTER, now=NOW)
    refer(project, "cleo")

    assert balances(project) == {"ada": 100}


def test_what_happens_to_a_tier_is_written_down(program, club):
    tier = add_tier(program, TierFields(points(club, 100), banner="Thanks"), by=TESTER)
    change_tier(tier, TierFields(points(club, 7), banner="Thanks"), by=TESTER, now=NOW)
    delete_tier(tier, by=TESTER, now=NOW)

    entries = AuditEntry.objects.filter(target_type="referral_tier").order_by("id")
    assert list(entries.values_list("action", "target_id", "target_name")) == [
        ("referral_tier.created", tier.public_id, "Thanks"),
        ("referral_tier.updated", tier.public_id, "Thanks"),
        ("referral_tier.deleted", tier.public_id, "Thanks"),
    ]


@pytest.mark.parametrize("amount", [0, -1, 2**31, 10**18])
def test_a_tier_pays_a_number_that_its_column_holds(program, club, amount):
    with pytest.raises(InvalidPayload) as refused:
        add_tier(program, TierFields(points(club, amount)), by=TESTER)

    assert [(error.path, error.actual) for error in refused.value.errors] == [("reward.amount", amount)]
    assert ReferralTier.objects.count() == 0


@pytest.mark.parametrize("amount", [1, 2**31 - 1])
def test_a_tier_may_pay_so_much(project, program, club, amount):
    add_tier(program, TierFields(points(club, amount)), by=TESTER)

    refer(project, "ben")

    assert balances(project) == {"ada": amount}


@pytest.mark.parametrize("kind", ["GIFT_VOUCHER", "DISCOUNT_COUPON", "MATERIAL", "", "loyalty_card"])
def test_other_rewards_cannot_be_promised_yet(program, club, kind):
    with pytest.raises(InvalidPayload, match=r"^Property .reward.type must be one of LOYALTY_CARD$"):
        add_tier(program, TierFields(Reward(kind, club, 1)), by=TESTER)


def test_points_are_paid_on_cards_of_a_loyalty_campaign_of_the_same_project(project, mallorys_project, program):
    not_loyalty, mallorys = a_referral_programme(project, None, name="Other"), a_loyalty_programme(mallorys_project)

    for campaign in (not_loyalty, mallorys):
        with pytest.raises(InvalidPayload) as refused:
            add_tier(program, TierFields(points(campaign, 1)), by=TESTER)
        assert [error.path for error in refused.value.errors] == ["reward.related_object_parent"]


@pytest.mark.parametrize("amount", [-5, 2**31])
def test_a_campaign_whose_referee_reward_cannot_be_paid_is_not_made(project, club, amount):
    with pytest.raises(InvalidPayload) as refused:
        a_referral_programme(project, a_definition(project, "signed_up"), club=club, referee_points=amount)

    assert [error.path for error in refused.value.errors] == ["referral_program.referee_reward.amount"]
    assert ReferralProgram.objects.count() == 0


def test_a_campaign_whose_tier_cannot_be_paid_is_not_made(project, club):
    with pytest.raises(InvalidPayload) as refused:
        a_referral_programme(project, a_definition(project, "signed_up"), club=club, referrer_points=-5)

    assert [error.path for error in refused.value.errors] == ["referral_program.tiers.0.reward.amount"]
    assert ReferralProgram.objects.count() == 0
