"""The referral code as a kind of voucher."""

from collections.abc import Collection, Sequence
from uuid import UUID

from campaigns.kinds import VoucherKind
from campaigns.models import CampaignType, Holder, HolderRole, Voucher


class ReferralCode(VoucherKind):
    """Whoever a referral code is published to is its referrer."""

    campaign_type = CampaignType.REFERRAL_PROGRAM
    holder_role = HolderRole.REFERRER

    def used(self, vouchers: Sequence[Voucher]) -> Collection[UUID]:
        """Codes by which somebody was referred. One statement."""
        rows = Holder.objects.filter(voucher__in=vouchers, role=HolderRole.REFEREE)
        return set(rows.values_list("voucher_id", flat=True))
