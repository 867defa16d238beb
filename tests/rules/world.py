"""Validation rules for tests, made and assigned as they are in production."""

from rules.assigning import assign
from rules.creation import RuleFields, create_rule
from tests.world import NOW, TESTER

VIDEO = {"1": {"name": "custom_event.metadata", "property": "kind", "conditions": {"$is": ["video"]}}, "logic": "1"}


def a_validation_rule(project, rules=VIDEO, name="Videos alone", **fields):
    project.refresh_from_db()
    return create_rule(project, RuleFields(name, rules, **fields), by=TESTER, now=NOW)


def assigned(rule, kind, row, **options):
    assignment = assign(rule, kind, row.public_id, by=TESTER, now=NOW, **options)
    rule.project.refresh_from_db()
    return assignment


def asking(name, conditions, **parts):
    """Rules with one rule."""
    return {"1": {"name": name, "conditions": conditions, **parts}}


def in_segment(*segments, operator="$is"):
    return asking("customer.segment", {operator: [segment.public_id for segment in segments]})
