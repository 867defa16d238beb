"""Which rule pays how much for which event or entry (docs/algorithms/earning.md). Matching is pure."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from common.ids import public_id
from common.jsons import JsonValue
from customers.models import Customer
from events.chain import Batch, Cause, Skip
from events.reasons import Reason
from events.voiding import VOIDED
from eventschema.property_types import is_number
from loyalty.cards import CardName
from loyalty.ledger import MOST_POINTS
from loyalty.models import EarningRule, Formula
from projects.models import Project
from projects.revisions import CachedByRevision
from rules.assigning import rule_key_of
from rules.models import ObjectType


@dataclass(frozen=True, slots=True)
class Rules:
    """A project's rules in the order in which they were made, by what they pay for: the definition of an event, or a
    segment (its public id, as effects name it).
    """

    by_event: Mapping[UUID, Sequence[EarningRule]]
    by_segment: Mapping[str, Sequence[EarningRule]]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that pays a customer for a cause, if there is a card for it and its validation rule holds."""

    cause: Cause
    rule: EarningRule
    points: int
    customer_id: UUID

    @property
    def is_entry(self) -> bool:
        """Whether it pays for entering a segment."""
        return self.rule.segment_id is not None

    @property
    def card_name(self) -> CardName:
        return self.rule.program_id, self.customer_id


def _load(project: Project) -> Rules:
    rules = (
        EarningRule.objects.filter(project=project, deleted_at=None, program__campaign__deleted_at=None)
        .select_related("program__campaign__project")
        .annotate(ruled_by=rule_key_of(ObjectType.EARNING_RULE))
        .order_by("created_at", "id")
    )
    by_event: defaultdict[UUID, list[EarningRule]] = defaultdict(list)
    by_segment: defaultdict[str, list[EarningRule]] = defaultdict(list)
    for rule in rules:
        rule.project = project  # its time zone is that of windows which recur
        rule.validation_rule_key = rule.ruled_by
        if rule.definition_id is not None:
            by_event[rule.definition_id].append(rule)
        elif rule.segment_id is not None:
            by_segment[public_id("seg", rule.segment_id)].append(rule)
    return Rules(dict(by_event), dict(by_segment))


# rules_of(project): every rule by what it pays for. One statement once a revision, none after.
rules_of: Callable[[Project], Rules] = CachedByRevision(_load)


def match_rules(batch: Batch, rules: Rules) -> tuple[list[Match], list[Skip]]:
    """Every rule that pays for an event or an entry, in order, and the reason of every one that does not.

    Runs no statement.
    """
    matches: list[Match] = []
    skips: list[Skip] = []
    for cause, customer_id, rule in _asked(batch, rules):
        verdict = judge(rule, cause)
        if isinstance(verdict, Reason):
            skips.append(Skip(cause, "earning_rule", rule.public_id, verdict))
        else:
            matches.append(Match(cause, rule, verdict, customer_id))
    return matches, skips


def _asked(batch: Batch, rules: Rules) -> Iterator[tuple[Cause, UUID, EarningRule]]:
    """Every rule about what happened, whom it would pay, and why."""
    for cause in batch.causes:
        if cause.schema is not None and cause.schema.definition_id is not None:
            for rule in rules.by_event.get(cause.schema.definition_id, ()):
                yield cause, cause.customer_id, rule
    for effect in batch.effects:
        # Who is back because an event was taken back never left, as far as points go (docs/algorithms/voiding.md).
        if effect.kind == "segment.entered" and effect.cause.kind != VOIDED:
            for rule in rules.by_segment.get(str(effect.data["segment"]), ()):
                yield effect.cause, effect.customer_id, rule


def customers_of(matches: Sequence[Match]) -> dict[UUID, Customer]:
    """Whom they pay: as they are in memory who sent the event, the others as they are stored (one statement)."""
    events = [match.cause.event for match in matches if match.cause.event]
    people = {event.customer_id: event.customer for event in events}
    missing = {match.customer_id for match in matches} - people.keys()
    return people | (Customer.objects.in_bulk(missing) if missing else {})


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
