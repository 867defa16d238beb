"""Whether an event that brings a code converts a referral (docs/algorithms/referrals.md). Judging is pure."""

from collections.abc import Callable, Mapping
from uuid import UUID

from campaigns.models import Voucher
from events.chain import Cause
from events.reasons import Reason
from projects.models import Project
from projects.revisions import CachedByRevision
from referrals.models import ConversionEvent, ReferralProgram, ReferralTier
from rules.assigning import rule_key_of
from rules.models import ObjectType


class ProgramRules:
    """A programme with its active tiers and the key of its validation rule, as conversions need it."""

    def __init__(self, program: ReferralProgram, tiers: list[ReferralTier], ruled_by: UUID | None) -> None:
        self.program = program
        self.campaign = program.campaign
        self.tiers = tiers
        self.ruled_by = ruled_by


def _load(project: Project) -> dict[UUID, ProgramRules]:
    programs = ReferralProgram.objects.filter(project=project, campaign__deleted_at=None)
    programs = programs.select_related("campaign__project")
    programs = programs.annotate(ruled_by=rule_key_of(ObjectType.CAMPAIGN))
    tiers = ReferralTier.objects.filter(project=project, active=True, deleted_at=None)
    return {
        program.pk: ProgramRules(program, [tier for tier in tiers if tier.program_id == program.pk], program.ruled_by)
        for program in programs
    }


# programs_of(project): every referral programme by its campaign's key. Two statements once a revision, none after.
programs_of: Callable[[Project], Mapping[UUID, ProgramRules]] = CachedByRevision(_load)


def decline_reason(cause: Cause, voucher: Voucher, rules: ProgramRules | None) -> Reason | None:
    """Why the code does not convert for this event, or None where it does. The order is that of the documentation."""
    if rules is None or not voucher.is_referral_code:
        return Reason.NOT_A_REFERRAL_CODE
    program, campaign = rules.program, rules.campaign
    definition_id = cause.schema.definition_id if cause.schema else None
    by_event = program.conversion_event_type == ConversionEvent.CUSTOM_EVENT
    if not by_event or definition_id is None or program.definition_id != definition_id:
        return Reason.NOT_CONVERSION_EVENT
    if not campaign.active:
        return Reason.CAMPAIGN_INACTIVE
    if not campaign.is_open_at(cause.occurred_at):
        return Reason.OUTSIDE_WINDOW
    if not voucher.active:
        return Reason.CODE_DISABLED
    if not voucher.is_open_at(cause.occurred_at):
        return Reason.CODE_EXPIRED
    if voucher.holder is None or voucher.holder.deleted_at is not None:
        return Reason.NOT_PUBLISHED
    if voucher.holder_id == cause.customer_id:
        return Reason.SELF_REFERRAL
    return None
