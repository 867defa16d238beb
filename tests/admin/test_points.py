"""Earning rules and points in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from customers.profiles import Profile
from events.profiles import upsert_customers
from eventschema.models import EventDefinition
from loyalty.models import EarningRule, LoyaltyCard
from projects.models import Project
from tests.admin.forms import errors_of, messages_of, posted
from tests.segments.world import a_segment
from tests.world import (
    NOW,
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_rule,
    accept,
    an_event,
    balances,
)

CARD = {"formula": "FIXED", "points": "20", "banner": "Welcome", "active": "on"}


@pytest.fixture
def signed_up(project: Project) -> EventDefinition:
    return a_definition(project, "signed_up")


@pytest.fixture
def club(project: Project) -> Campaign:
    return a_loyalty_programme(project, "Club")


def test_a_fixed_rule_pays(marketer: Client, project: Project, signed_up: EventDefinition, club: Campaign):
    posted(marketer, "loyalty_earningrule_add", CARD | {"program": club.pk, "definition": signed_up.pk})

    accept(project, an_event("signed_up", by="ben"))

    assert balances(project) == {"ben": 20}


def test_a_proportional_rule_pays(marketer: Client, project: Project, club: Campaign):
    paid = a_definition(project, "paid", {"amount": {"type": "number", "optional": True}})
    rule = CARD | {"formula": "PROPORTIONAL", "points": "2", "every": "10", "property_name": "amount"}
    posted(marketer, "loyalty_earningrule_add", rule | {"program": club.pk, "definition": paid.pk})

    accept(project, an_event("paid", by="ben", metadata={"amount": 45}))

    assert balances(project) == {"ben": 8}


def test_a_rule_offers_the_published_numbers_by_event(marketer: Client, project: Project, club: Campaign):
    number = {"type": "number", "optional": True}
    a_definition(project, "paid", {"amount": number, "note": {"type": "string", "optional": True}})
    a_definition(project, "visited", {"scores": number | {"array": True}})
    a_definition(project, "watched", {"seconds": number})

    form = marketer.get(reverse("admin:loyalty_earningrule_add")).context["adminform"].form

    assert list(form.fields["property_name"].choices) == [
        ("", "Choose a property"),
        ("paid", [("amount", "amount")]),
        ("watched", [("seconds", "seconds")]),
    ]


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"every": ""}, {"every": ["Say for every how much the points are given, such as 10."]}),
        ({"property_name": ""}, {"property_name": ["Say which number of the event is counted."]}),
        ({"points": "0"}, {"points": ["Ensure this value is greater than or equal to 1."]}),
        ({"every": "-1"}, {"every": ["Say for every how much the points are given, such as 10."]}),
        ({"every": "0.0000001"}, {"every": ["Ensure that there are no more than 6 decimal places."]}),
        ({"property_name": "seconds"}, {"property_name": ["Must be a number property of 'paid'"]}),
        (
            {"start_date": "2026-11-02T00:00", "expiration_date": "2026-11-01T00:00"},
            {"__all__": ["The end must be after the start."]},
        ),
    ],
)
def test_a_rule_that_cannot_be_says_why(
    change: dict[str, str], errors: dict[str, list[str]], marketer: Client, project: Project, club: Campaign
):
    paid = a_definition(project, "paid", {"amount": {"type": "number", "optional": True}})
    a_definition(project, "watched", {"seconds": {"type": "number", "optional": True}})
    rule = CARD | {"formula": "PROPORTIONAL", "every": "10", "property_name": "amount"} | change

    answer = posted(marketer, "loyalty_earningrule_add", rule | {"program": club.pk, "definition": paid.pk})

    assert errors_of(answer) == errors
    assert not EarningRule.objects.exists()


def test_a_step_belongs_to_proportional_rules_alone(
    marketer: Client, project: Project, signed_up: EventDefinition, club: Campaign
):
    sent = CARD | {"program": club.pk, "definition": signed_up.pk, "every": "10"}

    posted(marketer, "loyalty_earningrule_add", sent)

    assert EarningRule.objects.get().every is None


def test_a_rule_pays_for_entering_a_segment(marketer: Client, project: Project, signed_up: EventDefinition):
    club = a_loyalty_programme(project)
    segment = a_segment(project, {"events.signed_up.count": {"conditions": {"$more_than": [0]}}}, "Joined", "passive")
    # What is hidden may still hold something: it counts for nothing.
    hidden = {"definition": signed_up.pk, "formula": "PROPORTIONAL", "every": "10", "property_name": ""}
    sent = CARD | hidden | {"program": club.pk, "trigger": "segment", "segment": segment.public_id}

    posted(marketer, "loyalty_earningrule_add", sent)
    accept(project, an_event("signed_up", by="ben"))

    rule = EarningRule.objects.get()
    assert (rule.segment_id, rule.definition, balances(project)) == (segment.pk, None, {"ben": 20})
    pages = [
        reverse("admin:loyalty_earningrule_change", args=[rule.pk]),
        reverse("admin:loyalty_loyaltyprogram_change", args=[club.pk]),
    ]
    assert ["Entering Joined" in marketer.get(page).content.decode() for page in pages] == [True, True]
    posted(marketer, "loyalty_earningrule_change", CARD | {"points": "30"}, rule.pk)
    rule.refresh_from_db()
    assert (rule.points, rule.segment_id) == (30, segment.pk)


def test_a_card_names_the_rule_of_points_that_no_event_brought(marketer: Client, project: Project, club: Campaign):
    segment = a_segment(project, {"name": {"conditions": {"$is": "Ben"}}}, "Bens")
    sent = CARD | {"program": club.pk, "trigger": "segment", "segment": segment.public_id}
    posted(marketer, "loyalty_earningrule_add", sent)
    project.refresh_from_db()
    upsert_customers(project, [Profile(source_id="ben", fields={"name": "Ben"})], group_id="", now=NOW)

    page = marketer.get(reverse("admin:loyalty_loyaltycard_change", args=[LoyaltyCard.objects.get().pk]))

    rule = reverse("admin:loyalty_earningrule_change", args=[EarningRule.objects.get().pk])
    assert f'<a href="{rule}">Welcome</a>' in page.content.decode()


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"trigger": "event"}, {"definition": ["Choose an event."]}),
        ({"trigger": "segment"}, {"segment": ["Choose a segment."]}),
        (
            {"trigger": "segment", "segment": "seg_x"},
            {"segment": ["Select a valid choice. seg_x is not one of the available choices."]},
        ),
    ],
)
def test_a_rule_needs_what_it_pays_for(
    sent: dict[str, str], errors: dict[str, list[str]], marketer: Client, club: Campaign
):
    answer = posted(marketer, "loyalty_earningrule_add", CARD | {"program": club.pk} | sent)

    assert errors_of(answer) == errors


def test_a_rule_offers_the_segments_of_its_own_projects_that_can_be_entered(
    marketer: Client, project: Project, mallorys_project: Project, club: Campaign
):
    filtered = {"name": {"conditions": {"$is": "Ben"}}}
    segment, hers = a_segment(project, filtered, "Bens"), a_segment(mallorys_project, filtered, "Hers")

    form = marketer.get(reverse("admin:loyalty_earningrule_add")).context["adminform"].form

    assert list(form.fields["segment"].choices) == [("", "Choose a segment"), (segment.public_id, "Bens")]
    sent = CARD | {"program": club.pk, "trigger": "segment", "segment": hers.public_id}
    assert list(errors_of(posted(marketer, "loyalty_earningrule_add", sent))) == ["segment"]


def test_a_rule_is_changed_with_its_event_kept(marketer: Client, signed_up: EventDefinition, club: Campaign):
    rule = a_rule(club, signed_up, points=10, metadata={"kept": True})

    posted(marketer, "loyalty_earningrule_change", CARD | {"points": "30"}, rule.pk)

    rule.refresh_from_db()
    assert (rule.points, rule.banner, rule.definition, rule.metadata) == (30, "Welcome", signed_up, {"kept": True})


def test_rules_are_switched_and_deleted_by_actions(marketer: Client, signed_up: EventDefinition, club: Campaign):
    rule = a_rule(club, signed_up)
    chosen = {"_selected_action": [rule.pk]}

    posted(marketer, "loyalty_earningrule_changelist", chosen | {"action": "disable"})
    asked = posted(marketer, "loyalty_earningrule_changelist", chosen | {"action": "delete_rules"})
    rule.refresh_from_db()
    before = (rule.active, rule.deleted_at)
    posted(marketer, "loyalty_earningrule_changelist", chosen | {"action": "delete_rules", "confirmed": "yes"})
    rule.refresh_from_db()

    assert (asked.status_code, before, rule.deleted_at is None) == (200, (False, None), False)


def test_points_are_posted_by_hand_with_a_reason(marketer: Client, project: Project, club: Campaign):
    card = LoyaltyCard.objects.get(voucher=a_published_code(club, "ADA", to="ada"))

    posted(marketer, "loyalty_loyaltycard_adjust", {"points": "30", "reason": "Sorry"}, card.pk)
    posted(marketer, "loyalty_loyaltycard_adjust", {"points": "-5", "reason": "Too many"}, card.pk)

    entries = card.entries.order_by("id").values_list("points", "kind", "reason")
    assert list(entries) == [(30, "addition", "Sorry"), (-5, "removal", "Too many")]
    assert messages_of(marketer)[-1] == "-5 points. The card holds 25 now."


@pytest.mark.parametrize(
    ("points", "error"),
    [("0", "Points must not be 0"), ("-1", "The card holds 0 points")],
)
def test_what_the_ledger_refuses_comes_back_in_the_form(points: str, error: str, marketer: Client, club: Campaign):
    card = LoyaltyCard.objects.get(voucher=a_published_code(club, "ADA", to="ada"))

    answer = posted(marketer, "loyalty_loyaltycard_adjust", {"points": points, "reason": "x"}, card.pk)

    assert errors_of(answer) == {"__all__": [error]}
    assert card.entries.count() == 0
