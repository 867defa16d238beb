"""Definitions that come from elsewhere: from a JSON Schema, or from another project."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from common.ids import uuid7
from common.jsons import JsonObject
from common.refusals import FieldError, InvalidPayload
from eventschema.drafting import save_draft
from eventschema.json_schema_reading import ReadDocument, ReadSchema
from eventschema.models import EventDefinition, MetadataSchema, UnknownProperties
from eventschema.nesting import save_nested_schema
from eventschema.publishing import (
    DefinitionChange,
    change_definition,
    create_definition,
    published_specs,
    published_version,
)
from eventschema.spec import PropertySpec, living_specs
from eventschema.status import lock_definition
from projects.audit import Actor
from projects.models import Project


def define_by_document(
    definition: EventDefinition, document: ReadDocument, *, by: Actor, now: datetime
) -> EventDefinition:
    """Publishes what the document says as the next version. It is the whole: what it leaves out is removed.

    Nested schemas that the project lacks are made. Raises InvalidPayload where any construct cannot be taken over, or
    where a nested schema of the project says otherwise; Conflict, as `change_definition` does.
    """
    if document.lost:
        raise InvalidPayload.of(document.lost)
    with transaction.atomic():
        definition = lock_definition(definition)
        take_nested_schemas(definition.project, document.nested, by=by, now=now)
        named = {spec.name for spec in document.schema.specs}
        left_out = [spec for spec in published_specs(definition) if spec.name not in named]
        change = DefinitionChange(
            [*document.schema.specs, *(replace(spec, deleted=True) for spec in left_out)],
            description=document.description,
            unknown=document.schema.unknown,
        )
        return change_definition(definition, change, by=by, now=now)


def draft_by_document(
    definition: EventDefinition, document: ReadDocument, *, by: Actor, now: datetime
) -> EventDefinition:
    """Makes the draft what the document says, as far as it can be taken over; nothing is published.

    Raises InvalidPayload where a nested schema of the project says otherwise, and as `save_draft` does.
    """
    with transaction.atomic():
        definition = lock_definition(definition)
        take_nested_schemas(definition.project, document.nested, by=by, now=now)
        definition.description, definition.unknown = document.description, document.schema.unknown
        named = {spec.name for spec in document.schema.specs}
        drafted = [PropertySpec.of(row) for row in definition.properties.all()]
        removed = [spec for spec in drafted if spec.deleted and spec.name not in named]
        return save_draft(definition, [*document.schema.specs, *removed], by=by, now=now)


def copy_definition(definition: EventDefinition, project: Project, *, by: Actor, now: datetime) -> EventDefinition:
    """Makes the published version known in another project under the same name, with the nested schemas that it needs.

    Removed properties stay behind. Raises InvalidPayload where nothing is published, or where a nested schema of the
    other project says otherwise; Duplicate where it has an event of that name.
    """
    version = published_version(definition)
    if version is None:
        raise InvalidPayload(f"Nothing of '{definition.name}' is published that could be copied")
    nested = {name: _read(schema) for name, schema in version.schema.get("nested", {}).items()}
    schema = _read(version.schema)
    change = DefinitionChange(schema.specs, description=definition.description, unknown=schema.unknown)
    with transaction.atomic():
        take_nested_schemas(project, nested, by=by, now=now)
        return create_definition(project, definition.name, change, by=by, now=now)


def take_nested_schemas(project: Project, nested: Mapping[str, ReadSchema], *, by: Actor, now: datetime) -> None:
    """Makes those that the project lacks. One that it has is never changed: other events use it.

    Raises InvalidPayload naming every one that says something else here.
    """
    rows = MetadataSchema.objects.filter(project=project, related_object__in=nested).prefetch_related("properties")
    known = {row.related_object: row for row in rows}
    errors = [
        FieldError(f"$defs.{name}", "conflict", f"The project has a nested schema '{name}' that says otherwise", name)
        for name, row in known.items()
        if not _says(row, nested[name])
    ]
    if errors:
        raise InvalidPayload.of(errors)
    for name, schema in nested.items():
        if name not in known:
            refuses = schema.unknown == UnknownProperties.REJECT
            row = MetadataSchema(project=project, related_object=name, allow_defined_only=refuses)
            save_nested_schema(row, schema.specs, by=by, now=now)


def _says(row: MetadataSchema, schema: ReadSchema) -> bool:
    live = {spec.name: spec for spec in map(PropertySpec.of, row.properties.all()) if not spec.deleted}
    refuses = schema.unknown == UnknownProperties.REJECT
    return row.allow_defined_only == refuses and live == {spec.name: spec for spec in schema.specs}


def _read(snapshot: JsonObject) -> ReadSchema:
    """The living properties of a snapshot, as new ones: an id belongs to one project."""
    return ReadSchema([replace(spec, id=uuid7()) for spec in living_specs(snapshot)], snapshot["unknown"])
