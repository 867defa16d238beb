"""What validation rules are assigned to: one rule at most for each object."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery, UUIDField

from common.ids import parse_public_id, public_id
from common.jsons import JsonObject
from common.refusals import Duplicate, FieldError, InvalidPayload, NotFound
from projects.audit import Actor, Target, hold_configuration, record_change
from projects.models import Project
from rules.creation import find_rule, lock_rule, property_errors
from rules.grammar import InvalidRules, compile_tree
from rules.models import Assignment, ValidationRule
from rules.rendering import render_assignments
from rules.telling import tell_of_assignment
from rules.usage import RuleTarget, RuleUser, rule_users, user_of


def assign(
    rule: ValidationRule, object_type: str, object_id: str, *, force: bool = False, by: Actor, now: datetime
) -> Assignment:
    """Lets the rule be judged for an object by its public id; with `force` in the place of the one that it has.

    Raises InvalidPayload for a type that has no rules, or a property that the object's event does not have; NotFound;
    Duplicate where the object has a rule already.
    """
    target, user = _target_of(rule.project, object_type, object_id)
    with transaction.atomic():
        # What it asks for, and that it is there, holds until it is assigned.
        rule = lock_rule(rule)
        _check(rule, target, "related_object_id")
        found = _found(rule.project, user.object_type, target.key)
        if found is not None:
            if not force:
                raise _duplicate(object_type, object_id)
            unassign(found, by=by, now=now)
        return _insert(rule, user, target.key, by=by, now=now)


def unassign(assignment: Assignment, *, by: Actor, now: datetime) -> None:
    """The rule is judged there no more. `rule` and `project` must be loaded."""
    with transaction.atomic():
        hold_configuration(assignment.project)
        shown, target = _shown(assignment), _audited(assignment)
        deleted, _ = Assignment.objects.filter(pk=assignment.pk).delete()
        if not deleted:
            return  # somebody else was faster, and has told of it
        tell_of_assignment(assignment, "deleted", by=by, now=now)
        record_change(assignment.project, by=by, action="validation_rule.unassigned", target=target, before=shown)


def set_rule(
    project: Project, object_type: str, target: RuleTarget, rule_id: str | None, path: str, *, by: Actor, now: datetime
) -> None:
    """Gives an object the rule by its public id, or none; nothing happens where it has that one. In a transaction.

    Raises InvalidPayload at `path` for an unknown rule, and for a property that the object's event does not have.
    """
    user = user_of(object_type)
    assert user is not None
    hold_configuration(project)
    rule = _named_rule(project, rule_id, path) if rule_id else None
    found = _found(project, object_type, target.key)
    if found is not None and found.rule == rule:
        return
    if rule is not None:
        _check(rule, target, path)
    if found is not None:
        unassign(found, by=by, now=now)
    if rule is not None:
        _insert(rule, user, target.key, by=by, now=now)


def rule_key_of(object_type: str) -> Subquery:
    """The key of the rule of each object, as an expression over rows of objects; NULL where there is none."""
    rows = Assignment.objects.filter(related_object_type=object_type, related_object_id=OuterRef("pk"))
    return Subquery(rows.values("rule")[:1], output_field=UUIDField())


def find_assignment(rule: ValidationRule, assignment_id: str) -> Assignment:
    """An assignment of that rule. Raises NotFound."""
    key = parse_public_id("asgm", assignment_id)
    assignment = Assignment.objects.filter(rule=rule, pk=key).first() if key else None
    if assignment is None:
        raise NotFound.of("validation_rules_assignment", assignment_id)
    assignment.project, assignment.rule = rule.project, rule
    return assignment


def assigned(object_type: str, keys: Collection[UUID]) -> Mapping[UUID, Assignment]:
    """The assignments of these objects, with their rules, by the object's key; one statement."""
    rows = Assignment.objects.filter(related_object_type=object_type, related_object_id__in=keys)
    return {row.related_object_id: row for row in rows.select_related("rule", "project")}


def _target_of(project: Project, object_type: str, object_id: str) -> tuple[RuleTarget, RuleUser]:
    user = user_of(object_type)
    if user is None:
        known = ", ".join(user.object_type for user in rule_users())
        words = f"Property .related_object_type must be one of {known}"
        raise InvalidPayload.at("related_object_type", words, object_type)
    key = parse_public_id(user.prefix, object_id)
    target = user.targets(project, [key]).get(key) if key else None
    if target is None:
        raise NotFound.of(object_type, object_id)
    return target, user


def _check(rule: ValidationRule, target: RuleTarget, path: str) -> None:
    if target.refused:
        raise InvalidPayload.at(path, f"{target.words[:1].upper()}{target.words[1:]} {target.refused}")
    errors = property_errors(compile_tree(rule.rules), [target])
    if errors:
        raise InvalidRules.of(errors)


def _named_rule(project: Project, rule_id: str, path: str) -> ValidationRule:
    """Raises InvalidPayload at `path` for an unknown one."""
    try:
        return find_rule(project, rule_id)
    except NotFound as missing:
        raise InvalidPayload.of([FieldError(path, "not_found", str(missing), rule_id)]) from missing


def _found(project: Project, object_type: str, key: UUID) -> Assignment | None:
    rows = Assignment.objects.select_related("rule")
    found = rows.filter(project=project, related_object_type=object_type, related_object_id=key).first()
    if found is not None:
        found.project = project
    return found


def _insert(rule: ValidationRule, user: RuleUser, key: UUID, *, by: Actor, now: datetime) -> Assignment:
    assignment = Assignment(
        project=rule.project, rule=rule, related_object_type=user.object_type, related_object_id=key, created_at=now
    )
    try:
        with transaction.atomic():
            assignment.save(force_insert=True)
    except IntegrityError as error:  # somebody assigned one meanwhile
        raise _duplicate(user.object_type, public_id(user.prefix, key)) from error
    shown = _shown(assignment)
    record_change(rule.project, by=by, action="validation_rule.assigned", target=_audited(assignment), after=shown)
    tell_of_assignment(assignment, "created", by=by, now=now)
    return assignment


def _duplicate(object_type: str, object_id: str) -> Duplicate:
    words = f"Duplicated validation_rules_assignment exists for {object_type} with id {object_id}"
    return Duplicate(words, resource_type=object_type, resource_id=object_id)


def _shown(assignment: Assignment) -> JsonObject:
    shown = render_assignments([assignment])[0]
    return {name: shown[name] for name in ("related_object_type", "related_object_id")}


def _audited(assignment: Assignment) -> Target:
    return Target("validation_rule", assignment.rule.public_id, assignment.rule.name)
