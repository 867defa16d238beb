"""Earning rules are checked when they are made, and kept when they end."""

from datetime import timedelta
from decimal import Decimal

import pytest

from common.refusals import InvalidPayload
from loyalty.models import EarningRule
from loyalty.rules import MOST_RULES, RuleFields, change_rule, create_rule, delete_rule, set_active
from projects.models import AuditEntry
from tests.eventschema.definitions import change
from tests.world import NOW, TESTER, a_definition, a_loyalty_programme, a_proportional_rule, a_rule

PROPERTIES = {
    "amount": {"type": "number", "optional": True},
    "amounts": {"type": "number", "optional": True, "array": True},
    "plan": {"type": "string", "optional": True},
}


@pytest.fixture
def club(project):
    return a_loyalty_programme(project)


@pytest.fixture
def paid(project):
    return a_definition(project, "paid", PROPERTIES)


def refused_paths(act):
    with pytest.raises(InvalidPayload) as refused:
        act()
    return [error.path for error in refused.value.errors]


@pytest.mark.parametrize("points", [1, 2**31 - 1])
def test_a_rule_pays_a_number_of_points(club, paid, points):
    assert a_rule(club, paid, points=points).points == points


@pytest.mark.parametrize("points", [0, -1, 2**31, 2**62])
def test_points_out_of_range_are_refused(club, paid, points):
    assert refused_paths(lambda: a_rule(club, paid, points=points)) == ["loyalty.points"]
    assert EarningRule.objects.count() == 0


@pytest.mark.parametrize(
    "every", ["0", "-1", "0.0000001", "1e14", "1e300", "1e-300", "1234567890.123456", "99999999999999.99"]
)
def test_a_step_that_the_databases_do_not_keep_exactly_is_refused(club, paid, every):
    assert refused_paths(lambda: a_proportional_rule(club, paid, points=1, every=every, of="amount")) == [
        "loyalty.custom_event.metadata.every"
    ]


@pytest.mark.parametrize("every", ["0.000001", "1", "1e13", "99999999999999.9", "123456789.123456", "2.500000"])
def test_a_step_is_kept_exactly(club, paid, every):
    rule = a_proportional_rule(club, paid, points=1, every=every, of="amount")

    rule.refresh_from_db()
    assert rule.every == Decimal(every)


@pytest.mark.parametrize("name", ["plan", "amounts", "nothing", ""])
def test_a_proportional_rule_needs_a_single_number_property(club, paid, name):
    assert refused_paths(lambda: a_proportional_rule(club, paid, points=1, every="1", of=name)) == [
        "loyalty.custom_event.metadata.property"
    ]


def test_a_removed_property_earns_nothing(club, paid):
    change(paid, {"amount": {"type": "number", "deleted": True}})
    club.refresh_from_db()

    assert refused_paths(lambda: a_proportional_rule(club, paid, points=1, every="1", of="amount")) == [
        "loyalty.custom_event.metadata.property"
    ]


def test_every_wrong_part_is_named(club, paid):
    window = {"start_date": NOW, "expiration_date": NOW}

    assert refused_paths(lambda: a_proportional_rule(club, paid, points=0, every="0", of="plan", **window)) == [
        "loyalty.points",
        "expiration_date",
        "loyalty.custom_event.metadata.every",
        "loyalty.custom_event.metadata.property",
    ]


def test_another_projects_event_cannot_earn_here(mallorys_project, club):
    mallorys = a_definition(mallorys_project, "paid", PROPERTIES)

    assert refused_paths(lambda: a_rule(club, mallorys)) == ["custom_event"]
    assert refused_paths(lambda: a_proportional_rule(club, mallorys, points=1, every="1", of="amount")) == [
        "custom_event"
    ]


def test_a_project_has_at_most_a_hundred_rules_deleted_ones_aside(project, club, paid):
    rules = [a_rule(club, paid) for _ in range(MOST_RULES)]

    with pytest.raises(InvalidPayload, match=r"^A project has at most 100 earning rules$"):
        a_rule(club, paid)

    delete_rule(rules[0], by=TESTER, now=NOW)
    assert a_rule(club, paid).active is True


def test_a_rule_is_changed_as_a_whole_but_for_its_event(club, paid):
    rule = a_rule(club, paid, points=10, banner="Welcome", metadata={"a": 1})
    tomorrow = NOW + timedelta(days=1)

    change_rule(rule, RuleFields("FIXED", 7, expiration_date=tomorrow), by=TESTER, now=NOW)

    rule.refresh_from_db()
    assert (rule.points, rule.banner, rule.metadata, rule.expiration_date) == (7, "", {}, tomorrow)
    assert (rule.definition, rule.active, rule.updated_at) == (paid, True, NOW)


def test_a_refused_change_leaves_the_rule(club, paid):
    rule = a_rule(club, paid, points=10)

    assert refused_paths(lambda: change_rule(rule, RuleFields("FIXED", 0), by=TESTER, now=NOW)) == ["loyalty.points"]
    assert EarningRule.objects.get().points == 10


def test_what_happens_to_a_rule_is_written_down_with_what_was_before(club, paid):
    rule = a_rule(club, paid, points=10, banner="Welcome")
    change_rule(rule, RuleFields("FIXED", 7), by=TESTER, now=NOW)
    set_active(rule, False, by=TESTER, now=NOW)
    set_active(rule, True, by=TESTER, now=NOW)
    delete_rule(rule, by=TESTER, now=NOW)

    entries = list(AuditEntry.objects.filter(target_id=rule.public_id).order_by("id"))
    assert [entry.action for entry in entries] == [
        "earning_rule.created",
        "earning_rule.updated",
        "earning_rule.disabled",
        "earning_rule.enabled",
        "earning_rule.deleted",
    ]
    assert (entries[1].before["points"], entries[1].after["points"]) == (10, 7)
    assert (entries[2].before["active"], entries[2].after["active"]) == (True, False)


@pytest.mark.parametrize("points", [-1, 10**15 + 1])
def test_a_programme_begins_with_points_in_range(project, points):
    assert refused_paths(lambda: a_loyalty_programme(project, initial_points=points)) == [
        "voucher.loyalty_card.points"
    ]


def test_a_rule_needs_a_programme_of_the_same_project(mallorys_project, paid):
    mallorys = a_loyalty_programme(mallorys_project)

    assert refused_paths(lambda: create_rule(mallorys.loyalty_program, paid, RuleFields("FIXED", 1), by=TESTER)) == [
        "custom_event"
    ]
