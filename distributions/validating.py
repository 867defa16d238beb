"""Distributions with a validation rule: they react only where it holds."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from common.ids import public_id
from customers.models import Customer
from distributions.models import Distribution
from distributions.scheduling import Match, declined
from events.chain import Skip
from events.judging import Question, judge, property_problem
from events.reasons import Reason
from projects.audit import Actor
from projects.models import Project
from rules.assigning import set_rule
from rules.judging import rule_of
from rules.models import ObjectType
from rules.usage import RuleTarget, RuleUser

DISTRIBUTIONS = "distributions_distribution"


class RuledDistributions(RuleUser):
    object_type = ObjectType.DISTRIBUTION
    prefix = "distr"

    def targets(self, project: Project, keys: Collection[UUID]) -> Mapping[UUID, RuleTarget]:
        rows = Distribution.objects.filter(project=project, pk__in=keys, deleted_at=None)
        return {row.pk: _target(project, row) for row in rows.select_related("definition")}


def give_validation_rule(distribution: Distribution, rule_id: str | None, *, by: Actor, now: datetime) -> None:
    """Has the validation rule by its public id judged before anything is scheduled; None has none judged.

    Call it in a transaction. Raises InvalidPayload for an unknown one, InvalidRules for what its event does not have.
    """
    project = distribution.project
    target = _target(project, distribution)
    set_rule(project, ObjectType.DISTRIBUTION, target, rule_id, "validation_rule_id", by=by, now=now)


def only_valid(project: Project, matches: Sequence[Match], *, now: datetime) -> tuple[list[Match], list[Skip]]:
    """Those whose validation rule holds or that have none, and the skips of the others.

    One statement where some rule asks for segments, and one where it is about others than who sent the event.
    """
    asked = [match for match in matches if match.distribution.validation_rule_key]
    if not asked:
        return list(matches), []
    people = _people(asked)
    answers = judge(project, [_question(project, match, people) for match in asked], now=now)
    failed = {match.name for match, holds in zip(asked, answers, strict=True) if not holds}
    skips = [_declined(match) for match in asked if match.name in failed]
    return [match for match in matches if match.name not in failed], skips


def _declined(match: Match) -> Skip:
    assert match.distribution.validation_rule_key is not None
    rule = public_id("val", match.distribution.validation_rule_key)
    return declined(match, Reason.CONDITION_NOT_MET, validation_rule=rule)


def in_words(distribution: Distribution) -> str:
    return f"distribution '{distribution.name}'"


def _target(project: Project, distribution: Distribution) -> RuleTarget:
    own = (in_words(distribution), DISTRIBUTIONS, distribution.pk, distribution.public_id)
    if distribution.definition is None:
        return RuleTarget(*own)
    return RuleTarget(*own, problem=property_problem(project, distribution.definition.name))


def _people(matches: Sequence[Match]) -> dict[UUID, Customer]:
    """As they are in memory where they sent the event; the others as they are stored."""
    events = [match.cause.event for match in matches if match.cause.event]
    people = {event.customer_id: event.customer for event in events}
    missing = {match.customer_id for match in matches} - people.keys()
    return people | (Customer.objects.in_bulk(missing) if missing else {})


def _question(project: Project, match: Match, people: Mapping[UUID, Customer]) -> Question:
    assert match.distribution.validation_rule_key is not None
    rule = rule_of(project, match.distribution.validation_rule_key)
    return Question(rule, people[match.customer_id], match.cause.event, match.cause.schema)
