"""Earning rules with a validation rule: they pay only where it holds."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from common.ids import public_id
from customers.models import Customer
from events.chain import Batch, Skip
from events.judging import Question, judge, property_problem
from events.reasons import Reason
from loyalty.earning import Match, customers_of
from loyalty.models import EarningRule
from projects.audit import Actor
from projects.models import Project
from rules.assigning import set_rule
from rules.judging import rule_of
from rules.models import ObjectType
from rules.usage import RuleTarget, RuleUser

EARNING_RULES = "loyalty_earningrule"


class RuledEarning(RuleUser):
    object_type = ObjectType.EARNING_RULE
    prefix = "ern"

    def targets(self, project: Project, keys: Collection[UUID]) -> Mapping[UUID, RuleTarget]:
        living = EarningRule.objects.filter(project=project, pk__in=keys, deleted_at=None)
        rules = living.filter(program__campaign__deleted_at=None).select_related("definition")
        return {rule.pk: _target(project, rule) for rule in rules}


def give_validation_rule(rule: EarningRule, rule_id: str | None, *, by: Actor, now: datetime) -> None:
    """Has the validation rule by its public id judged before the earning rule pays; None has none judged.

    Call it in a transaction. Raises InvalidPayload for an unknown one, InvalidRules for what its event does not have.
    """
    target = _target(rule.project, rule)
    set_rule(rule.project, ObjectType.EARNING_RULE, target, rule_id, "validation_rule_id", by=by, now=now)


def only_valid(batch: Batch, matches: Sequence[Match]) -> tuple[list[Match], list[Skip]]:
    """Those whose validation rule holds or that have none, and the skips of the others.

    One statement where some rule asks for segments, and one where they are about others than who sent the events.
    """
    asked = [match for match in matches if match.rule.validation_rule_key]
    if not asked:
        return list(matches), []
    people = customers_of(asked)
    questions = [_question(batch.project, match, people[match.customer_id]) for match in asked]
    answers = judge(batch.project, questions, now=batch.now)
    failed = {id(match) for match, holds in zip(asked, answers, strict=True) if not holds}
    skips = [_declined(match) for match in matches if id(match) in failed]
    return [match for match in matches if id(match) not in failed], skips


def _declined(match: Match) -> Skip:
    assert match.rule.validation_rule_key is not None
    ruled_by = public_id("val", match.rule.validation_rule_key)
    return Skip(match.cause, "earning_rule", match.rule.public_id, Reason.CONDITION_NOT_MET, ruled_by)


def in_words(rule: EarningRule) -> str:
    return f"earning rule '{rule.banner or rule.public_id}'"


def _target(project: Project, rule: EarningRule) -> RuleTarget:
    problem = property_problem(project, rule.definition.name) if rule.definition else _no_event
    return RuleTarget(in_words(rule), EARNING_RULES, rule.pk, rule.public_id, problem=problem)


def _no_event(_: str) -> str:
    return f"is no property of '{EarningRule.SEGMENT_ENTERED}'"


def _question(project: Project, match: Match, customer: Customer) -> Question:
    """Entering a segment has no properties, also where an event brought it about."""
    assert match.rule.validation_rule_key is not None
    rule = rule_of(project, match.rule.validation_rule_key)
    if match.is_entry:
        return Question(rule, customer)
    return Question(rule, customer, match.cause.event, match.cause.schema)
