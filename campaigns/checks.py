"""System checks of campaigns."""

from typing import Any

from django.core.checks import CheckMessage

from campaigns.kinds import VoucherKind
from campaigns.usage import CampaignUser
from common.checks import check_paths


def check_kinds(**options: Any) -> list[CheckMessage]:
    """Id campaigns.E001: a path in VOUCHER_KINDS that is no VoucherKind."""
    return check_paths("VOUCHER_KINDS", VoucherKind, "campaigns.E001")


def check_users(**options: Any) -> list[CheckMessage]:
    """Id campaigns.E002: a path in CAMPAIGN_USERS that is no CampaignUser."""
    return check_paths("CAMPAIGN_USERS", CampaignUser, "campaigns.E002")
