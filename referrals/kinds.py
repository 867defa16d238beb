"""The referral code as a kind of voucher."""

from campaigns.kinds import VoucherKind
from campaigns.models import CampaignType, HolderRole


class ReferralCode(VoucherKind):
    """Whoever a referral code is published to is its referrer."""

    campaign_type = CampaignType.REFERRAL_PROGRAM
    holder_role = HolderRole.REFERRER
