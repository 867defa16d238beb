"""System checks of distributions."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string


def check_data(**options: Any) -> list[CheckMessage]:
    """Id distributions.E001: DISTRIBUTION_DATA names no function."""
    path = settings.DISTRIBUTION_DATA
    try:
        found = import_string(path)
    except ImportError as error:
        return [Error(f"DISTRIBUTION_DATA: {path} cannot be imported: {error}", id="distributions.E001")]
    return [] if callable(found) else [Error(f"DISTRIBUTION_DATA: {path} is no function.", id="distributions.E001")]
