"""An event that brings a code converts a referral, once per referee and campaign."""

import pytest

from campaigns.models import Holder
from loyalty.models import LoyaltyCard
from referrals.models import Conversion, ReferralTier
from tests.factories import ProjectFactory
from tests.threads import at_once
from tests.world import (
    NOW,
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    accept,
    an_event,
    balances,
    customer,
    reasons,
    send,
)


def set_up(project):
    signed_up = a_definition(project, "signed_up")
    club = a_loyalty_programme(project)
    referrals = a_referral_programme(project, signed_up, club=club, referee_points=50, referrer_points=100)
    a_published_code(referrals, "NRY-01", to="ada")
    return referrals


@pytest.fixture
def referrals(project):
    return set_up(project)


def refer(by="ben", code="NRY-01", **parts):
    return an_event(by=by, referral={"code": code}, **parts)


def effects(accepted, kind):
    return [effect.as_json() for effect in accepted.effects if effect.kind == kind]


def test_a_conversion_remembers_who_through_whom_and_by_what(project, referrals):
    accepted = accept(project, refer())[0]

    conversion = Conversion.objects.get()
    ada, ben = customer(project, "ada"), customer(project, "ben")
    assert (conversion.program.campaign, conversion.voucher.code) == (referrals, "NRY-01")
    assert (conversion.referrer, conversion.referee, conversion.event_id) == (ada, ben, accepted.event.pk)
    assert (conversion.status, conversion.reason, conversion.converted_at) == ("counted", "", NOW)
    assert effects(accepted, "referral.converted") == [
        {
            "kind": "referral.converted",
            "referrer_id": ada.public_id,
            "code": "NRY-01",
            "campaign_id": referrals.public_id,
            "conversion_id": conversion.public_id,
        }
    ]


def test_the_referee_becomes_a_holder_of_the_code(project, referrals):
    accept(project, refer())

    roles = Holder.objects.filter(voucher__code="NRY-01").order_by("id").values_list("customer__source_id", "role")
    assert list(roles) == [("ada", "REFERRER"), ("ben", "REFEREE")]


def test_both_sides_are_rewarded_in_the_order_referee_referrer(project, referrals):
    accepted = accept(project, refer())[0]

    granted = effects(accepted, "reward.granted")
    ada, ben = customer(project, "ada"), customer(project, "ben")
    assert [(effect["type"], effect["amount"], effect["customer"]) for effect in granted] == [
        ("LOYALTY_CARD", 50, ben.public_id),
        ("LOYALTY_CARD", 100, ada.public_id),
    ]
    assert balances(project) == {"ada": 100, "ben": 50}
    [tier] = ReferralTier.objects.all()
    cards = {card.customer.public_id: card.voucher.code for card in LoyaltyCard.objects.select_related()}
    assert [(effect["card"], effect["tier"]) for effect in granted] == [
        (cards[ben.public_id], None),
        (cards[ada.public_id], tier.public_id),
    ]


def test_every_referee_counts_for_the_referrer(project, referrals):
    accept(project, refer("ben"), refer("cleo"))
    accept(project, refer("dora"))

    assert balances(project) == {"ada": 300, "ben": 50, "cleo": 50, "dora": 50}


def test_of_two_events_of_one_referee_in_a_list_the_first_converts(project, referrals):
    first, second = accept(project, refer(), refer())

    assert (effects(second, "referral.converted"), reasons(second)) == ([], [("referral", "already_referred")])
    assert Conversion.objects.get().event_id == first.event.pk
    assert balances(project) == {"ada": 100, "ben": 50}


def test_of_two_codes_of_one_campaign_in_a_list_the_first_converts(project, referrals):
    a_published_code(referrals, "NRY-02", to="cleo")

    accept(project, refer(code="NRY-02"), refer(code="NRY-01"))

    assert balances(project) == {"cleo": 100, "ben": 50}


def test_a_referee_may_be_counted_by_each_of_two_campaigns(project, referrals):
    signed_up = referrals.referral_program.definition
    other = a_referral_programme(project, signed_up, name="Bring another")
    a_published_code(other, "OTHER", to="cleo")

    accept(project, refer(), refer(code="OTHER"))

    assert [conversion.referrer.source_id for conversion in Conversion.objects.order_by("id")] == ["ada", "cleo"]


def test_referrer_and_referee_may_refer_each_other(project, referrals):
    a_published_code(referrals, "NRY-02", to="ben")

    accept(project, refer("ben", "NRY-01"), refer("ada", "NRY-02"))

    assert balances(project) == {"ada": 150, "ben": 150}


def test_a_referral_without_rewards_is_counted_all_the_same(project):
    referrals = a_referral_programme(project, a_definition(project, "signed_up"))
    a_published_code(referrals, "NRY-01", to="ada")

    accepted = accept(project, refer())[0]

    assert [effect.kind for effect in accepted.effects] == ["customer.created", "referral.converted"]


def test_a_reward_without_a_card_to_be_had_is_told_and_the_conversion_stands(project):
    signed_up = a_definition(project, "signed_up")
    sold_out = a_loyalty_programme(project, type="STATIC")
    referrals = a_referral_programme(project, signed_up, club=sold_out, referee_points=50)
    a_published_code(referrals, "NRY-01", to="ada")

    accepted = accept(project, refer())[0]

    assert reasons(accepted) == [("referral", "no_card")]
    assert (Conversion.objects.count(), balances(project)) == (1, {})


def test_a_reward_that_the_card_cannot_hold_is_told_and_the_conversion_stands(project):
    signed_up = a_definition(project, "signed_up")
    full = a_loyalty_programme(project, initial_points=10**15)
    referrals = a_referral_programme(project, signed_up, club=full, referee_points=50)
    a_published_code(referrals, "NRY-01", to="ada")

    accepted = accept(project, refer())[0]

    assert reasons(accepted) == [("referral", "points_out_of_range")]
    assert balances(project) == {"ben": 10**15}


def test_an_unknown_code_is_refused_and_nothing_is_stored(project, referrals):
    refused = send(project, refer(code="NRY-99"))[0]

    assert (refused.key, refused.resource_type, refused.resource_id) == ("not_found", "voucher", "NRY-99")
    assert refused.details == "Cannot find voucher with id NRY-99"


@pytest.mark.django_db(transaction=True)
def test_of_many_first_events_of_one_referee_one_converts():
    project = ProjectFactory()
    set_up(project)

    accepted = at_once([lambda: accept(project, refer())[0]] * 8)

    assert sorted(reasons(item) for item in accepted) == [[], *[[("referral", "already_referred")]] * 7]
    assert balances(project) == {"ada": 100, "ben": 50}
