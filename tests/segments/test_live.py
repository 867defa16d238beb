"""Segments follow what happens: in its transaction, by what depends on it, and told once."""

from datetime import timedelta

import pytest
from django.db import connection

from customers.models import Customer
from customers.profiles import Profile
from events.acceptance import accept_events
from events.erasure import delete_customers
from events.models import StoredEffect
from events.payloads import parse_event
from events.profiles import upsert_customers
from events.voiding import void_event
from loyalty.balances import adjust_balance
from loyalty.models import LoyaltyCard
from projects.models import AsyncAction
from segments import filling
from segments.creation import change_segment
from segments.models import Membership
from segments.reading import counts_by_day
from tests.factories import CustomerFactory
from tests.segments.world import PAID_LATELY, a_segment, fill, history, members
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
    kinds,
    send,
)

TWICE_IN_BULK = {
    "events.paid.count": {
        "conditions": {"$more_than_equal": [2]},
        "where": {"metadata.amount": {"conditions": {"$more_than": [100]}}},
    }
}


@pytest.fixture
def paid(project):
    return a_definition(project, "paid", {"amount": {"type": "number", "optional": True}})


def paying(by="ben", **metadata):
    return an_event("paid", by=by, metadata=metadata)


def test_whoever_an_event_brings_in_is_told_with_it_and_told_once(project, paid):
    segment = a_segment(project, TWICE_IN_BULK)

    first, second, third = accept(project, paying(amount=200), paying(amount=99), paying(amount=101))
    later = accept(project, paying(amount=500))[0]

    # What a list brings is judged at its end.
    told = [effect for accepted in (first, second, third, later) for effect in accepted.effects]
    assert [(effect.kind, dict(effect.data)) for effect in told if effect.kind.startswith("segment.")] == [
        ("segment.entered", {"segment": segment.public_id})
    ]
    assert members(segment) == ["ben"]
    assert history(segment) == [("ben", True, "event", NOW)]


def test_passive_segments_follow_silently(project, paid):
    segment = a_segment(project, kind="passive")

    accepted = accept(project, paying())[0]

    assert (members(segment), kinds(accepted)) == (["ben"], ["customer.created"])


def test_voiding_an_event_takes_the_customer_out(project, paid):
    segment = a_segment(project)
    event = accept(project, paying())[0].event

    voided = void_event(project, event, reason="", force=False, by=TESTER, group_id="v-2", now=NOW)

    assert [effect["kind"] for effect in voided.effects] == ["segment.left"]
    assert (members(segment), Membership.objects.count()) == ([], 0)
    assert [row[1:3] for row in history(segment)] == [(True, "event"), (False, "event.voided")]


def test_profiles_points_and_referrals_move_segments_outside_events_too(project):
    signed_up = a_definition(project, "signed_up")
    club = a_loyalty_programme(project, "The V.I.P. club")
    a_rule(club, signed_up, points=10)
    code = a_published_code(a_referral_programme(project, signed_up), "ADA-1", to="ada")
    gold = a_segment(project, {"metadata.tier": {"conditions": {"$is": "gold"}}}, "Gold")
    rich = a_segment(
        project, {"loyalty_points.campaigns.The V.I.P. club.points": {"conditions": {"$more_than": ["10"]}}}, "Rich"
    )
    helpers = a_segment(project, {"loyalty.referred_customers": {"conditions": {"$is": 1}}}, "Helpers")

    accept(project, an_event(by="ben", referral={"code": code.code}))
    upsert_customers(project, [Profile(source_id="ben", metadata={"tier": "gold"})], group_id="", now=NOW)
    card = LoyaltyCard.objects.get(customer=customer(project, "ben"))
    adjust_balance(card, 1, reason="", source_id=None, group_id="", now=NOW, by=TESTER)

    assert (members(gold), members(rich), members(helpers)) == (["ben"], ["ben"], ["ada"])
    card.refresh_from_db()
    adjust_balance(card, -1, reason="", source_id=None, group_id="", now=NOW, by=TESTER)
    upsert_customers(project, [Profile(source_id="ben", metadata={"tier": None})], group_id="", now=NOW)
    assert (members(gold), members(rich), members(helpers)) == ([], [], ["ada"])
    assert [row[1:3] for row in history(rich)] == [(True, "person"), (False, "person")]


def test_deleted_customers_are_in_no_segment(project, paid):
    segment = a_segment(project)
    accept(project, paying(), paying(by="ada"))

    delete_customers(project, [customer(project, "ben")], group_id="", now=NOW)

    assert members(segment) == ["ada"]
    # Silently, but the counts of its days stay right.
    assert [row[1:3] for row in history(segment)] == [(True, "event"), (True, "event"), (False, "customer.deleted")]
    assert [row[1:] for row in counts_by_day(segment, 1, NOW)] == [(2, 1, 1)]
    assert not StoredEffect.objects.filter(kind="segment.left").exists()


def test_filling_and_editing_judge_everybody_and_tell_nobody(project, paid):
    accept(project, paying(), paying(by="ada", amount=200), paying(by="ada", amount=300))
    segment = a_segment(project)
    told = StoredEffect.objects.filter(kind__startswith="segment.")

    assert (members(segment), history(segment)[0][2], told.count()) == (["ada", "ben"], "fill", 0)
    change_segment(segment, name="Whales", filter=TWICE_IN_BULK, by=TESTER, request_id="v-2", now=NOW)
    assert segment.initial_sync_status == "IN_PROGRESS"
    fill(segment)
    assert (members(segment), told.count(), segment.initial_sync_status) == (["ada"], 0, "DONE")


def test_a_filling_that_was_cut_off_goes_on_behind_its_last_chunk(project, paid, monkeypatch):
    monkeypatch.setattr(filling, "CHUNK", 2)
    accept(project, *[paying(by=f"customer {number}") for number in range(5)])
    segment = a_segment(project, is_filled=False)
    filling._fill_chunk(segment.action, segment.pk, NOW)
    half = members(segment)

    fill(segment)

    assert (half, len(history(segment))) == (["customer 0", "customer 1"], 5)
    assert AsyncAction.objects.get().done_count == 5


def test_other_projects_are_left_alone(project, mallorys_project, paid):
    a_definition(mallorys_project, "paid")
    segment, hers = a_segment(project), a_segment(mallorys_project)

    accept(project, paying())

    assert (members(segment), members(hers)) == (["ben"], [])


@pytest.mark.parametrize("count", [1, 50])
def test_fifty_events_take_as_many_statements_as_one(project, paid, count, django_assert_num_queries):
    a_definition(project, "seen")
    a_segment(project)
    a_segment(project, {"metadata.tier": {"conditions": {"$is": "gold"}}}, "Gold")
    names = [f"customer {n:02}" for n in range(count)]
    Customer.objects.bulk_create(CustomerFactory.build(project=project, source_id=name) for name in names)
    accept(project, an_event("seen", by="warm-up"))

    def measure(name, statements):
        payloads = [parse_event(an_event(name, by=by)) for by in names]
        with django_assert_num_queries(statements):
            accept_events(project=project, payloads=payloads, now=NOW)

    # As without any segment: a savepoint's two, customers, events.
    measure("seen", 2 + 2)
    # The facts and the memberships are read; memberships, history and effects are written.
    measure("paid", 2 + (5 if connection.vendor == "postgresql" else 7))


def test_events_of_long_ago_do_not_count_within_days(project, paid):
    segment = a_segment(project, PAID_LATELY)
    old = (NOW - timedelta(days=40)).isoformat()

    assert [outcome.event.name for outcome in send(project, paying() | {"occurred_at": old})] == ["paid"]
    assert members(segment) == []
