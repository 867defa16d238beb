"""The referral code as a kind of voucher."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from campaigns.kinds import VoucherKind
from campaigns.models import Campaign, CampaignType, Holder, HolderRole, Voucher
from projects.audit import Actor
from referrals.models import ReferralProgram
from referrals.programs import end_rewards


class ReferralCode(VoucherKind):
    """Whoever a referral code is published to is its referrer."""

    campaign_type = CampaignType.REFERRAL_PROGRAM
    holder_role = HolderRole.REFERRER

    def used(self, vouchers: Sequence[Voucher]) -> Collection[UUID]:
        """Codes by which somebody was referred. One statement."""
        rows = Holder.objects.filter(voucher__in=vouchers, role=HolderRole.REFEREE)
        return set(rows.values_list("voucher_id", flat=True))

    def users_of(self, campaign: Campaign) -> Sequence[str]:
        """The referral campaigns that pay either side in the campaign; one statement."""
        paying = Q(referee_reward_campaign=campaign) | Q(tiers__reward_campaign=campaign, tiers__deleted_at=None)
        programs = ReferralProgram.objects.filter(paying, campaign__deleted_at=None).exclude(campaign=campaign)
        names = programs.order_by("campaign__name").values_list("campaign__name", flat=True).distinct()
        return [f"referral campaign '{name}'" for name in names]

    def let_go(self, campaign: Campaign, *, by: Actor, now: datetime) -> None:
        end_rewards(campaign, by=by, now=now)
