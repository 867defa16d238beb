"""Where validation rules are judged: before points are paid, and before a code converts."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.refusals import InUse
from events.models import Event
from eventschema.drafting import save_draft
from eventschema.publishing import publish
from eventschema.spec import PropertySpec
from tests.eventschema.definitions import TEXT, change
from tests.rules.world import a_validation_rule, asking, assigned, in_segment
from tests.segments.world import a_segment
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
    balances,
    reasons,
)

OPTIONAL_TEXT = TEXT | {"optional": True}


@pytest.fixture
def reviewed(project):
    return a_definition(project, "reviewed", {"kind": {"type": "string", "optional": True, "array": False}})


@pytest.fixture
def earning(project, reviewed):
    return a_rule(a_loyalty_programme(project), reviewed, banner="Reviews")


def review(kind=None, by="ben", **parts):
    return an_event("reviewed", by=by, metadata={"kind": kind} if kind else {}, **parts)


def test_points_are_paid_where_the_rule_holds_and_the_event_stays_anyway(project, earning):
    rule = a_validation_rule(project)
    assigned(rule, "earning_rule", earning)

    told = accept(project, review("video"), review("text", by="cleo"), review(by="dora"))

    assert balances(project) == {"ben": 10}
    assert [reasons(each) for each in told] == [[], *[[("earning_rule", "condition_not_met")]] * 2]
    assert {skip.as_json()["validation_rule"] for each in told for skip in each.skips} == {rule.public_id}
    assert Event.objects.count() == 3


def test_the_rule_is_judged_as_it_is_now(project, earning):
    rule = a_validation_rule(project)
    assignment = assigned(rule, "earning_rule", earning)
    accept(project, review("text"))
    assignment.delete()
    project.revision += 1
    project.save(update_fields=["revision"])
    accept(project, review("text"))

    assert balances(project) == {"ben": 10}


def test_a_code_converts_where_the_rule_holds(project, reviewed):
    club = a_loyalty_programme(project)
    campaign = a_referral_programme(project, reviewed, club=club, referee_points=5, referrer_points=7)
    a_published_code(campaign, "ADA-1", to="ada")
    assigned(a_validation_rule(project), "campaign", campaign)

    brought = {"referral": {"code": "ADA-1"}}
    told = accept(
        project, review("text", **brought), review("video", **brought), review("video", by="cleo", **brought)
    )

    assert reasons(told[0]) == [("referral", "condition_not_met")]
    assert reasons(told[1]) == reasons(told[2]) == []
    assert balances(project) == {"ben": 5, "cleo": 5, "ada": 14}


def test_segments_are_asked_as_they_stand_before_the_event(project, earning):
    segment = a_segment(project, {"events.reviewed.count": {"conditions": {"$more_than": [0]}}}, name="Reviewers")
    assigned(a_validation_rule(project, in_segment(segment)), "earning_rule", earning)

    first, second = accept(project, review()), accept(project, review())

    assert reasons(first[0]) == [("earning_rule", "condition_not_met")]
    assert reasons(second[0]) == []
    assert balances(project) == {"ben": 10}


def statements(project, *bodies):
    accept(project, *bodies)  # what is compiled once is compiled
    with CaptureQueriesContext(
        connection,
    ) as captured:
        accept(project, *bodies)
    return len(captured)


def test_a_rule_costs_no_statement_and_one_that_asks_for_segments_one_a_group(project, earning):
    bodies = [review("video", by=f"c{n}") for n in range(20)]
    without = statements(project, *bodies)
    rule = a_validation_rule(project)
    assigned(rule, "earning_rule", earning)
    assert statements(project, *bodies) == without

    segment = a_segment(project, {"name": {"conditions": {"$is_unknown": ""}}}, name="Nameless")
    named = a_validation_rule(project, in_segment(segment), name="Nameless alone")
    assigned(named, "earning_rule", earning, force=True)
    before = statements(project, *bodies)
    assert before == statements(project, bodies[0])
    assert before == without + 1


def test_a_property_that_a_rule_reads_cannot_be_removed_and_keeps_being_read_when_renamed(project, reviewed, earning):
    assigned(a_validation_rule(project), "earning_rule", earning)
    with pytest.raises(InUse, match="Property 'kind' of 'reviewed' cannot be removed"):
        change(reviewed, {"kind": OPTIONAL_TEXT | {"deleted": True}})
    reviewed.refresh_from_db()
    renamed = [replace(PropertySpec.of(row), name="form") for row in reviewed.properties.all()]
    publish(save_draft(reviewed, renamed, by=TESTER, now=NOW), by=TESTER, now=NOW)
    accept(project, an_event("reviewed", metadata={"form": "video"}))

    assert balances(project) == {"ben": 10}


def test_rules_that_ask_for_nothing_that_is_there_do_not_hold(project, reviewed, earning):
    rules = asking("customer.metadata", {"$more_than_or_equal": [3]}, property="level")
    assigned(a_validation_rule(project, rules), "earning_rule", earning)

    ben = {"source_id": "ben", "metadata": {"level": 3}}
    told = accept(project, {"event": "reviewed", "customer": ben}, review(by="cleo"))

    assert [reasons(each) for each in told] == [[], [("earning_rule", "condition_not_met")]]
