"""Deprecating a definition from a day on, and putting it back in use; and the lock that every change of one takes."""

from datetime import date, datetime

from django.db import transaction

from common.jsons import JsonObject
from common.refusals import InvalidPayload, NotFound
from eventschema.models import EventDefinition, Status
from projects.audit import Actor, Target, record_change


def lock_definition(definition: EventDefinition) -> EventDefinition:
    """The definition as it is now, locked against other writers. Raises NotFound where it was deleted meanwhile."""
    locked = (
        EventDefinition.objects.select_for_update(no_key=True, of=("self",))
        .select_related("project")
        .filter(pk=definition.pk, deleted_at=None)
        .first()
    )
    if locked is None:
        raise NotFound.of("custom_event_schema", definition.public_id)
    return locked


def set_status(
    definition: EventDefinition, status: str, *, deprecated_on: date | None = None, by: Actor, now: datetime
) -> EventDefinition:
    """Deprecates the definition from a day on (from today where none is said), or puts it back in use.

    Its events are taken all the same. Raises InvalidPayload for a draft, which nobody uses yet, and NotFound.
    """
    with transaction.atomic():
        definition = lock_definition(definition)
        apply_status(definition, status, deprecated_on=deprecated_on, by=by, now=now)
    return definition


def apply_status(
    definition: EventDefinition, status: str, *, deprecated_on: date | None, by: Actor, now: datetime
) -> None:
    """`set_status`, of a definition that the caller's transaction has locked or made."""
    if definition.version == 0:
        raise InvalidPayload.at("status", "A definition that was never published is a draft", status)
    if deprecated_on and status != Status.DEPRECATED:
        told = "Property .deprecated_on is of deprecated definitions alone"
        raise InvalidPayload.at("deprecated_on", told, deprecated_on.isoformat())
    day = (deprecated_on or definition.deprecated_on or now.date()) if status == Status.DEPRECATED else None
    before = _shown(definition)
    definition.status, definition.deprecated_on = status, day
    after = _shown(definition)
    if after == before:
        return
    definition.updated_at = now
    definition.save(update_fields=["status", "deprecated_on", "updated_at"])
    action = "event_definition.deprecated" if day else "event_definition.reinstated"
    target = target_of(definition)
    record_change(definition.project, by=by, action=action, target=target, before=before, after=after)


def _shown(definition: EventDefinition) -> JsonObject:
    day = definition.deprecated_on
    return {"status": str(definition.status), "deprecated_on": day.isoformat() if day else None}


def target_of(definition: EventDefinition) -> Target:
    return Target("custom_event_schema", definition.public_id, definition.name)
