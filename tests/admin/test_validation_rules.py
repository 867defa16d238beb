"""Validation rules are built without any JSON: made, tried, changed, and chosen where they are judged."""

import pytest
from django.urls import reverse

from loyalty.models import EarningRule
from projects.models import Role
from referrals.models import ReferralProgram
from rules.admin_catalogue import catalogue_of
from rules.admin_forms import join_rows, rows_of
from rules.models import Assignment, ValidationRule
from rules.wording import rules_in_words
from tests.admin.people import a_member, signed_in
from tests.rules.world import VIDEO, a_validation_rule, asking, assigned
from tests.segments.world import a_segment
from tests.world import a_definition, a_loyalty_programme, a_referral_programme, a_rule, accept, an_event

ADD = reverse("admin:rules_validationrule_add")
PREVIEW = reverse("admin:rules_validationrule_preview")
AMOUNT = "custom_event.metadata\tpaid\tamount"


@pytest.fixture
def paid(project):
    place = {"type": "geopoint", "optional": True}
    return a_definition(project, "paid", {"amount": {"type": "number", "optional": True}, "place": place})


@pytest.fixture
def marketer(project):
    return signed_in(a_member(project, Role.MARKETER))


def posted(project, *rows, **fields):
    said = {"rows-TOTAL_FORMS": len(rows), "rows-INITIAL_FORMS": 0, "project": project.pk}
    said |= {"name": "Big", "context_type": "global", "joined": "all"} | fields
    for place, row in enumerate(rows):
        said |= {f"rows-{place}-{name}": value for name, value in ({"operator": "$is"} | row).items()}
    return said


def wrong_of(answer):
    """By row: the fields that have errors, and those of the form."""
    form = answer.context["adminform"].form
    return [sorted(row.errors) for row in form.rows.forms], sorted(form.errors)


def test_rows_become_rules_and_come_back_as_rows(marketer, project, paid):
    segment = a_segment(project, {"name": {"conditions": {"$is_unknown": ""}}}, name="Nameless")
    rows = [
        {"field": AMOUNT, "operator": "$more_than_equal", "values": "100"},
        {"field": f"customer.segment\t\t{segment.public_id}", "operator": "$is_not"},
        {"field": "customer.metadata\t\t", "key": "tier", "operator": "$in", "values": "gold\r\nsilver"},
        {"field": "customer.email", "operator": "$has_value"},
    ]

    answer = marketer.post(ADD, posted(project, *rows, joined="logic", logic="(1 or 2) and 3 and 4", error="No"))

    assert answer.status_code == 302, wrong_of(answer)
    rule = ValidationRule.objects.get()
    assert rule.error == "No"
    assert rule.rules == {
        "1": {"name": "custom_event.metadata", "property": "amount", "conditions": {"$more_than_or_equal": ["100"]}},
        "2": {"name": "customer.segment", "conditions": {"$is_not": [segment.public_id]}},
        "3": {"name": "customer.metadata", "property": "tier", "conditions": {"$in": ["gold", "silver"]}},
        "4": {"name": "customer.email", "conditions": {"$has_value": [True]}},
        "logic": "(1 or 2) and 3 and 4",
    }
    project.refresh_from_db()
    shown = rows_of(rule.rules, catalogue_of(project))
    assert (shown.joined, shown.logic) == ("logic", "(1 or 2) and 3 and 4")
    assert [(row["field"], row["operator"]) for row in shown.rows] == [(row["field"], row["operator"]) for row in rows]


@pytest.mark.parametrize(("joined", "logic"), [("all", "1 and 2"), ("any", "1 or 2")])
def test_all_and_any_are_said_by_logic(joined, logic):
    rule = {"name": "customer.email", "conditions": {"$has_value": [True]}}
    built = join_rows({"1": rule, "2": rule}, {"joined": joined, "logic": "1"})

    class Empty:
        def field_of(self, name, key):
            return None

    assert built["logic"] == logic
    assert rows_of(built, Empty()).joined == joined


def test_what_is_wrong_stands_beside_its_row(marketer, project, paid):
    rows = [
        {"field": AMOUNT, "operator": "$more_than", "values": "much"},
        {"field": "customer.metadata\t\t", "operator": "$is", "values": "x"},
        {"field": "customer.email", "operator": "$more_than", "values": "5"},
    ]
    unready = marketer.post(ADD, posted(project, *rows))
    rows[1] |= {"key": "tier"}
    refused = marketer.post(ADD, posted(project, *rows, joined="logic", logic="1 and"))
    nothing = marketer.post(ADD, posted(project))

    assert wrong_of(unready) == ([[], ["key"], []], ["__all__"])
    assert wrong_of(refused) == ([["values"], [], ["values"]], ["logic"])
    assert nothing.context["adminform"].form.non_field_errors() == ["Say at least one condition."]
    assert not ValidationRule.objects.exists()


def test_geopoints_are_not_offered_and_operators_follow_the_type(project, paid):
    project.refresh_from_db()
    offered = catalogue_of(project)

    assert [choice.label for choice in offered.groups["Event: paid"]] == ["amount"]
    assert "$more_than_equal" in [name for name, _ in offered.as_json()["operators"]["type:number"]]
    assert "$starts_with" not in [name for name, _ in offered.as_json()["operators"]["type:number"]]


def test_a_rule_is_tried_on_the_latest_events(marketer, project, paid):
    a_definition(project, "seen")
    accept(project, *(an_event("paid", metadata={"amount": amount}) for amount in (50, 150, 250)), an_event("seen"))
    row = {"field": AMOUNT, "operator": "$more_than", "values": "100"}

    told = marketer.post(PREVIEW, posted(project, row)).json()["message"]
    unready = marketer.post(PREVIEW, posted(project, row | {"values": ""})).json()["message"]

    assert told == "1. the event's amount is more than 100. Of the latest “paid” events (3) it would hold for 2."
    assert unready == "The conditions are not complete yet."


def test_nobody_tries_rules_on_the_events_of_another_project(marketer, mallorys_project):
    assert marketer.post(PREVIEW, posted(mallorys_project)).status_code == 403
    assert (
        signed_in(a_member(mallorys_project, Role.VIEWER)).post(PREVIEW, posted(mallorys_project)).status_code == 403
    )


@pytest.mark.parametrize("key", ["", "x", "-" * 36, "z" * 32, "0" * 32, "\x00"])
@pytest.mark.parametrize("name", ["rules_validationrule", "segments_segment"])
def test_builders_offer_nothing_of_a_project_that_is_none(superuser, name, key):
    assert superuser.get(reverse(f"admin:{name}_catalogue"), {"project": key}).status_code == 403


def test_builders_offer_nothing_of_another_project(marketer, project, mallorys_project):
    address = reverse("admin:rules_validationrule_catalogue")

    own, other = (marketer.get(address, {"project": each.pk}) for each in (project, mallorys_project))

    assert (own.status_code, other.status_code) == (200, 403)


def test_a_rule_of_which_only_sub_rules_ask_is_said_in_words():
    name = {"name": "customer.name"}
    rules = {"1": {**name, "rules": asking("customer.name", {"$is": ["Ada"]})}}

    assert list(rules_in_words(rules, {})) == ["1. what follows", "1. — 1. the customer's name is Ada"]


def test_a_rule_says_what_it_asks_where_it_is_judged_and_stays_as_long(marketer, project, paid):
    earning = a_rule(a_loyalty_programme(project), paid, banner="Payments")
    rule = a_validation_rule(project, asking("custom_event.metadata", {"$more_than": [5]}, property="amount"))
    page = reverse("admin:rules_validationrule_change", args=[rule.pk])

    unused = marketer.get(page).content.decode()
    assigned(rule, "earning_rule", earning)
    used = marketer.get(page).content.decode()
    marketer.post(reverse("admin:rules_validationrule_delete", args=[rule.pk]), {"post": "yes"})

    assert "Nowhere yet." in unused
    assert "Earning rule &#x27;Payments&#x27;" in used
    assert "the event&#x27;s amount is more than 5" in used
    assert ValidationRule.objects.exists()


def test_what_rows_cannot_say_stays_as_it_was_sent(marketer, project):
    rich = {"1": {**VIDEO["1"], "rules": VIDEO}, "2": VIDEO["1"], "logic": "1 or 2"}
    rule = a_validation_rule(project, rich)
    page = reverse("admin:rules_validationrule_change", args=[rule.pk])

    assert "says more than the rows of this page can" in marketer.get(page).content.decode()
    answer = marketer.post(page, {"name": "Renamed", "context_type": "global", "error": ""})

    assert answer.status_code == 302
    rule.refresh_from_db()
    assert (rule.name, rule.rules) == ("Renamed", rich)


def test_an_earning_rule_and_a_programme_choose_their_rule(marketer, project, paid):
    rule = a_validation_rule(project, asking("custom_event.metadata", {"$more_than": [5]}, property="amount"))
    elsewhere = a_validation_rule(project, {}, name="Mails", context_type="distribution.custom_event")
    club = a_loyalty_programme(project)
    friends = a_referral_programme(project, paid, club=club, referrer_points=5)
    earning = a_rule(club, paid)
    said = {"formula": "FIXED", "points": 10, "active": "on", "banner": "B"}

    one = reverse("admin:loyalty_earningrule_change", args=[earning.pk])
    chosen = marketer.get(one).context["adminform"].form.fields["validation_rule"].choices
    assert chosen == [("", "Always"), (rule.public_id, "Videos alone")]
    assert elsewhere.public_id not in dict(chosen)
    assert marketer.post(one, said | {"validation_rule": rule.public_id}).status_code == 302
    assert Assignment.objects.get().related_object_id == EarningRule.objects.get().pk
    assert marketer.post(one, said | {"validation_rule": ""}).status_code == 302
    assert not Assignment.objects.exists()

    program = reverse("admin:referrals_referralprogram_change", args=[friends.pk])
    tiers = {"tiers-TOTAL_FORMS": 0, "tiers-INITIAL_FORMS": 0}
    assert marketer.post(program, tiers | {"validation_rule": rule.public_id}).status_code == 302
    assert Assignment.objects.get().related_object_id == ReferralProgram.objects.get().pk
    assert marketer.get(program).context["adminform"].form.initial["validation_rule"] == rule.public_id


def test_a_rule_that_an_event_cannot_answer_is_refused_beside_the_choice(marketer, project):
    seen = a_definition(project, "seen", {}, unknown="reject")
    rule = a_validation_rule(project)
    earning = a_rule(a_loyalty_programme(project), seen)
    said = {"formula": "FIXED", "points": 10, "active": "on", "validation_rule": rule.public_id}

    answer = marketer.post(reverse("admin:loyalty_earningrule_change", args=[earning.pk]), said)

    words = "Property 'kind' is no property of 'seen', the event of earning rule"
    assert words in answer.context["adminform"].form.non_field_errors()[0]
    assert not Assignment.objects.exists()


def test_the_page_of_an_event_says_which_rule_did_not_hold(marketer, project):
    definition = a_definition(project, "reviewed")
    rule = a_validation_rule(project)
    assigned(rule, "earning_rule", a_rule(a_loyalty_programme(project), definition))
    (told,) = accept(project, an_event("reviewed", metadata={"kind": "text"}))

    page = marketer.get(reverse("admin:events_event_change", args=[told.event.pk])).content.decode()

    address = reverse("admin:rules_validationrule_change", args=[rule.pk])
    assert f'The validation rule <a class="boon-link" href="{address}">Videos alone</a> does not hold.' in page
