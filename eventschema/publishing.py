"""From a draft to a published version, and what the management API changes directly."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction

from common.ids import uuid7
from common.jsons import JsonObject
from common.refusals import Conflict, Duplicate, FieldError, InvalidPayload, NotFound
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
from eventschema.spec import PropertySpec, name_clashes
from projects.audit import Actor, Target, record_change
from projects.models import Project


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """What a caller of the management API sends; None leaves a part as it is."""

    properties: Sequence[PropertySpec]
    description: str | None = None
    status: str | None = None
    unknown: str | None = None


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
            _publish(definition, change.properties, definition.unknown, by=by, now=now, status=change.status)
    except IntegrityError as error:
        raise Duplicate.of("custom_event_schema", name) from error
    return definition


def change_definition(
    definition: EventDefinition, change: DefinitionChange, *, by: Actor, now: datetime
) -> EventDefinition:
    """Adds to and replaces in the published version, and publishes the next one at once.

    The draft that people edit is kept: a property that they changed and this call does not touch stays changed. Where
    both change the same property differently this raises Conflict. Raises InvalidPayload.
    """
    with transaction.atomic():
        definition = lock_definition(definition)
        published = published_specs(definition)
        after = _merge(published, change.properties)
        check_specs(definition.project, after)
        _rebase_draft(definition, published, after)
        if change.description is not None:
            definition.description = change.description
        unknown = change.unknown or published_unknown(definition)
        if change.unknown is not None:
            definition.unknown = change.unknown
        _publish(definition, after, unknown, by=by, now=now, status=change.status)
    return definition


def publish(definition: EventDefinition, *, by: Actor, now: datetime) -> SchemaVersion:
    """Publishes the draft as the next version; events are checked by it from the next request on.

    Raises InvalidPayload where the draft cannot be published. An unchanged draft answers the version there is.
    """
    with transaction.atomic():
        definition = lock_definition(definition)
        specs = [PropertySpec.of(row) for row in definition.properties.all()]
        check_specs(definition.project, specs)
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
    return [PropertySpec.from_snapshot(item) for item in version.schema["properties"]] if version else []


def known_specs(definition: EventDefinition) -> list[PropertySpec]:
    """The living properties of the draft and those of the published version; two statements."""
    drafted = [PropertySpec.of(row) for row in definition.properties.all()]
    return [spec for spec in [*drafted, *published_specs(definition)] if not spec.deleted]


def published_unknown(definition: EventDefinition) -> str:
    """The policy for unknown properties that events are checked by; the draft's where nothing was published yet."""
    version = published_version(definition)
    policy: str = version.schema["unknown"] if version else definition.unknown
    return policy


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


def _publish(
    definition: EventDefinition,
    specs: Sequence[PropertySpec],
    unknown: str,
    *,
    by: Actor,
    now: datetime,
    status: str | None = None,
) -> SchemaVersion:
    """Writes the next version, unless it would equal the present one. A draft becomes active unless told otherwise."""
    snapshot = snapshot_of(definition, specs, unknown)
    current = published_version(definition)
    before = current.schema if current else None
    if current is None or current.schema != snapshot:
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
    definition.status = status or (Status.ACTIVE if definition.status == Status.DRAFT else definition.status)
    definition.updated_at = None if is_first else now
    definition.save(update_fields=["version", "status", "updated_at", "description", "unknown"])
    action = "event_definition.created" if is_first else "event_definition.published"
    record_change(
        definition.project, by=by, action=action, target=target_of(definition), before=before, after=snapshot
    )
    return current


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
            schema.related_object: {
                "unknown": UnknownProperties.REJECT.value
                if schema.allow_defined_only
                else UnknownProperties.KEEP.value,
                "properties": [PropertySpec.of(row).as_snapshot() for row in schema.properties.all()],
            }
            for schema in schemas.order_by("related_object").prefetch_related("properties")
        }
    return snapshot


def _merge(published: Sequence[PropertySpec], sent: Sequence[PropertySpec]) -> list[PropertySpec]:
    """`published` with what was sent in place of its namesakes; a property of a new type is a new property."""
    by_name = {spec.name: spec for spec in sent}
    merged = [_succeed(spec, by_name.pop(spec.name, spec)) for spec in published]
    return merged + list(by_name.values())


def _succeed(before: PropertySpec, after: PropertySpec) -> PropertySpec:
    return replace(after, id=before.id if after.type == before.type else uuid7())


def _rebase_draft(
    definition: EventDefinition, published: Sequence[PropertySpec], after: Sequence[PropertySpec]
) -> None:
    """Carries the step from `published` to `after` over to the draft. Raises Conflict."""
    base = {spec.name: spec for spec in published}
    draft = {row.name: PropertySpec.of(row) for row in definition.properties.all()}
    changed = [spec for spec in after if base.get(spec.name) != spec]
    for spec in changed:
        mine = draft.get(spec.name)
        if mine not in (base.get(spec.name), spec):
            raise Conflict(
                f"Property '{spec.name}' was changed differently in the draft of '{definition.name}'",
                resource_type="custom_event_schema",
                resource_id=definition.public_id,
            )
    replace_draft(definition, (draft | {spec.name: spec for spec in changed}).values())


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


def target_of(definition: EventDefinition) -> Target:
    return Target("custom_event_schema", definition.public_id, definition.name)
