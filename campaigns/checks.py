"""System checks of campaigns."""

from typing import Any

from django.core.checks import CheckMessage

from campaigns.kinds import VoucherKind
from common.checks import check_paths


def check_kinds(**options: Any) -> list[CheckMessage]:
    """Id campaigns.E001: a path in VOUCHER_KINDS that is no VoucherKind."""
    return check_paths("VOUCHER_KINDS", VoucherKind, "campaigns.E001")
