"""Why a code does not convert: every reason, and which comes first where several hold (contract e.5)."""

from datetime import timedelta
from itertools import combinations

import pytest

from campaigns.models import Campaign, Voucher
from campaigns.vouchers import add_code
from customers.models import Customer
from projects.audit import raise_revision
from referrals.models import Conversion
from tests.world import (
    NOW,
    TESTER,
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    accept,
    an_event,
    reasons,
)

YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)


@pytest.fixture
def referrals(project):
    referrals = a_referral_programme(project, a_definition(project, "signed_up"))
    a_definition(project, "visited")
    a_published_code(referrals, "NRY-01", to="ada")
    return referrals


def declined(project, event="signed_up", by="ben", code="NRY-01", **times):
    """The reasons for which the event did not convert."""
    accepted = accept(project, an_event(event, by=by, referral={"code": code}), **times)[0]
    return [reason for kind, reason in reasons(accepted) if kind == "referral"]


# What makes a code decline, in the order in which the reasons are looked at: how, by which event, of whom.
CASES = {
    "not_conversion_event": {"event": "visited"},
    "campaign_inactive": {"campaign": {"active": False}},
    "outside_window": {"campaign": {"expiration_date": NOW}},
    "code_disabled": {"voucher": {"active": False}},
    "code_expired": {"voucher": {"expiration_date": NOW}},
    "not_published": {"voucher": {"holder": None}},
    "self_referral": {"by": "ada"},
}
ORDER = list(CASES)


def arrange(project, *names):
    """Makes the cases true, and returns what the event has to be."""
    cases = [CASES[name] for name in names]
    for case in cases:
        if "campaign" in case:
            Campaign.objects.filter(project=project).update(**case["campaign"])
        if "voucher" in case:
            Voucher.objects.filter(project=project).update(**case["voucher"])
    raise_revision(project)
    return {key: case[key] for case in cases for key in ("event", "by") if key in case}


def test_a_good_code_is_not_declined(project, referrals):
    assert declined(project) == []
    assert Conversion.objects.count() == 1


@pytest.mark.parametrize("reason", ORDER)
def test_a_code_is_declined_for_its_reason_and_nothing_is_converted(project, referrals, reason):
    event = arrange(project, reason)

    assert declined(project, **event) == [reason]
    assert Conversion.objects.count() == 0


# A code that nobody has is nobody's own.
PAIRS = [pair for pair in combinations(ORDER, 2) if pair != ("not_published", "self_referral")]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_of_two_reasons_the_first_of_the_list_is_told(project, referrals, first, second):
    event = arrange(project, second, first)

    assert declined(project, **event) == [first]


def test_a_code_that_converts_by_redemption_is_not_converted_by_events(project):
    a_definition(project, "signed_up")
    a_published_code(a_referral_programme(project, None), "NRY-01", to="ada")

    assert declined(project) == ["not_conversion_event"]


def test_a_loyalty_card_is_no_referral_code(project, referrals):
    a_published_code(a_loyalty_programme(project), "CARD-1", to="ada")

    assert declined(project, code="CARD-1") == ["not_a_referral_code"]


def test_the_code_of_a_deleted_referrer_is_not_published(project, referrals):
    Customer.objects.update(deleted_at=NOW)

    assert declined(project) == ["not_published"]


def test_a_code_that_was_only_made_is_not_published(project, referrals):
    add_code(referrals, "NRY-02", by=TESTER)

    assert declined(project, code="NRY-02") == ["not_published"]


@pytest.mark.parametrize(
    ("window", "reason"),
    [
        ({"start_date": NOW}, []),
        ({"start_date": TOMORROW}, ["outside_window"]),
        ({"expiration_date": TOMORROW}, []),
        ({"expiration_date": NOW}, ["outside_window"]),
        ({"start_date": YESTERDAY, "expiration_date": NOW}, ["outside_window"]),
    ],
)
def test_a_campaigns_window_includes_its_start_and_excludes_its_end(project, window, reason):
    referrals = a_referral_programme(project, a_definition(project, "signed_up"), **window)
    a_published_code(referrals, "NRY-01", to="ada")

    assert declined(project) == reason


@pytest.mark.parametrize(
    ("window", "reason"),
    [
        ({"start_date": NOW, "expiration_date": TOMORROW}, []),
        ({"start_date": TOMORROW}, ["code_expired"]),
        ({"expiration_date": NOW}, ["code_expired"]),
    ],
)
def test_a_codes_own_window_holds_as_well(project, referrals, window, reason):
    Voucher.objects.update(**window)

    assert declined(project) == reason


def test_a_referee_is_counted_once_however_often_the_event_comes(project, referrals):
    declines = [declined(project, now=NOW + timedelta(days=day)) for day in range(3)]

    assert declines == [[], ["already_referred"], ["already_referred"]]
    assert Conversion.objects.count() == 1


def test_a_referee_is_counted_once_by_whichever_code_of_the_campaign(project, referrals):
    a_published_code(referrals, "NRY-02", to="cleo")

    assert [declined(project), declined(project, code="NRY-02")] == [[], ["already_referred"]]


def test_an_event_without_a_code_is_of_no_interest(project, referrals):
    assert reasons(accept(project, an_event())[0]) == []


def test_a_decline_is_told_with_the_code_as_it_was_written(project, referrals):
    accepted = accept(project, an_event("visited", referral={"code": "nry-01"}))[0]

    assert [skip.as_json() for skip in accepted.skips] == [
        {"kind": "referral", "id": "nry-01", "reason": "not_conversion_event"}
    ]
