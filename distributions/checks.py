"""System checks of distributions."""

from typing import Any

from django.core.checks import CheckMessage

from common.checks import check_function


def check_data(**options: Any) -> list[CheckMessage]:
    """Id distributions.E001: DISTRIBUTION_DATA names no function."""
    return check_function("DISTRIBUTION_DATA", "distributions.E001")
