"""An event may name the card that is to earn: then that card earns, and no other."""

import pytest

from campaigns.vouchers import add_code
from customers.models import Customer
from events.models import Event
from loyalty.models import LoyaltyCard
from tests.world import (
    NOW,
    TESTER,
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    a_rule,
    accept,
    an_event,
    customer,
    reasons,
    send,
)


@pytest.fixture
def club(project):
    club = a_loyalty_programme(project)
    a_rule(club, a_definition(project, "paid"), points=10)
    a_published_code(club, "CARD-1", to="ben")
    return club


def named(code, **parts):
    return an_event("paid", loyalty={"code": code}, **parts)


def refusal_of(project, body):
    refused = send(project, body)[0]
    assert Event.objects.count() == 0
    return refused.key, refused.details


def points_of(code):
    return LoyaltyCard.objects.get(voucher__code=code).balance


def test_the_named_card_earns(project, club):
    accept(project, named("CARD-1"), named("card-1"))

    assert points_of("CARD-1") == 20


def test_rules_of_other_programmes_do_not_pay(project, club):
    gold = a_loyalty_programme(project, "Gold")
    a_rule(gold, club.loyalty_program.earning_rules.get().definition, points=7)
    a_published_code(gold, "GOLD-1", to="ben")

    accepted = accept(project, named("CARD-1"))[0]

    assert reasons(accepted) == [("earning_rule", "other_card")]
    assert (points_of("CARD-1"), points_of("GOLD-1")) == (10, 0)


def test_without_a_name_every_card_earns(project, club):
    gold = a_loyalty_programme(project, "Gold")
    a_rule(gold, club.loyalty_program.earning_rules.get().definition, points=7)

    accept(project, an_event("paid"))

    assert sorted(card.balance for card in LoyaltyCard.objects.all()) == [7, 10]


def test_the_holder_may_be_named_by_id(project, club):
    ben = customer(project, "ben")

    accept(project, named("CARD-1", customer={"id": ben.public_id}))

    assert points_of("CARD-1") == 10


def test_an_unknown_card_is_not_found(project, club):
    assert refusal_of(project, named("NOBODYS")) == ("not_found", "Cannot find voucher with id NOBODYS")


def test_a_code_that_is_no_card_is_not_found(project, club):
    a_published_code(a_referral_programme(project, None), "NRY-01", to="ben")

    assert refusal_of(project, named("NRY-01")) == ("not_found", "Cannot find voucher with id NRY-01")


def test_another_projects_card_is_not_found(project, mallorys_project, club):
    a_published_code(a_loyalty_programme(mallorys_project), "MALLORYS", to="ben")

    assert refusal_of(project, named("MALLORYS"))[0] == "not_found"


INVALID = ("invalid_customer", "Customer must be a holder of a loyalty card.")


def test_somebody_elses_card_is_refused(project, club):
    a_published_code(club, "CARD-2", to="cleo")

    assert refusal_of(project, named("CARD-2")) == INVALID


def test_a_card_that_nobody_holds_is_refused(project, club):
    add_code(club, "CARD-2", by=TESTER)

    assert refusal_of(project, named("CARD-2")) == INVALID


def test_a_stranger_without_any_id_is_no_holder(project, club):
    assert refusal_of(project, named("CARD-1", customer={"email": "ben@example.com"})) == INVALID


def test_a_stranger_without_any_id_is_not_taken_for_a_holder_without_one(project, club):
    Customer.objects.filter(source_id="ben").update(source_id=None)

    assert refusal_of(project, named("CARD-1", customer={"email": "eve@example.com"})) == INVALID


def test_the_card_of_a_deleted_customer_is_nobodys(project, club):
    Customer.objects.filter(source_id="ben").update(source_id=None, deleted_at=NOW)

    assert refusal_of(project, named("CARD-1", customer={"email": "eve@example.com"})) == INVALID
