"""System checks of exports."""

from typing import Any

from django.core.checks import CheckMessage

from common.checks import check_paths
from exports.kinds import ExportKind


def check_kinds(**options: Any) -> list[CheckMessage]:
    """Id exports.E001: a path in EXPORT_KINDS that is no ExportKind."""
    return check_paths("EXPORT_KINDS", ExportKind, "exports.E001")
