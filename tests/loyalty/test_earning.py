"""Which rule pays how much for which event, and why the others do not."""

from datetime import timedelta
from decimal import Decimal

import pytest

from campaigns.creation import set_active as set_campaign_active
from campaigns.models import Campaign
from loyalty.models import LedgerEntry, LoyaltyCard
from loyalty.rules import delete_rule, set_active
from projects.audit import raise_revision
from tests.world import (
    NOW,
    TESTER,
    a_definition,
    a_loyalty_programme,
    a_proportional_rule,
    a_published_code,
    a_rule,
    accept,
    an_event,
    balances,
    customer,
    reasons,
)

AMOUNT = {"amount": {"type": "number", "optional": True, "aliases": ["sum"]}}
YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)


@pytest.fixture
def paid(project):
    return a_definition(project, "paid", AMOUNT)


@pytest.fixture
def club(project):
    return a_loyalty_programme(project)


def pay(project, amount=5, by="ben", **parts):
    return accept(project, an_event("paid", by=by, metadata={"amount": amount}, **parts))[0]


def test_a_fixed_rule_pays_its_points(project, club, paid):
    rule = a_rule(club, paid, points=10)

    accepted = pay(project)

    card = LoyaltyCard.objects.get()
    entry = LedgerEntry.objects.get()
    assert (card.balance, card.lifetime, card.customer.source_id) == (10, 10, "ben")
    assert (entry.kind, entry.points, entry.rule, entry.event_id) == ("earn", 10, rule, accepted.event.pk)
    assert (entry.source, entry.balance_after, entry.lifetime_after, entry.created_at) == (
        f"event:{accepted.event.pk}:rule:{rule.pk}",
        10,
        10,
        NOW,
    )
    assert [effect.as_json() for effect in accepted.effects if effect.kind == "points.earned"] == [
        {
            "kind": "points.earned",
            "points": 10,
            "card": card.voucher.code,
            "rule": rule.public_id,
            "customer": card.customer.public_id,
            "campaign_id": club.public_id,
            "transaction": entry.public_id,
        }
    ]


def test_every_rule_of_the_event_pays_in_the_order_in_which_they_were_made(project, club, paid):
    gold = a_loyalty_programme(project, "Gold")
    for campaign, points in ((club, 10), (gold, 7), (club, 5)):
        a_rule(campaign, paid, points=points)
    a_rule(club, a_definition(project, "visited"), points=1000)

    accepted = pay(project)

    assert [effect.data["points"] for effect in accepted.effects if effect.kind == "points.earned"] == [10, 7, 5]
    assert sorted(card.balance for card in LoyaltyCard.objects.all()) == [7, 15]


def test_every_event_earns_anew(project, club, paid):
    a_rule(club, paid, points=10)

    accept(project, *[an_event("paid")] * 3)
    pay(project)

    assert balances(project) == {"ben": 40}


@pytest.mark.parametrize(
    ("every", "points", "value", "earned"),
    [
        ("10", 1, 100, 10),
        ("10", 1, 99, 9),
        ("10", 1, Decimal("99.999"), 9),
        ("10", 3, 25, 6),
        ("0.1", 1, Decimal("0.3"), 3),
        ("0.1", 1, Decimal("0.29999"), 2),
        ("0.000001", 1, Decimal("0.000007"), 7),
        ("2.5", 2, Decimal("7.5"), 6),
        ("1", 1, Decimal("1.0"), 1),
        ("1", 1, 10**15, 10**15),
        ("10", 1, 10**16, 10**15),
        ("99999999999999.9", 5, Decimal("99999999999999.9"), 5),
        ("99999999999999.9", 5, Decimal("99999999999999.8"), 0),
        ("123456789.012345", 1, Decimal("1234567890.12345"), 10),
    ],
)
def test_a_proportional_rule_pays_for_every_full_step(project, club, paid, every, points, value, earned):
    a_proportional_rule(club, paid, points=points, every=every, of="amount")

    pay(project, value)

    assert sum(balances(project).values()) == earned


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "property_missing"),
        (0, "condition_not_met"),
        (Decimal("9.99"), "condition_not_met"),
        (-1, "condition_not_met"),
        (-1000, "condition_not_met"),
        (-(2**63), "condition_not_met"),
        (Decimal("-1e300"), "condition_not_met"),
        (Decimal("1e-300"), "condition_not_met"),
        (10 * (10**15 + 1), "points_out_of_range"),
        (2**63 - 1, "points_out_of_range"),
        (Decimal("1e300"), "points_out_of_range"),
    ],
)
def test_a_proportional_rule_says_why_it_pays_nothing(project, club, paid, value, reason):
    rule = a_proportional_rule(club, paid, points=1, every="10", of="amount")

    accepted = pay(project, value)

    assert [skip.as_json() for skip in accepted.skips] == [
        {"kind": "earning_rule", "id": rule.public_id, "reason": reason}
    ]


def test_points_that_exceed_the_range_by_their_factor_are_not_paid(project, club, paid):
    a_proportional_rule(club, paid, points=2, every="1", of="amount")

    assert reasons(pay(project, 5 * 10**14 + 1)) == [("earning_rule", "points_out_of_range")]
    pay(project, 5 * 10**14)
    assert balances(project) == {"ben": 10**15}


def test_a_missing_property_earns_nothing(project, club, paid):
    a_proportional_rule(club, paid, points=1, every="1", of="amount")

    accepted = accept(project, an_event("paid"))[0]

    assert (reasons(accepted), balances(project)) == ([("earning_rule", "property_missing")], {})


def test_a_property_is_found_under_its_former_name(project, club, paid):
    a_proportional_rule(club, paid, points=1, every="1", of="amount")

    accept(project, an_event("paid", metadata={"sum": 7}))

    assert balances(project) == {"ben": 7}


@pytest.mark.parametrize(
    ("switch", "reason"),
    [
        (lambda club, rule: set_active(rule, False, by=TESTER, now=NOW), [("earning_rule", "rule_inactive")]),
        (
            lambda club, rule: set_campaign_active(club, False, by=TESTER, now=NOW),
            [("earning_rule", "campaign_inactive")],
        ),
        (lambda club, rule: delete_rule(rule, by=TESTER, now=NOW), []),
    ],
)
def test_what_is_switched_off_pays_nothing(project, club, paid, switch, reason):
    switch(club, a_rule(club, paid))

    assert (reasons(pay(project)), balances(project)) == (reason, {})


@pytest.mark.parametrize(
    ("window", "pays"),
    [
        ({"start_date": NOW}, True),
        ({"start_date": NOW + timedelta(microseconds=1)}, False),
        ({"expiration_date": NOW}, False),
        ({"expiration_date": NOW + timedelta(microseconds=1)}, True),
        ({"start_date": YESTERDAY, "expiration_date": TOMORROW}, True),
        ({"start_date": YESTERDAY, "expiration_date": NOW}, False),
    ],
)
@pytest.mark.parametrize("of", ["rule", "campaign"])
def test_windows_include_their_start_and_exclude_their_end(project, paid, window, pays, of):
    club = a_loyalty_programme(project, **(window if of == "campaign" else {}))
    a_rule(club, paid, **(window if of == "rule" else {}))

    assert reasons(pay(project)) == ([] if pays else [("earning_rule", "outside_window")])


def test_without_a_card_nothing_is_earned_where_joining_is_not_automatic(project, paid):
    a_rule(a_loyalty_programme(project, auto_join=False), paid)

    assert (reasons(pay(project)), balances(project)) == ([("earning_rule", "no_card")], {})


def test_without_a_free_card_nothing_is_earned(project, paid):
    a_rule(a_loyalty_programme(project, type="STATIC", vouchers_count=1), paid, points=10)

    first, second = accept(project, an_event("paid", by="ben"), an_event("paid", by="cleo"))

    assert [reasons(first), reasons(second)] == [[], [("earning_rule", "no_card")]]
    assert balances(project) == {"ben": 10}


def test_a_member_earns_where_joining_is_not_automatic(project, paid):
    club = a_loyalty_programme(project, auto_join=False)
    a_rule(club, paid, points=10)
    a_published_code(club, "CARD-1", to="ben")

    pay(project)

    assert balances(project) == {"ben": 10}


def test_a_card_that_is_full_takes_no_more(project, paid):
    club = a_loyalty_programme(project, initial_points=10**15 - 15)
    a_rule(club, paid, points=10)

    accepted = accept(project, *[an_event("paid")] * 2)

    assert [reasons(item) for item in accepted] == [[], [("earning_rule", "points_out_of_range")]]
    assert balances(project) == {"ben": 10**15 - 5}


def test_rules_are_judged_at_the_moment_of_the_event_whatever_came_after(project, club, paid):
    a_rule(club, paid, points=10)
    pay(project)

    Campaign.objects.filter(pk=club.pk).update(active=False)
    raise_revision(project)

    assert (reasons(pay(project)), balances(project)) == ([("earning_rule", "campaign_inactive")], {"ben": 10})


def test_another_projects_rules_do_not_pay(project, mallorys_project, paid):
    a_rule(a_loyalty_programme(mallorys_project), a_definition(mallorys_project, "paid", AMOUNT))

    pay(project)

    assert (balances(project), balances(mallorys_project)) == ({}, {})
    assert customer(project, "ben") is not None
