"""System checks of validation rules."""

from typing import Any

from django.core.checks import CheckMessage

from common.checks import check_paths
from rules.segments import SegmentSource
from rules.usage import RuleUser


def check_users(**options: Any) -> list[CheckMessage]:
    """Id rules.E001: a path in RULE_USERS that is no RuleUser."""
    return check_paths("RULE_USERS", RuleUser, "rules.E001")


def check_sources(**options: Any) -> list[CheckMessage]:
    """Id rules.E002: a path in RULE_SEGMENTS that is no SegmentSource."""
    return check_paths("RULE_SEGMENTS", SegmentSource, "rules.E002")
