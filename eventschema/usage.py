"""Who uses an event definition. Users register by dotted path, since this floor knows none of them."""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from common.refusals import InUse
from eventschema.models import EventDefinition

# A schema user: definition → what of its own uses it, such as "earning rule 'Sign-up bonus'".
SchemaUser = Callable[[EventDefinition], list[str]]


def users_of(definition: EventDefinition) -> list[str]:
    """Everything that `settings.SCHEMA_USERS` know to use the definition, in words."""
    found: list[str] = []
    for path in settings.SCHEMA_USERS:
        schema_user: SchemaUser = import_string(path)
        found.extend(schema_user(definition))
    return found


def check_unused(definition: EventDefinition) -> None:
    """Raises InUse naming every user of the definition."""
    users = users_of(definition)
    if users:
        raise InUse(
            f"Resource custom_event_schema with id {definition.public_id} is in use by {', '.join(users)}",
            resource_type="custom_event_schema",
            resource_id=definition.public_id,
        )
