"""Earning rules that pay for entering a segment: once for each entry, by an event, a profile or the calendar."""

from datetime import timedelta

import pytest
from django.db import connection

from common.refusals import InUse, InvalidPayload
from customers.profiles import Profile
from events.acceptance import accept_events
from events.models import StoredEffect
from events.payloads import CLIENT_API, Source, parse_event
from events.profiles import upsert_customers
from events.voiding import void_event
from loyalty.models import LedgerEntry
from loyalty.rules import RuleFields, create_rule, delete_rule, set_active
from loyalty.validating import give_validation_rule
from projects.models import AuditEntry
from segments.creation import delete_segment
from segments.due import run_due
from tests.rules.world import a_validation_rule
from tests.segments.world import PAID_LATELY, a_segment, history, members
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
    kinds,
    reasons,
)

TWICE = {"events.paid.count": {"conditions": {"$more_than_equal": [2]}}}
GOLD = {"metadata.tier": {"conditions": {"$is": "gold"}}}


@pytest.fixture
def paid(project):
    return a_definition(project, "paid")


@pytest.fixture
def club(project):
    return a_loyalty_programme(project)


def an_entry_rule(club, segment, points=10, **fields):
    program = club.loyalty_program
    program.project.refresh_from_db()
    return create_rule(program, None, RuleFields("FIXED", points, **fields), segment_id=segment.pk, by=TESTER)


def paying(by="ben", **parts):
    return an_event("paid", by=by, **parts)


def upsert(project, by, **metadata):
    upsert_customers(project, [Profile(source_id=by, metadata=metadata)], group_id="", now=NOW)


def sources(project):
    return sorted(LedgerEntry.objects.filter(project=project).values_list("source", flat=True))


def test_whoever_an_event_brings_in_is_paid_in_the_next_round_and_once(project, club, paid):
    segment = a_segment(project, TWICE)
    rule = an_entry_rule(club, segment)

    first, second, third = (accept(project, paying())[0] for _ in range(3))

    assert [kinds(first), kinds(third)] == [["customer.created"], []]
    assert kinds(second) == ["segment.entered", "code.published", "points.earned"]
    assert second.effects[-1].data["rule"] == rule.public_id
    entry = LedgerEntry.objects.get()
    assert (entry.source, entry.points, entry.rule, entry.event_id) == (
        f"event:{second.event.pk}:rule:{rule.pk}",
        10,
        rule,
        second.event.pk,
    )
    assert balances(project) == {"ben": 10}


def test_points_of_an_entry_bring_their_customer_into_further_segments(project, club, paid):
    rich = a_segment(
        project, {"loyalty_points.campaigns.Club.points": {"conditions": {"$more_than_equal": [10]}}}, "Rich"
    )
    an_entry_rule(club, a_segment(project, TWICE))
    accept(project, paying())

    second = accept(project, paying())[0]

    assert kinds(second) == ["segment.entered", "code.published", "points.earned", "segment.entered"]
    assert members(rich) == ["ben"]


def test_where_the_chain_ends_memberships_are_right_and_nothing_more_is_paid(project, club, paid):
    def having(points, name):
        path = "loyalty_points.campaigns.Club.points"
        return a_segment(project, {path: {"conditions": {"$more_than_equal": [points]}}}, name)

    ten, twenty = having(10, "Ten"), having(20, "Twenty")
    for segment in (a_segment(project), ten, twenty):
        an_entry_rule(club, segment)
    upsert(project, "ben")

    accepted = accept(project, paying())[0]

    # Entered, 10 points, entered, 10 points: the fourth round is the last.
    assert (balances(project), reasons(accepted)) == ({"ben": 20}, [("chain", "depth_limit")])
    assert [members(ten), members(twenty)] == [["ben"], ["ben"]]
    assert [row[1:3] for row in history(twenty)] == [(True, "event")]
    assert kinds(accept(project, paying())[0]) == []


def test_a_profile_brings_its_customer_in_again_after_it_has_left_and_each_entry_pays(project, club):
    an_entry_rule(club, a_segment(project, GOLD))

    for tier in ("gold", "gold", "silver", "gold"):
        upsert(project, "ben", tier=tier)

    assert balances(project) == {"ben": 20}
    assert LedgerEntry.objects.filter(event_id=None).count() == 2


def test_the_calendar_pays_each_entry_once(project, club, paid):
    silent = {"events.paid.last_at": {"conditions": {"$more_than_ago": [30]}}}
    segment = a_segment(project, silent, "Silent")
    rule = an_entry_rule(club, segment)
    accept(project, paying(), paying(by="ann"))

    run_due(NOW + timedelta(days=30))
    assert LedgerEntry.objects.count() == 0
    run_due(NOW + timedelta(days=31))
    run_due(NOW + timedelta(days=31))

    assert (members(segment), balances(project)) == (["ann", "ben"], {"ann": 10, "ben": 10})
    told = StoredEffect.objects.filter(cause_kind="time", kind="points.earned")
    assert [effect.data["rule"] for effect in told] == [rule.public_id] * 2
    assert sources(project) == sorted(f"time:{effect.cause_id}:rule:{rule.pk}" for effect in told)


def test_somebody_else_than_the_sender_is_paid_where_a_referral_brings_them_in(project, club):
    signed_up = a_definition(project, "signed_up")
    code = a_published_code(a_referral_programme(project, signed_up), "ADA-1", to="ada")
    an_entry_rule(club, a_segment(project, {"loyalty.referred_customers": {"conditions": {"$is": [1]}}}, "Helpers"))

    accept(project, an_event("signed_up", by="ben", referral={"code": code.code}))

    assert balances(project) == {"ada": 10}


def test_voiding_takes_the_customer_out_and_the_points_back(project, club, paid):
    segment = a_segment(project, PAID_LATELY)
    an_entry_rule(club, segment)
    event = accept(project, paying())[0].event

    voided = void_event(project, event, reason="", force=False, by=TESTER, group_id="v-2", now=NOW)

    assert [effect["kind"] for effect in voided.effects] == ["points.reversed", "code.unpublished", "segment.left"]
    assert (members(segment), balances(project)) == ([], {"ben": 0})
    accept(project, paying())
    assert (members(segment), balances(project)) == (["ben"], {"ben": 10})


def test_who_is_back_because_an_event_was_taken_back_is_not_paid_again(project, club, paid):
    segment = a_segment(project, {"events.paid.count": {"conditions": {"$is": [1]}}}, "Once")
    an_entry_rule(club, segment)
    accept(project, paying())
    second = accept(project, paying())[0].event
    assert members(segment) == []

    voided = void_event(project, second, reason="", force=False, by=TESTER, group_id="v-2", now=NOW)

    assert [effect["kind"] for effect in voided.effects] == ["segment.entered"]
    assert (members(segment), balances(project)) == (["ben"], {"ben": 10})


def test_a_filling_pays_nobody(project, club, paid):
    accept(project, paying())
    segment = a_segment(project, is_filled=False)
    an_entry_rule(club, segment)

    assert balances(project) == {}
    accept(project, paying(by="ann"))
    assert balances(project) == {}


def test_a_repeated_event_pays_nothing_more(project, club, paid):
    an_entry_rule(club, a_segment(project))

    for _ in range(2):
        accept_events(project=project, payloads=[parse_event(paying(id="e-1"))], now=NOW)

    assert balances(project) == {"ben": 10}


def test_what_declines_is_told_with_its_reason(project, club, paid):
    segment = a_segment(project)
    off, early = an_entry_rule(club, segment), an_entry_rule(club, segment, start_date=NOW + timedelta(days=1))
    set_active(off, False, by=TESTER, now=NOW)
    sworn = an_entry_rule(club, segment)
    never = a_validation_rule(project, {"1": {"name": "customer.source_id", "conditions": {"$is": ["nobody"]}}})
    give_validation_rule(sworn, never.public_id, by=TESTER, now=NOW)
    an_entry_rule(a_loyalty_programme(project, "Closed", auto_join=False), segment)

    accepted = accept(project, paying())[0]

    assert [(skip.id, str(skip.reason)) for skip in accepted.skips][:3] == [
        (off.public_id, "rule_inactive"),
        (early.public_id, "outside_window"),
        (sworn.public_id, "condition_not_met"),
    ]
    assert (reasons(accepted)[3:], balances(project)) == ([("earning_rule", "no_card")], {})


def test_a_validation_rule_asks_about_whom_the_calendar_brought_in(project, club, paid):
    rule = an_entry_rule(club, a_segment(project, {"events.paid.last_at": {"conditions": {"$more_than_ago": [30]}}}))
    ann = a_validation_rule(project, {"1": {"name": "customer.source_id", "conditions": {"$is": ["ann"]}}})
    give_validation_rule(rule, ann.public_id, by=TESTER, now=NOW)
    accept(project, paying(), paying(by="ann"))

    run_due(NOW + timedelta(days=40))

    assert balances(project) == {"ann": 10}


def test_a_validation_rule_about_events_is_none_for_an_entry(project, club):
    rule = an_entry_rule(club, a_segment(project, GOLD))
    videos = a_validation_rule(project)

    with pytest.raises(InvalidPayload) as refused:
        give_validation_rule(rule, videos.public_id, by=TESTER, now=NOW)

    assert [(error.path, error.code) for error in refused.value.errors] == [("rules.1.property", "not_found")]


def test_browsers_that_may_not_earn_earn_nothing_by_entering(project, club, paid):
    segment = a_segment(project)
    an_entry_rule(club, segment)
    accept(project, paying(by="ben", id="other"))
    upsert(project, "ann")

    payload = parse_event(paying(by="ann"), Source(CLIENT_API, "v-1"))
    (accepted,) = accept_events(project=project, payloads=[payload], now=NOW)

    assert (members(segment), balances(project)) == (["ann", "ben"], {"ben": 10})
    assert reasons(accepted) == [("earning_rule", "client_earning_off")]


def test_a_passive_segment_turns_active_and_is_kept_as_long_as_the_rule(project, club):
    segment = a_segment(project, GOLD, "Gold", kind="passive")
    rule = an_entry_rule(club, segment, banner="Welcome to gold")

    segment.refresh_from_db()
    assert segment.type == "auto-update"
    assert AuditEntry.objects.filter(action="segment.made_active").count() == 1
    with pytest.raises(InUse, match="in use by earning rule 'Welcome to gold'"):
        delete_segment(segment, by=TESTER, request_id="v-3", now=NOW)
    delete_rule(rule, by=TESTER, now=NOW)
    delete_segment(segment, by=TESTER, request_id="v-3", now=NOW)


@pytest.mark.parametrize("whose", ["static", "deleted", "mallorys"])
def test_only_a_living_segment_with_a_filter_can_be_entered(project, mallorys_project, club, whose):
    segment = a_segment(mallorys_project if whose == "mallorys" else project, GOLD, "Gold")
    if whose == "deleted":
        delete_segment(segment, by=TESTER, request_id="v-3", now=NOW)
    elif whose == "static":
        type(segment).objects.filter(pk=segment.pk).update(type="static", filter=None)

    with pytest.raises(InvalidPayload) as refused:
        an_entry_rule(club, segment)

    assert [error.path for error in refused.value.errors] == ["segment.id"]


def test_an_entry_has_no_number_to_count(project, club):
    segment = a_segment(project, GOLD)
    fields = RuleFields("PROPORTIONAL", 1, every=1, property_name="amount")

    with pytest.raises(InvalidPayload) as refused:
        create_rule(club.loyalty_program, None, fields, segment_id=segment.pk, by=TESTER)

    assert [error.path for error in refused.value.errors] == ["loyalty.type"]


def test_other_projects_are_left_alone(project, mallorys_project, club, paid):
    a_definition(mallorys_project, "paid")
    an_entry_rule(a_loyalty_programme(mallorys_project), a_segment(mallorys_project))
    a_segment(project)

    accept(project, paying())

    assert LedgerEntry.objects.count() == 0


@pytest.mark.parametrize("count", [1, 50])
def test_fifty_entries_take_as_many_statements_as_one(project, club, paid, count, django_assert_num_queries):
    an_entry_rule(club, a_segment(project, TWICE))
    names = [f"customer {number:02}" for number in range(count)]
    accept(project, *[paying(by=name) for name in (*names, "warm", "warm")])
    payloads = [parse_event(paying(by=name)) for name in names]

    # As in tests/segments/test_live.py, and what a rule costs that opens cards and looks what was paid.
    with django_assert_num_queries(20 if connection.vendor == "sqlite" else 17):
        accept_events(project=project, payloads=payloads, now=NOW)
