"""Schemas of what is no event: of customers and the other standard resources, and those nested in them (contract c.4).

They take effect at once. Whoever writes metadata of a standard resource calls `check_metadata`, or, for lists of
customers, takes the compiled schema and `metadata_problems`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from common.ids import parse_public_id
from common.jsons import JsonValue
from common.refusals import FieldError, InUse, InvalidPayload, MetadataInvalid, NotFound
from eventschema.models import (
    STANDARD_RESOURCES,
    EventDefinition,
    MetadataSchema,
    NestedProperty,
    UnknownProperties,
)
from eventschema.nesting import save_nested_schema, users_of
from eventschema.schema import CompiledProperties, compile_properties
from eventschema.spec import PropertySpec
from eventschema.validation import validate_properties
from projects.audit import Actor, Target, record_change
from projects.models import Project
from projects.revisions import CachedByRevision

CUSTOMER = "customer"


def find_metadata_schema(project: Project, schema_id: str) -> MetadataSchema:
    """Raises NotFound."""
    key = parse_public_id("ms", schema_id)
    schema = MetadataSchema.objects.filter(project=project, pk=key).first() if key else None
    if schema is None:
        raise NotFound.of("metadata_schema", schema_id)
    return schema


def change_metadata_schema(
    schema: MetadataSchema,
    specs: Sequence[PropertySpec],
    *,
    allow_defined_only: bool | None = None,
    by: Actor,
    now: datetime,
) -> MetadataSchema:
    """Puts what was sent in the place of its namesakes, each as a whole; others stay. A type cannot be changed.

    Raises InvalidPayload, NotFound where it was deleted meanwhile.
    """
    with transaction.atomic():
        schema = _locked(schema)
        stored = {spec.name: spec for spec in map(PropertySpec.of, schema.properties.all())}
        errors = [
            FieldError(
                f"properties.{spec.name}.type",
                "type",
                f"Property .properties.{spec.name}.type must be {stored[spec.name].type}, as it is stored",
                spec.type,
            )
            for spec in specs
            if spec.name in stored and stored[spec.name].type != spec.type
        ]
        if errors:
            raise InvalidPayload.of(errors)
        merged = stored | {
            spec.name: replace(spec, id=stored[spec.name].id) if spec.name in stored else spec for spec in specs
        }
        if allow_defined_only is not None:
            schema.allow_defined_only = allow_defined_only
        return save_nested_schema(schema, list(merged.values()), by=by, now=now)


def delete_metadata_schema(schema: MetadataSchema, *, by: Actor) -> None:
    """Deletes a schema that nothing refers to. Raises InUse naming what does, NotFound."""
    with transaction.atomic():
        schema = _locked(schema)
        if users := _users_of(schema):
            raise InUse(
                f"Resource metadata_schema with id {schema.public_id} is in use by {', '.join(users)}",
                resource_type="metadata_schema",
                resource_id=schema.public_id,
            )
        target = Target("metadata_schema", schema.public_id, schema.related_object)
        schema.delete()
        record_change(schema.project, by=by, action="metadata_schema.deleted", target=target)


def _locked(schema: MetadataSchema) -> MetadataSchema:
    rows = MetadataSchema.objects.select_for_update(no_key=True, of=("self",)).select_related("project")
    locked = rows.filter(pk=schema.pk).first()
    if locked is None:
        raise NotFound.of("metadata_schema", schema.public_id)
    return locked


def _users_of(schema: MetadataSchema) -> list[str]:
    """What refers to a nested schema: events, in what is published and in drafts, and standard schemas."""
    name, project = schema.related_object, schema.project_id
    drafted = EventDefinition.objects.filter(
        project=project, deleted_at=None, properties__options__object_type=name
    ).values_list("name", flat=True)
    names = sorted({*drafted, *(definition.name for definition in users_of(schema))})
    standard = NestedProperty.objects.filter(schema__project=project, options__object_type=name)
    schemas = standard.order_by("schema__related_object").values_list("schema__related_object", flat=True).distinct()
    return [f"event '{event}'" for event in names] + [f"metadata schema '{other}'" for other in schemas]


def _load(project: Project) -> dict[str, CompiledProperties]:
    rows = MetadataSchema.objects.filter(project=project).prefetch_related("properties")
    by_name = {row.related_object: row for row in rows}
    nested = {name: _compiled(row, {}) for name, row in by_name.items() if name not in STANDARD_RESOURCES}
    return {name: _compiled(row, nested) for name, row in by_name.items() if name in STANDARD_RESOURCES}


def _compiled(schema: MetadataSchema, nested: Mapping[str, CompiledProperties]) -> CompiledProperties:
    specs = [PropertySpec.of(row) for row in schema.properties.all() if not row.deleted]
    unknown = UnknownProperties.REJECT if schema.allow_defined_only else UnknownProperties.KEEP
    return compile_properties(specs, unknown, nested)


# metadata_schemas_of(project): what the metadata of each standard resource is checked by, for those that the project
# defines. Two statements once a revision, none after.
metadata_schemas_of: Callable[[Project], dict[str, CompiledProperties]] = CachedByRevision(_load)


def check_metadata(
    project: Project,
    resource: str,
    sent: Mapping[str, JsonValue],
    *,
    before: Mapping[str, JsonValue] | None = None,
    path: str = "metadata",
) -> None:
    """Raises MetadataInvalid with every error, in the contract's phrases, where the metadata does not fit.

    `resource` is one of STANDARD_RESOURCES, `path` where the metadata stands in the request. `before` is what is
    stored and stays where nothing is sent for it; None where what is sent is all that there will be: of something new,
    and where it replaces the whole. No statement but once a revision.
    """
    schema = metadata_schemas_of(project).get(resource)
    errors = metadata_problems(schema, before, sent, path) if schema else []
    if errors:
        raise MetadataInvalid.of(errors)


def metadata_problems(
    schema: CompiledProperties, before: Mapping[str, JsonValue] | None, sent: Mapping[str, JsonValue], path: str
) -> list[FieldError]:
    """What is wrong with the metadata that a resource would have; `before` is None for one that is to be created.

    What is there already is asked for nothing where no metadata is sent, and blamed for no value that was stored
    before: a schema may have changed since. Pure.
    """
    if before is not None and not sent:
        return []
    required = {f"{path}.{item.name}" for item in schema.required}
    merged = validate_properties(schema, {**(before or {}), **sent}, path)[1]
    wrong = validate_properties(schema, sent, path)[1]
    return [error for error in wrong if error.path not in required or error.code != "required"] + [
        error for error in merged if error.path in required and error.code == "required"
    ]
