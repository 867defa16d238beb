"""System checks of event definitions."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string


def check_schema_users(**options: Any) -> list[CheckMessage]:
    """Id eventschema.E001: a path in SCHEMA_USERS that cannot be imported or called."""
    found: list[CheckMessage] = []
    for path in settings.SCHEMA_USERS:
        try:
            is_callable = callable(import_string(path))
        except ImportError:
            is_callable = False
        if not is_callable:
            found.append(Error(f"SCHEMA_USERS: {path} is no function.", id="eventschema.E001"))
    return found
