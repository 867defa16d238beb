"""One event through the whole house."""

import pytest

from tests.world import (
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    a_rule,
    accept,
    an_event,
    balances,
    kinds,
)


@pytest.fixture
def club(project):
    signed_up = a_definition(project, "signed_up")
    club = a_loyalty_programme(project)
    a_rule(club, signed_up, points=10)
    referrals = a_referral_programme(project, signed_up, club=club, referee_points=50, referrer_points=100)
    a_published_code(referrals, "NRY-01", to="ada")
    return club


def test_the_missions_event_converts_and_pays_both_sides(project, club):
    accepted = accept(project, an_event(referral={"code": "NRY-01"}))[0]

    assert balances(project) == {"ada": 100, "ben": 60}
    assert kinds(accepted) == [
        "customer.created",
        "referral.converted",
        "reward.granted",
        "code.published",
        "points.earned",
        "reward.granted",
        "code.published",
        "points.earned",
        "points.earned",
    ]
