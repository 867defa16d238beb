"""The draft of a definition: what people edit, apart from what events are checked by."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError, transaction

from common.jsons import JsonObject
from common.refusals import Duplicate
from eventschema.models import EventDefinition
from eventschema.publishing import (
    check_specs,
    lock_definition,
    published_specs,
    published_version,
    replace_draft,
    snapshot_of,
    target_of,
)
from eventschema.spec import PropertySpec
from projects.audit import Actor, record_change


def save_draft(
    definition: EventDefinition, specs: Sequence[PropertySpec], *, by: Actor, now: datetime
) -> EventDefinition:
    """Stores the definition and its draft; events are checked by what is published until `publish` is called.

    A property that keeps its name and type keeps its id. Raises InvalidPayload, Duplicate for a name in use, NotFound
    where the definition was deleted meanwhile.
    """
    check_specs(definition.project, specs)
    try:
        with transaction.atomic():
            stored, before = _store(definition, now)
            replace_draft(stored, _with_kept_ids(stored, specs))
            target = target_of(stored)
            after = draft_snapshot(stored)
            record_change(
                stored.project, by=by, action="event_definition.drafted", target=target, before=before, after=after
            )
    except IntegrityError as error:
        raise Duplicate.of("custom_event_schema", definition.name) from error
    return stored


def draft_snapshot(definition: EventDefinition) -> JsonObject:
    """What publishing the draft would write (two statements, and two more where objects are nested)."""
    specs = [PropertySpec.of(row) for row in definition.properties.all()]
    return snapshot_of(definition, specs, definition.unknown)


def draft_differs(definition: EventDefinition) -> bool:
    """Whether publishing the draft would make a new version."""
    version = published_version(definition)
    return version is None or version.schema != draft_snapshot(definition)


def _store(definition: EventDefinition, now: datetime) -> tuple[EventDefinition, JsonObject | None]:
    """The stored row, locked, with the fields that people edit; and its draft before, or None for a new one."""
    if definition._state.adding:
        definition.save(force_insert=True)
        return definition, None
    stored = lock_definition(definition)
    before = draft_snapshot(stored)
    stored.description, stored.unknown, stored.updated_at = definition.description, definition.unknown, now
    stored.save(update_fields=["description", "unknown", "updated_at"])
    return stored, before


def _with_kept_ids(definition: EventDefinition, specs: Sequence[PropertySpec]) -> list[PropertySpec]:
    known = [*published_specs(definition), *(PropertySpec.of(row) for row in definition.properties.all())]
    ids = {(spec.name, spec.type): spec.id for spec in known}
    return [replace(spec, id=ids.get((spec.name, spec.type), spec.id)) for spec in specs]
