"""From a draft to a published version, and what the management API changes directly."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from common.jsons import JsonObject
from common.refusals import Conflict, Duplicate, FieldError, InvalidPayload
from eventschema.comparing import compare, renames
from eventschema.identity import merge, reused_names
from eventschema.models import (
    MOST_PROPERTIES,
    STANDARD_RESOURCES,
    EventDefinition,
    MetadataSchema,
    PropertyDefinition,
    SchemaVersion,
    Status,
    UnknownProperties,
)
from eventschema.rebasing import rebase
from eventschema.spec import PropertySpec, name_clashes, specs_of
from eventschema.status import apply_status, lock_definition, target_of
from eventschema.usage import check_served, schema_users
from projects.audit import Actor, record_change
from projects.models import Project


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """What a caller of the management API sends; None leaves a part as it is."""

    properties: Sequence[PropertySpec]
    description: str | None = None
    status: str | None = None
    unknown: str | None = None
    # Of a deprecated one; without it the day of the change.
    deprecated_on: date | None = None


def create_definition(
    project: Project, name: str, change: DefinitionChange, *, by: Actor, now: datetime
) -> EventDefinition:
    """A definition with its first version published. Raises Duplicate, InvalidPayload."""
    check_specs(project, change.properties)
    definition = EventDefinition(
        project=project,
        name=name,
        description=change.description or "",
        unknown=change.unknown or UnknownProperties.KEEP,
    )
    try:
        with transaction.atomic():
            definition.save(force_insert=True)
            replace_draft(definition, change.properties)
            _publish(definition, change.properties, definition.unknown, by=by, now=now)
            _change_status(definition, change, by=by, now=now)
    except IntegrityError as error:
        raise Duplicate.of("custom_event_schema", name) from error
    return definition


def change_definition(
    definition: EventDefinition, change: DefinitionChange, *, by: Actor, now: datetime
) -> EventDefinition:
    """Adds to and replaces in the published version, and publishes the next one at once.

    The draft that people edit is kept: a property that they changed and this call does not touch stays changed. Where
    both change the same property differently this raises Conflict. Raises InvalidPayload, and InUse where something
    reads a property that would be removed or retyped.
    """
    with transaction.atomic():
        definition = lock_definition(definition)
        published = published_specs(definition)
        after = merge(published, change.properties)
        check_specs(definition.project, after)
        check_names(definition, after)
        _rebase_draft(definition, published, after)
        if change.description is not None:
            definition.description = change.description
        unknown = change.unknown or published_unknown(definition)
        if change.unknown is not None:
            definition.unknown = change.unknown
        _publish(definition, after, unknown, by=by, now=now)
        _change_status(definition, change, by=by, now=now)
    return definition


def publish(
    definition: EventDefinition, *, by: Actor, now: datetime, expected: JsonObject | None = None
) -> SchemaVersion:
    """Publishes the draft as the next version; events are checked by it from the next request on.

    An unchanged draft answers the version there is. Raises InvalidPayload where the draft cannot be published, InUse
    where something reads a property that it removes or retypes, Conflict where it is not the snapshot `expected`.
    """
    with transaction.atomic():
        definition = lock_definition(definition)
        specs = [PropertySpec.of(row) for row in definition.properties.all()]
        check_specs(definition.project, specs)
        check_names(definition, specs)
        if expected is not None and expected != snapshot_of(definition, specs, definition.unknown):
            raise Conflict(f"The draft of '{definition.name}' was changed meanwhile")
        return _publish(definition, specs, definition.unknown, by=by, now=now)


def republish(definition: EventDefinition, *, by: Actor, now: datetime) -> SchemaVersion:
    """Publishes what is published, with the nested schemas as they are now; the draft stays a draft."""
    definition = lock_definition(definition)
    return _publish(definition, published_specs(definition), published_unknown(definition), by=by, now=now)


def delete_definition(definition: EventDefinition, *, by: Actor, now: datetime) -> None:
    """Takes the definition out of use and frees its name. Stored events keep their version."""
    with transaction.atomic():
        definition = lock_definition(definition)
        definition.deleted_at = now
        definition.save(update_fields=["deleted_at"])
        record_change(definition.project, by=by, action="event_definition.deleted", target=target_of(definition))


def published_version(definition: EventDefinition) -> SchemaVersion | None:
    """What events are checked by; None where nothing was published yet."""
    return SchemaVersion.objects.filter(definition=definition, version=definition.version).first()


def published_specs(definition: EventDefinition) -> list[PropertySpec]:
    """The properties of the published version, in order; none where nothing was published yet."""
    version = published_version(definition)
    return specs_of(version.schema) if version else []


def known_specs(definition: EventDefinition) -> list[PropertySpec]:
    """The living properties of the draft and those of the published version; two statements."""
    drafted = [PropertySpec.of(row) for row in definition.properties.all()]
    return [spec for spec in [*drafted, *published_specs(definition)] if not spec.deleted]


def published_unknown(definition: EventDefinition) -> str:
    """The policy for unknown properties that events are checked by; the draft's where nothing was published yet."""
    version = published_version(definition)
    policy: str = version.schema["unknown"] if version else definition.unknown
    return policy


def _publish(
    definition: EventDefinition,
    specs: Sequence[PropertySpec],
    unknown: str,
    *,
    by: Actor,
    now: datetime,
) -> SchemaVersion:
    """Writes the next version, unless it would equal the present one. A draft becomes active.

    Raises InUse where something reads a property that `specs` lack.
    """
    snapshot = snapshot_of(definition, specs, unknown)
    current = published_version(definition)
    before = current.schema if current else None
    if current is None or current.schema != snapshot:
        check_served(definition, specs)
        current = SchemaVersion.objects.create(
            project=definition.project,
            definition=definition,
            version=definition.version + 1,
            schema=snapshot,
            published_at=now,
            published_by=by.name[:200],
        )
    is_first = definition.version == 0
    definition.version = current.version
    definition.status = Status.ACTIVE if definition.status == Status.DRAFT else definition.status
    definition.updated_at = None if is_first else now
    definition.save(update_fields=["version", "status", "updated_at", "description", "unknown"])
    action = "event_definition.created" if is_first else "event_definition.published"
    record_change(
        definition.project, by=by, action=action, target=target_of(definition), before=before, after=snapshot
    )
    if before is not None and (names := renames(compare(before, snapshot))):
        for schema_user in schema_users():
            schema_user.rename(definition, names, by=by, now=now)
    return current


def _change_status(definition: EventDefinition, change: DefinitionChange, *, by: Actor, now: datetime) -> None:
    if change.status is not None or change.deprecated_on is not None:
        status = change.status or Status.DEPRECATED
        apply_status(definition, status, deprecated_on=change.deprecated_on, by=by, now=now)


def snapshot_of(definition: EventDefinition, specs: Sequence[PropertySpec], unknown: str) -> JsonObject:
    """The immutable form: properties in order, and the nested schemas that they refer to written out."""
    snapshot: JsonObject = {
        "unknown": str(unknown),
        "properties": [spec.as_snapshot() for spec in specs],
    }
    names = {spec.options["object_type"] for spec in specs if "object_type" in spec.options}
    schemas = MetadataSchema.objects.filter(project=definition.project, related_object__in=names)
    if names:
        snapshot["nested"] = {
            schema.related_object: nested_snapshot(schema, [PropertySpec.of(row) for row in schema.properties.all()])
            for schema in schemas.order_by("related_object").prefetch_related("properties")
        }
    return snapshot


def nested_snapshot(schema: MetadataSchema, specs: Sequence[PropertySpec]) -> JsonObject:
    """A nested schema as it is written out in versions, with these properties."""
    unknown = UnknownProperties.REJECT if schema.allow_defined_only else UnknownProperties.KEEP
    return {"unknown": unknown.value, "properties": [spec.as_snapshot() for spec in specs]}


def _rebase_draft(
    definition: EventDefinition, published: Sequence[PropertySpec], after: Sequence[PropertySpec]
) -> None:
    """Carries the step from `published` to `after` over to the draft. Raises Conflict."""
    draft = [PropertySpec.of(row) for row in definition.properties.all()]
    rebased = rebase(draft, published, after)
    if rebased.clashes:
        raise Conflict(
            f"Property '{rebased.clashes[0]}' was changed differently in the draft of '{definition.name}'",
            resource_type="custom_event_schema",
            resource_id=definition.public_id,
        )
    replace_draft(definition, rebased.specs)


def replace_draft(definition: EventDefinition, specs: Iterable[PropertySpec]) -> None:
    definition.properties.all().delete()
    PropertyDefinition.objects.bulk_create(
        PropertyDefinition(definition=definition, position=position, **spec.as_columns())
        for position, spec in enumerate(specs)
    )


def check_specs(project: Project, specs: Sequence[PropertySpec]) -> None:
    errors = name_clashes(specs)
    if len(specs) > MOST_PROPERTIES:
        errors.append(
            FieldError(
                "schema.properties",
                "too_many",
                f"A definition has at most {MOST_PROPERTIES} properties, removed ones included",
                len(specs),
            )
        )
    errors += unknown_nested(project, specs, "schema.properties")
    if errors:
        raise InvalidPayload.of(errors)


def check_names(definition: EventDefinition, specs: Sequence[PropertySpec]) -> None:
    """Raises InvalidPayload where a former name of a property would be another's (one statement)."""
    history = SchemaVersion.objects.filter(definition=definition).order_by("version").values_list("schema", flat=True)
    errors = reused_names(specs, history.iterator())
    if errors:
        raise InvalidPayload.of(errors)


def unknown_nested(project: Project, specs: Sequence[PropertySpec], path: str) -> list[FieldError]:
    """An error for every object that refers to a nested schema that is not there."""
    wanted: Mapping[str, str] = {
        spec.name: spec.options["object_type"] for spec in specs if "object_type" in spec.options
    }
    if not wanted:
        return []
    known = set(
        MetadataSchema.objects.filter(project=project, related_object__in=wanted.values())
        .exclude(related_object__in=STANDARD_RESOURCES)
        .values_list("related_object", flat=True)
    )
    return [
        FieldError(f"{path}.{name}.object_type", "not_found", f"There is no nested schema '{nested}'", nested)
        for name, nested in wanted.items()
        if nested not in known
    ]
