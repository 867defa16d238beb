"""System checks of event definitions."""

from typing import Any

from django.core.checks import CheckMessage

from common.checks import check_paths
from eventschema.usage import SchemaUser


def check_schema_users(**options: Any) -> list[CheckMessage]:
    """Id eventschema.E001: a path in SCHEMA_USERS that is no schema user."""
    return check_paths("SCHEMA_USERS", SchemaUser, "eventschema.E001")
