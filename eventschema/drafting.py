"""The draft of a definition: what people edit, apart from what events are checked by."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from common.jsons import JsonObject
from common.refusals import Duplicate, NotFound
from eventschema.comparing import Change, compare
from eventschema.conflicts import check_base, definition_state
from eventschema.identity import keep_ids
from eventschema.models import EventDefinition, SchemaVersion
from eventschema.publishing import (
    check_names,
    check_specs,
    published_specs,
    published_version,
    replace_draft,
    snapshot_of,
)
from eventschema.spec import PropertySpec, specs_of
from eventschema.status import lock_definition, target_of
from projects.audit import Actor, record_change


def save_draft(
    definition: EventDefinition,
    specs: Sequence[PropertySpec],
    *,
    by: Actor,
    now: datetime,
    base: JsonObject | None = None,
) -> EventDefinition:
    """Stores the definition and its draft; events are checked by what is published until `publish` is called.

    A spec with the id of a property is that property; without one, a property that keeps its name and type keeps its
    id (identity.py). `base` is the state that was edited: raises EditedMeanwhile where it is no longer so. Raises
    InvalidPayload, Duplicate for a name in use, NotFound where the definition was deleted meanwhile.
    """
    try:
        with transaction.atomic():
            stored, before = _store(definition, now, base, specs)
            kept = _with_kept_ids(stored, specs)
            check_specs(stored.project, kept)
            check_names(stored, kept)
            replace_draft(stored, kept)
            _record(stored, "event_definition.drafted", before, by=by)
    except IntegrityError as error:
        raise Duplicate.of("custom_event_schema", definition.name) from error
    return stored


def restore_version(definition: EventDefinition, number: int, *, by: Actor, now: datetime) -> EventDefinition:
    """Makes the draft what that version was. Nothing is published, and no version changes.

    A property that was renamed since keeps its later name as one that senders may use. Nested schemas are as they are
    now. Raises NotFound where there is no such version, InvalidPayload where it cannot be drafted any more.
    """
    with transaction.atomic():
        stored = lock_definition(definition)
        version = SchemaVersion.objects.filter(definition=stored, version=number).first()
        if version is None:
            raise NotFound.of("custom_event_schema_version", str(number))
        before = draft_snapshot(stored)
        specs = specs_of(version.schema)
        kept = _with_kept_ids(stored, specs, known=specs)
        check_specs(stored.project, kept)
        check_names(stored, kept)
        replace_draft(stored, kept)
        stored.unknown, stored.updated_at = version.schema["unknown"], now
        stored.save(update_fields=["unknown", "updated_at"])
        _record(stored, "event_definition.restored", before, by=by)
    return stored


def draft_snapshot(definition: EventDefinition) -> JsonObject:
    """What publishing the draft would write (two statements, and two more where objects are nested)."""
    specs = [PropertySpec.of(row) for row in definition.properties.all()]
    return snapshot_of(definition, specs, definition.unknown)


def draft_differs(definition: EventDefinition) -> bool:
    """Whether publishing the draft would make a new version."""
    version = published_version(definition)
    return version is None or version.schema != draft_snapshot(definition)


def draft_changes(definition: EventDefinition) -> list[Change]:
    """What publishing the draft would change; nothing where nothing was published yet."""
    version = published_version(definition)
    return compare(version.schema, draft_snapshot(definition)) if version else []


def _store(
    definition: EventDefinition, now: datetime, base: JsonObject | None, specs: Sequence[PropertySpec]
) -> tuple[EventDefinition, JsonObject | None]:
    """The stored row, locked, with the fields that people edit; and its draft before, or None for a new one."""
    if definition._state.adding:
        definition.save(force_insert=True)
        return definition, None
    stored = lock_definition(definition)
    check_base(base, definition_state(stored), definition_state(definition, specs))
    before = draft_snapshot(stored)
    stored.description, stored.unknown, stored.updated_at = definition.description, definition.unknown, now
    stored.save(update_fields=["description", "unknown", "updated_at"])
    return stored, before


def _with_kept_ids(
    definition: EventDefinition, specs: Sequence[PropertySpec], known: Sequence[PropertySpec] = ()
) -> list[PropertySpec]:
    """`known` are the definition's own beside those of the draft and of the published version."""
    drafted = [PropertySpec.of(row) for row in definition.properties.all()]
    return keep_ids(specs, drafted=[*known, *drafted], published=published_specs(definition))


def _record(definition: EventDefinition, action: str, before: JsonObject | None, *, by: Actor) -> None:
    target, after = target_of(definition), draft_snapshot(definition)
    record_change(definition.project, by=by, action=action, target=target, before=before, after=after)
