"""Which rule pays how much for which event (docs/algorithms/earning.md). Matching is pure."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from common.jsons import JsonValue
from events.chain import Cause, Skip
from events.reasons import Reason
from eventschema.property_types import is_number
from loyalty.ledger import MOST_POINTS
from loyalty.models import EarningRule, Formula
from projects.models import Project
from projects.revisions import CachedByRevision
from rules.assigning import rule_key_of
from rules.models import ObjectType

RulesByDefinition = Mapping[UUID, Sequence[EarningRule]]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that pays for a cause, if there is a card for it and its validation rule holds."""

    cause: Cause
    rule: EarningRule
    points: int


def _load(project: Project) -> RulesByDefinition:
    rules = (
        EarningRule.objects.filter(project=project, deleted_at=None, program__campaign__deleted_at=None)
        .select_related("program__campaign__project")
        .annotate(ruled_by=rule_key_of(ObjectType.EARNING_RULE))
        .order_by("created_at", "id")
    )
    by_definition: defaultdict[UUID, list[EarningRule]] = defaultdict(list)
    for rule in rules:
        rule.project = project  # its time zone is that of windows which recur
        rule.validation_rule_key = rule.ruled_by
        by_definition[rule.definition_id].append(rule)
    return dict(by_definition)


# rules_of(project): every rule by the definition of its event. One statement once a revision, none after.
rules_of: Callable[[Project], RulesByDefinition] = CachedByRevision(_load)


def match_rules(causes: Sequence[Cause], rules: RulesByDefinition) -> tuple[list[Match], list[Skip]]:
    """Every rule that pays for a cause, in order, and the reason of every rule that does not. Runs no statement."""
    matches: list[Match] = []
    skips: list[Skip] = []
    for cause in causes:
        if cause.schema is None or cause.schema.definition_id is None:
            continue
        for rule in rules.get(cause.schema.definition_id, ()):
            verdict = judge(rule, cause)
            if isinstance(verdict, Reason):
                skips.append(Skip(cause, "earning_rule", rule.public_id, verdict))
            else:
                matches.append(Match(cause, rule, verdict))
    return matches, skips


def judge(rule: EarningRule, cause: Cause) -> int | Reason:
    """The points (whole, at least 1) that the rule pays for the cause, or why it pays none."""
    campaign = rule.program.campaign
    if not cause.may_earn:
        return Reason.CLIENT_EARNING_OFF
    if not rule.active:
        return Reason.RULE_INACTIVE
    if not campaign.active:
        return Reason.CAMPAIGN_INACTIVE
    if not campaign.is_open_at(cause.occurred_at) or not rule.is_open_at(cause.occurred_at):
        return Reason.OUTSIDE_WINDOW
    if rule.formula == Formula.FIXED:
        return rule.points
    assert cause.schema is not None and cause.event is not None
    return points_for(rule, cause.schema.value(cause.event.metadata, rule.property_name))


def points_for(rule: EarningRule, value: JsonValue) -> int | Reason:
    """Points of a proportional rule for a property's value: floor(value / every) * points.

    Rounded down once, per event. A missing value, or none above zero, earns nothing (contract f.4).
    """
    if not is_number(value):
        return Reason.PROPERTY_MISSING
    assert rule.every is not None
    # Both bounds before the division: a quotient of more than 28 digits is an error, not a number.
    if value <= 0:
        return Reason.CONDITION_NOT_MET
    if value > MOST_POINTS * rule.every:
        return Reason.POINTS_OUT_OF_RANGE
    points = int(Decimal(value) // rule.every) * rule.points
    if points > MOST_POINTS:
        return Reason.POINTS_OUT_OF_RANGE
    return points if points > 0 else Reason.CONDITION_NOT_MET
