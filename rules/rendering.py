"""Validation rules and assignments as the contract has them (i), for answers and for webhooks."""

from collections.abc import Sequence

from common.ids import public_id
from common.jsons import JsonObject
from rules.models import Assignment, ValidationRule
from rules.usage import rule_users


def render_rule(rule: ValidationRule, assignments_count: int) -> JsonObject:
    return {
        "id": rule.public_id,
        "name": rule.name,
        "rules": rule.rules,
        "bundle_rules": {},
        "error": {"message": rule.error} if rule.error else None,
        "applicable_to": rule.applicable_to or {"excluded": [], "included": [], "included_all": False},
        "type": rule.type,
        "context_type": rule.context_type,
        "created_at": rule.created_at,
        "updated_at": rule.updated_at,
        "assignments_count": assignments_count,
        "object": "validation_rules",
    }


def render_assignments(assignments: Sequence[Assignment]) -> list[JsonObject]:
    """Their rules must be loaded; no statement."""
    prefixes = {user.object_type: user.prefix for user in rule_users()}
    return [
        {
            "id": row.public_id,
            "rule_id": row.rule.public_id,
            "related_object_id": public_id(prefixes[row.related_object_type], row.related_object_id),
            "related_object_type": row.related_object_type,
            "created_at": row.created_at,
            "object": "validation_rules_assignment",
        }
        for row in assignments
    ]
