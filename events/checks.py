"""System checks: every dotted path by which floors are crossed upward leads somewhere (docs/architecture.md)."""

from typing import Any

from django.core.checks import CheckMessage

from common.checks import check_paths
from events.chain import Reaction


def check_reactions(**options: Any) -> list[CheckMessage]:
    """Id events.E001: a path in EVENT_REACTIONS that is no Reaction."""
    return check_paths("EVENT_REACTIONS", Reaction, "events.E001")
