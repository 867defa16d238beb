"""Referral programmes with a validation rule: a code converts only where it holds."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from campaigns.models import Campaign
from events.chain import Batch
from events.judging import Question, judge, property_problem
from projects.audit import Actor
from projects.models import Project
from referrals.conversions import Candidate
from referrals.models import ReferralProgram
from rules.assigning import set_rule
from rules.judging import rule_of
from rules.models import ObjectType
from rules.usage import RuleTarget, RuleUser

REFERRAL_PROGRAMS = "referrals_referralprogram"


class RuledCampaigns(RuleUser):
    """Campaigns; of these, referral programmes alone have something to judge as long as no code is redeemed."""

    object_type = ObjectType.CAMPAIGN
    prefix = "camp"

    def targets(self, project: Project, keys: Collection[UUID]) -> Mapping[UUID, RuleTarget]:
        campaigns = Campaign.objects.filter(project=project, pk__in=keys, deleted_at=None)
        campaigns = campaigns.select_related("referral_program__definition")
        return {campaign.pk: _target(project, campaign) for campaign in campaigns}


def give_validation_rule(campaign: Campaign, rule_ids: Sequence[str], *, by: Actor, now: datetime) -> None:
    """Has the validation rule by its public id (one at most) judged before a code converts; without one, none is.

    Call it in a transaction. Raises InvalidPayload for an unknown rule and for a campaign that has none, InvalidRules
    for what the event that converts does not have.
    """
    target = RuledCampaigns().targets(campaign.project, [campaign.pk])[campaign.pk]
    rule_id = rule_ids[0] if rule_ids else None
    set_rule(campaign.project, ObjectType.CAMPAIGN, target, rule_id, "validation_rules", by=by, now=now)


def are_valid(batch: Batch, candidates: Sequence[Candidate]) -> list[bool]:
    """Of each, whether the programme's validation rule holds, or it has none.

    One statement where some rule asks for segments, else none.
    """
    asked = [place for place, item in enumerate(candidates) if item.rules.ruled_by]
    answers = [True] * len(candidates)
    if asked:
        questions = [_question(batch.project, candidates[place]) for place in asked]
        for place, holds in zip(asked, judge(batch.project, questions, now=batch.now), strict=True):
            answers[place] = holds
    return answers


def in_words(campaign: Campaign) -> str:
    return f"referral campaign '{campaign.name}'"


def _target(project: Project, campaign: Campaign) -> RuleTarget:
    program: ReferralProgram | None = getattr(campaign, "referral_program", None)
    if program is None:
        words, refused = (
            f"campaign '{campaign.name}'",
            "converts nothing: only referral programmes have rules",
        )
        return RuleTarget(words, "campaigns_campaign", campaign.pk, campaign.public_id, refused)
    words = in_words(campaign)
    if program.definition is None:
        return RuleTarget(words, REFERRAL_PROGRAMS, campaign.pk, campaign.public_id)
    problem = property_problem(project, program.definition.name)
    return RuleTarget(words, REFERRAL_PROGRAMS, campaign.pk, campaign.public_id, problem=problem)


def _question(project: Project, candidate: Candidate) -> Question:
    event, key = candidate.cause.event, candidate.rules.ruled_by
    assert event is not None and key is not None
    return Question(rule_of(project, key), event.customer, event, candidate.cause.schema)
