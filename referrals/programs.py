"""Making referral campaigns and changing their tiers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from campaigns.changing import CampaignChange, change_campaign
from campaigns.creation import CampaignFields, campaign_target, create_campaign
from campaigns.models import Campaign, CampaignType
from campaigns.telling import tell_of_campaign
from common.ids import public_id
from common.refusals import InvalidPayload
from eventschema.models import EventDefinition
from projects.audit import Actor, Target, record_change
from projects.models import Project
from referrals.models import ConversionEvent, Criterion, ReferralProgram, ReferralTier, RewardType
from webhooks.announcing import Announcement, announce, source_of

# What a PositiveIntegerField holds.
MOST_AMOUNT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Reward:
    """Points on the cards of a loyalty campaign."""

    type: str
    campaign: Campaign
    amount: int


@dataclass(frozen=True, slots=True)
class TierFields:
    reward: Reward
    criterion: str = Criterion.EACH
    banner: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class ProgramFields:
    """`definition` is the event that converts, or None where codes convert by redemption."""

    definition: EventDefinition | None
    referee_reward: Reward | None = None
    tiers: Sequence[TierFields] = ()


def create_referral_campaign(
    project: Project, fields: CampaignFields, program: ProgramFields, *, by: Actor
) -> Campaign:
    """A referral campaign with its tiers, all or nothing. Raises Duplicate, InvalidPayload."""
    with transaction.atomic():
        campaign = create_campaign(project, fields, by=by)
        create_program(campaign, program, by=by)
    return campaign


def create_program(campaign: Campaign, fields: ProgramFields, *, by: Actor) -> ReferralProgram:
    """The referral part of a campaign. Raises InvalidPayload where a reward is none that can be paid."""
    by_event = ConversionEvent.CUSTOM_EVENT if fields.definition else ConversionEvent.REDEMPTION
    reward = fields.referee_reward
    if reward:
        _check_reward(campaign.project, reward, "referral_program.referee_reward")
    program = ReferralProgram.objects.create(
        campaign=campaign,
        project=campaign.project,
        conversion_event_type=by_event,
        definition=fields.definition,
        referee_reward_type=reward.type if reward else "",
        referee_reward_campaign=reward.campaign if reward else None,
        referee_reward_amount=reward.amount if reward else None,
    )
    for position, tier in enumerate(fields.tiers):
        add_tier(program, tier, by=by, path=f"referral_program.tiers.{position}")
    return program


def change_program(
    campaign: Campaign, change: CampaignChange, fields: ProgramFields | None, *, by: Actor, now: datetime
) -> Campaign:
    """Changes a campaign, and on what its referrals convert and what referees get where that was sent.

    Tiers have calls of their own. Raises what `change_campaign` does, and InvalidPayload.
    """
    if fields is None:
        return change_campaign(campaign, change, by=by, now=now)
    reward = fields.referee_reward
    if reward:
        _check_reward(campaign.project, reward, "referral_program.referee_reward")
    with transaction.atomic():
        program = ReferralProgram.objects.select_for_update().get(campaign=campaign)
        by_event = ConversionEvent.CUSTOM_EVENT if fields.definition else ConversionEvent.REDEMPTION
        program.conversion_event_type = by_event
        program.definition = fields.definition
        program.referee_reward_type = reward.type if reward else ""
        program.referee_reward_campaign = reward.campaign if reward else None
        program.referee_reward_amount = reward.amount if reward else None
        program.save()
        return change_campaign(campaign, change, by=by, now=now)


def add_tier(program: ReferralProgram, fields: TierFields, *, by: Actor, path: str = "") -> ReferralTier:
    """One more tier. Raises InvalidPayload."""
    _check_reward(program.project, fields.reward, f"{path}.reward".lstrip("."))
    with transaction.atomic():
        tier = ReferralTier.objects.create(project=program.project, program=program, **_columns(fields))
        record_change(program.project, by=by, action="referral_tier.created", target=_target(tier))
        _tell(tier, "created", by, datetime.now(UTC))
    return tier


def change_tier(tier: ReferralTier, fields: TierFields, *, by: Actor, now: datetime) -> ReferralTier:
    """Replaces the whole tier; what it paid stays paid. Raises InvalidPayload."""
    _check_reward(tier.project, fields.reward, "reward")
    with transaction.atomic():
        for name, value in _columns(fields).items():
            setattr(tier, name, value)
        tier.updated_at = now
        tier.save()
        record_change(tier.project, by=by, action="referral_tier.updated", target=_target(tier))
        _tell(tier, "updated", by, now)
    return tier


def delete_tier(tier: ReferralTier, *, by: Actor, now: datetime) -> None:
    """Ends the tier; the row stays, since ledger entries name it."""
    with transaction.atomic():
        tier.deleted_at = now
        tier.save(update_fields=["deleted_at"])
        record_change(tier.project, by=by, action="referral_tier.deleted", target=_target(tier))
        _tell(tier, "deleted", by, now)


def end_rewards(campaign: Campaign, *, by: Actor, now: datetime) -> None:
    """Ends the tiers and the rewards of referees that pay in a campaign, which is about to be deleted."""
    for tier in ReferralTier.objects.filter(reward_campaign=campaign, deleted_at=None).select_related("project"):
        delete_tier(tier, by=by, now=now)
    for program in ReferralProgram.objects.filter(referee_reward_campaign=campaign).select_related(
        "campaign__project"
    ):
        program.referee_reward_type = ""
        program.referee_reward_campaign = program.referee_reward_amount = None
        program.save(update_fields=["referee_reward_type", "referee_reward_campaign", "referee_reward_amount"])
        target = campaign_target(program.campaign)
        record_change(program.campaign.project, by=by, action="campaign.updated", target=target)
        tell_of_campaign(program.campaign, "updated", by=by, now=now)


def _tell(tier: ReferralTier, what: str, by: Actor, now: datetime) -> None:
    """Lets webhooks know."""
    about = {"tier": tier.public_id, "campaign": public_id("camp", tier.program_id)}
    told = Announcement(f"campaign.referral_tier.{what}", tier.public_id, about, source=source_of(by))
    announce(tier.project, [told], now=now)


def _columns(fields: TierFields) -> dict[str, object]:
    return {
        "criterion": fields.criterion,
        "banner": fields.banner,
        "active": fields.active,
        "reward_type": fields.reward.type,
        "reward_campaign": fields.reward.campaign,
        "amount": fields.reward.amount,
    }


def _check_reward(project: Project, reward: Reward, path: str) -> None:
    if reward.type not in RewardType.values:
        raise InvalidPayload.at(
            f"{path}.type", f"Property .{path}.type must be one of {', '.join(RewardType.values)}", reward.type
        )
    if not 1 <= reward.amount <= MOST_AMOUNT:
        raise InvalidPayload.at(
            f"{path}.amount", f"Property .{path}.amount must be from 1 to {MOST_AMOUNT}", reward.amount
        )
    fits = reward.campaign.project_id == project.pk and reward.campaign.campaign_type == CampaignType.LOYALTY_PROGRAM
    if not fits:
        raise InvalidPayload.at(
            f"{path}.related_object_parent",
            f"Property .{path}.related_object_parent must be a loyalty campaign",
            reward.campaign.name,
        )


def _target(tier: ReferralTier) -> Target:
    return Target("referral_tier", tier.public_id, str(tier))
