"""Making, changing and ending earning rules."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from common.ids import public_id
from common.jsons import JsonObject
from common.refusals import FieldError, InvalidPayload
from customers.segments import follow_segment
from eventschema.models import EventDefinition
from eventschema.resources import check_metadata
from eventschema.schema import schemas_of
from loyalty.models import EarningRule, Formula, LoyaltyProgram
from projects.audit import Actor, Target, record_change
from projects.models import Project
from rules.assigning import assigned, unassign
from rules.models import ObjectType
from webhooks.announcing import Announcement, announce, source_of

MOST_RULES = 100
MOST_POINTS_A_RULE = 2**31 - 1
# What DecimalField(20, 6) holds.
MOST_EVERY = Decimal(10) ** 14
# SQLite keeps decimals as floating-point numbers, which are exact to this many digits.
MOST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class RuleFields:
    """What a rule pays and when; `every` and `property_name` belong to a proportional one."""

    formula: str
    points: int
    every: Decimal | None = None
    property_name: str = ""
    banner: str = ""
    active: bool = True
    start_date: datetime | None = None
    expiration_date: datetime | None = None
    metadata: JsonObject = field(default_factory=dict)
    # As campaigns/validity.py stores it.
    validity: JsonObject = field(default_factory=dict)


def create_rule(
    program: LoyaltyProgram,
    definition: EventDefinition | None,
    fields: RuleFields,
    *,
    segment_id: UUID | None = None,
    by: Actor,
) -> EarningRule:
    """A rule for the events of a definition, or without one for entering a segment, which is active from then on.

    Raises InvalidPayload with every error, MetadataInvalid.
    """
    project = program.project
    _check(project, definition, fields)
    check_metadata(project, "earning_rule", fields.metadata)
    columns = _columns(project, definition, fields)
    rule = EarningRule(project=project, program=program, definition=definition, segment_id=segment_id, **columns)
    with transaction.atomic():
        if segment_id is not None:
            follow_segment(project, segment_id, "segment.id", by=by, now=datetime.now(UTC))
        if EarningRule.objects.filter(project=project, deleted_at=None).count() >= MOST_RULES:
            raise InvalidPayload.at("", f"A project has at most {MOST_RULES} earning rules", code="too_many")
        rule.save(force_insert=True)
        record_change(project, by=by, action="earning_rule.created", target=_target(rule), after=_shown(rule))
        _tell(rule, "assigned", by, datetime.now(UTC))
    return rule


def change_rule(rule: EarningRule, fields: RuleFields, *, by: Actor, now: datetime) -> EarningRule:
    """Replaces what the rule pays and when; its event stays. Points that it paid stay paid.

    Raises InvalidPayload with every error, MetadataInvalid.
    """
    _check(rule.project, rule.definition, fields)
    if fields.metadata != rule.metadata:
        check_metadata(rule.project, "earning_rule", fields.metadata)
    with transaction.atomic():
        before = _shown(rule)
        for name, value in _columns(rule.project, rule.definition, fields).items():
            setattr(rule, name, value)
        _save(rule, "earning_rule.updated", by, now, before)
    return rule


def set_active(rule: EarningRule, active: bool, *, by: Actor, now: datetime) -> EarningRule:
    with transaction.atomic():
        before = _shown(rule)
        rule.active = active
        _save(rule, "earning_rule.enabled" if active else "earning_rule.disabled", by, now, before)
    return rule


def rename_property(rule: EarningRule, name: str, *, by: Actor, now: datetime) -> EarningRule:
    """Lets the rule go on with its property under the name that the property has now."""
    with transaction.atomic():
        before = _shown(rule)
        rule.property_name = name
        _save(rule, "earning_rule.updated", by, now, before)
    return rule


def delete_rule(rule: EarningRule, *, by: Actor, now: datetime) -> None:
    """Ends the rule; the row stays, since ledger entries name it."""
    with transaction.atomic():
        rule.deleted_at = now
        _unassign(rule, by, now)
        _save(rule, "earning_rule.deleted", by, now, _shown(rule))


def _unassign(rule: EarningRule, by: Actor, now: datetime) -> None:
    for assignment in assigned(ObjectType.EARNING_RULE, [rule.pk]).values():
        unassign(assignment, by=by, now=now)


def _save(rule: EarningRule, action: str, by: Actor, now: datetime, before: JsonObject) -> None:
    rule.updated_at = now
    rule.save()
    record_change(rule.project, by=by, action=action, target=_target(rule), before=before, after=_shown(rule))
    _tell(rule, action.removeprefix("earning_rule."), by, now)


def _tell(rule: EarningRule, what: str, by: Actor, now: datetime) -> None:
    """Lets webhooks know."""
    about = {"rule": rule.public_id, "campaign": public_id("camp", rule.program_id)}
    told = Announcement(f"campaign.earning_rule.{what}", rule.public_id, about, source=source_of(by))
    announce(rule.project, [told], now=now)


def _columns(project: Project, definition: EventDefinition | None, fields: RuleFields) -> JsonObject:
    """The columns of a rule; a property that was named by a former name has its present one in them."""
    schema = schemas_of(project).get(definition.name) if definition else None
    if schema and fields.property_name:
        fields = replace(fields, property_name=schema.present_name(fields.property_name))
    return {name: getattr(fields, name) for name in RuleFields.__slots__}


def _check(project: Project, definition: EventDefinition | None, fields: RuleFields) -> None:
    errors: list[FieldError] = []
    if not 1 <= fields.points <= MOST_POINTS_A_RULE:
        errors.append(
            FieldError(
                "loyalty.points",
                "range",
                f"Property .loyalty.points must be from 1 to {MOST_POINTS_A_RULE}",
                fields.points,
            )
        )
    if fields.start_date and fields.expiration_date and fields.expiration_date <= fields.start_date:
        errors.append(FieldError("expiration_date", "window", "Property .expiration_date must be after .start_date"))
    if "validity_timeframe" in fields.validity and fields.start_date is None:
        sentence = "Property .start_date is required by validity_timeframe"
        errors.append(FieldError("start_date", "required", sentence))
    if definition is None:
        if fields.formula != Formula.FIXED:
            sentence = f"Property .loyalty.type must be {Formula.FIXED} for {EarningRule.SEGMENT_ENTERED}"
            errors.append(FieldError("loyalty.type", "invalid_choice", sentence, fields.formula))
    elif definition.project_id != project.pk:
        errors.append(FieldError("custom_event", "not_found", "There is no such event in this project"))
    elif fields.formula == Formula.PROPORTIONAL:
        errors += _proportion_errors(project, definition, fields)
    if errors:
        raise InvalidPayload.of(errors)


def _proportion_errors(project: Project, definition: EventDefinition, fields: RuleFields) -> list[FieldError]:
    """A proportional rule needs a step and a number property of the event's published version (contract f.4)."""
    path = "loyalty.custom_event.metadata"
    errors: list[FieldError] = []
    if fields.every is None or not _is_step(fields.every):
        errors.append(
            FieldError(
                f"{path}.every",
                "range",
                f"Property .{path}.every must be above 0, with at most 6 decimals and {MOST_DIGITS} digits in all",
                fields.every,
            )
        )
    schema = schemas_of(project).get(definition.name)
    numbers = {
        name
        for spec in (schema.specs if schema else ())
        if spec.type == "number" and not spec.array and not spec.deleted
        for name in spec.names
    }
    if fields.property_name not in numbers:
        errors.append(
            FieldError(
                f"{path}.property",
                "not_found",
                f"Property .{path}.property must be a number property of '{definition.name}'",
                fields.property_name,
            )
        )
    return errors


def _is_step(every: Decimal) -> bool:
    """Whether both databases keep this step of a proportional rule exactly."""
    if not 0 < every < MOST_EVERY or every != round(every, 6):
        return False
    return len(every.normalize().as_tuple().digits) <= MOST_DIGITS


def _shown(rule: EarningRule) -> JsonObject:
    shown: JsonObject = {name: getattr(rule, name) for name in RuleFields.__slots__}
    if rule.segment_id is not None:
        shown["segment"] = public_id("seg", rule.segment_id)
    return {**shown, "formula": str(rule.formula), "program": rule.program.campaign.public_id}


def _target(rule: EarningRule) -> Target:
    return Target("earning_rule", rule.public_id, rule.banner)
