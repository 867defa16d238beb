"""System checks of webhooks."""

from typing import Any

from django.core.checks import CheckMessage

from common.checks import check_function, check_paths
from webhooks.pausing import SendSource


def check_send_sources(**options: Any) -> list[CheckMessage]:
    """Id webhooks.E001: a path in SEND_SOURCES that is no SendSource."""
    return check_paths("SEND_SOURCES", SendSource, "webhooks.E001")


def check_sample(**options: Any) -> list[CheckMessage]:
    """Id webhooks.E002: WEBHOOK_SAMPLE names no function."""
    return check_function("WEBHOOK_SAMPLE", "webhooks.E002")
