"""Making, changing and deleting validation rules."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from common.ids import parse_public_id
from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError, InUse, NotFound
from projects.audit import Actor, Target, hold_configuration, record_change
from projects.models import Project
from rules.grammar import InvalidRules, parse_tree
from rules.models import LONGEST_ERROR, LONGEST_NAME, Assignment, ContextType, RuleType, ValidationRule
from rules.rendering import render_rule
from rules.segments import segment_names
from rules.telling import tell, tell_of_assignment
from rules.tree import Tree
from rules.usage import RuleTarget, rule_users

MOST_RULES = 500


@dataclass(frozen=True, slots=True)
class RuleFields:
    """What a validation rule is to be; `rules` as they were sent."""

    name: str
    rules: JsonValue
    type: str = RuleType.EXPRESSION
    context_type: str = ContextType.GLOBAL
    error: str = ""
    applicable_to: JsonValue = None


def find_rule(project: Project, rule_id: str) -> ValidationRule:
    """Raises NotFound."""
    key = parse_public_id("val", rule_id)
    rule = ValidationRule.objects.filter(project=project, pk=key).first() if key else None
    if rule is None:
        raise NotFound.of("validation_rules", rule_id)
    rule.project = project
    return rule


def create_rule(project: Project, fields: RuleFields, *, by: Actor, now: datetime) -> ValidationRule:
    """Raises InvalidRules with every error."""
    errors = _errors(project, fields, [])
    if ValidationRule.objects.filter(project=project).count() >= MOST_RULES:
        errors.append(FieldError("", "too_many", f"A project has at most {MOST_RULES} validation rules"))
    if errors:
        raise InvalidRules.of(errors)
    rule = ValidationRule(project=project, created_at=now)
    _apply(rule, fields)
    with transaction.atomic():
        rule.save(force_insert=True)
        record_change(project, by=by, action="validation_rule.created", target=_target(rule), after=_shown(rule))
        tell(project, "created", rule.public_id, {"validation_rule": render_rule(rule, 0)}, by=by, now=now)
    return rule


def change_rule(rule: ValidationRule, fields: RuleFields, *, by: Actor, now: datetime) -> ValidationRule:
    """Puts the fields in the place of the former ones, wherever the rule is assigned. What it let pass stays.

    Raises InvalidRules with every error, also for a property that the event of one of its objects does not have.
    """
    project = rule.project
    with transaction.atomic():
        rule = lock_rule(rule)
        assignments = list(rule.assignments.all())
        errors = _errors(project, fields, targets_of(project, assignments))
        if errors:
            raise InvalidRules.of(errors)
        before = _shown(rule)
        _apply(rule, fields)
        rule.updated_at = now
        rule.save()
        target, after = _target(rule), _shown(rule)
        record_change(project, by=by, action="validation_rule.updated", target=target, before=before, after=after)
        tell(
            project,
            "updated",
            rule.public_id,
            {"validation_rule": render_rule(rule, len(assignments))},
            by=by,
            now=now,
        )
    return rule


def delete_rule(rule: ValidationRule, *, force: bool = False, by: Actor, now: datetime) -> None:
    """Raises InUse naming what the rule is assigned to; with `force` this is judged by no rule from then on."""
    project = rule.project
    with transaction.atomic():
        rule = lock_rule(rule)
        assignments = list(rule.assignments.select_related("project", "rule"))
        targets = targets_of(project, assignments)
        if targets and not force:
            words = ", ".join(target.words for target in targets)
            raise InUse(
                f"Resource validation_rules with id {rule.public_id} is in use by {words}",
                resource_type="validation_rules",
                resource_id=rule.public_id,
            )
        about, target, before = {"validation_rule": render_rule(rule, 0)}, _target(rule), _shown(rule)
        tell(project, "deleted", rule.public_id, about, by=by, now=now)
        for assignment in assignments:
            tell_of_assignment(assignment, "deleted", by=by, now=now)
        rule.assignments.all().delete()
        rule.delete()
        record_change(project, by=by, action="validation_rule.deleted", target=target, before=before)


def targets_of(project: Project, assignments: Collection[Assignment]) -> list[RuleTarget]:
    """What living things the assignments are about; two statements at most for each kind of thing."""
    found: list[RuleTarget] = []
    for user in rule_users():
        keys = [row.related_object_id for row in assignments if row.related_object_type == user.object_type]
        if keys:
            targets = user.targets(project, keys)
            found += [targets[key] for key in keys if key in targets]
    return found


def property_errors(tree: Tree, targets: Sequence[RuleTarget], path: str = "rules") -> list[FieldError]:
    """An error for every property of events that the tree reads and rules for a target cannot ask for."""
    return [
        FieldError(
            f"{path}.{where}.property",
            "not_found",
            f"Property '{name}' {problem}, the event of {target.words}",
            name,
        )
        for target in targets
        for where, name in tree.properties()
        if (problem := target.problem(name))
    ]


def _errors(project: Project, fields: RuleFields, targets: Sequence[RuleTarget]) -> list[FieldError]:
    errors: list[FieldError] = []
    if not 1 <= len(fields.name) <= LONGEST_NAME:
        words = f"Property .name must NOT have fewer than 1 or more than {LONGEST_NAME} characters"
        errors.append(FieldError("name", "length", words, fields.name))
    if len(fields.error) > LONGEST_ERROR:
        words = f"Property .error.message must NOT have more than {LONGEST_ERROR} characters"
        errors.append(FieldError("error.message", "length", words, fields.error))
    for name, value, choices in (
        ("type", fields.type, RuleType.values),
        ("context_type", fields.context_type, ContextType.values),
    ):
        if value not in choices:
            errors.append(FieldError(name, "choice", f"Property .{name} must be one of {', '.join(choices)}", value))
    tree, found = parse_tree(fields.rules, segment_names(project))
    return [*errors, *found, *_applicable_errors(fields.applicable_to), *property_errors(tree, targets)]


def _applicable_errors(raw: JsonValue) -> list[FieldError]:
    """There are no products, so none can be named."""
    if raw is None:
        return []
    if not isinstance(raw, dict):
        return [FieldError("applicable_to", "type", "Property .applicable_to must be object", raw)]
    errors = [
        FieldError(f"applicable_to.{name}", "unsupported", f"Property .applicable_to.{name} must be empty", None)
        for name in ("included", "excluded")
        if raw.get(name) not in (None, [])
    ]
    if not isinstance(raw.get("included_all", False), bool | None):
        errors.append(
            FieldError("applicable_to.included_all", "type", "Property .applicable_to.included_all must be boolean")
        )
    return errors


def _apply(rule: ValidationRule, fields: RuleFields) -> None:
    sent = fields.applicable_to if isinstance(fields.applicable_to, dict) else {}
    rule.name, rule.rules, rule.error = fields.name, fields.rules, fields.error
    rule.type, rule.context_type = fields.type, fields.context_type
    rule.applicable_to = {"excluded": [], "included": [], "included_all": bool(sent.get("included_all"))}


def lock_rule(rule: ValidationRule) -> ValidationRule:
    """The rule as it is stored: rules and assignments of the project stay so until the transaction ends.

    Raises NotFound where it is deleted.
    """
    hold_configuration(rule.project)
    locked = ValidationRule.objects.filter(pk=rule.pk).first()
    if locked is None:
        raise NotFound.of("validation_rules", rule.public_id)
    locked.project = rule.project
    return locked


def _shown(rule: ValidationRule) -> JsonObject:
    return {
        "name": rule.name,
        "context_type": str(rule.context_type),
        "rules": rule.rules,
        "error": rule.error,
    }


def _target(rule: ValidationRule) -> Target:
    return Target("validation_rule", rule.public_id, rule.name)
