"""Metadata schemas: nested ones, which take effect at once in every event that uses them, and the standard ones."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from common.jsons import JsonObject
from common.refusals import Duplicate, FieldError, InvalidPayload
from eventschema.conflicts import check_base, nested_state
from eventschema.identity import keep_ids
from eventschema.models import (
    MOST_PROPERTIES,
    STANDARD_RESOURCES,
    EventDefinition,
    MetadataSchema,
    NestedProperty,
    SchemaVersion,
)
from eventschema.publishing import republish, unknown_nested
from eventschema.spec import PropertySpec, name_clashes
from projects.audit import Actor, Target, record_change
from projects.models import Project


def save_nested_schema(
    schema: MetadataSchema,
    specs: Sequence[PropertySpec],
    *,
    by: Actor,
    now: datetime,
    base: JsonObject | None = None,
) -> MetadataSchema:
    """Stores a metadata schema and publishes anew every event that uses it. Raises InvalidPayload, Duplicate.

    Only that of a standard resource (contract c.4) may hold objects, and nothing refers to one. Properties keep their
    ids as those of a draft do. `base` is the state that was edited: raises EditedMeanwhile where it is no longer so.
    """
    is_new = schema._state.adding
    try:
        with transaction.atomic():
            before, stored = _stored(schema, specs, base)
            specs = keep_ids(specs, drafted=stored, published=[spec for spec in stored if not spec.deleted])
            _check(schema, specs)
            schema.updated_at = None if is_new else now
            schema.save()
            schema.properties.all().delete()
            NestedProperty.objects.bulk_create(
                NestedProperty(schema=schema, position=position, **spec.as_columns())
                for position, spec in enumerate(specs)
            )
            target = Target("metadata_schema", schema.public_id, schema.related_object)
            action = "metadata_schema.created" if is_new else "metadata_schema.updated"
            after = nested_state(schema, specs)
            record_change(schema.project, by=by, action=action, target=target, before=before, after=after)
            for definition in users_of(schema):
                republish(definition, by=by, now=now)
    except IntegrityError as error:
        raise Duplicate.of("metadata_schema", schema.related_object) from error
    return schema


def _stored(
    schema: MetadataSchema, specs: Sequence[PropertySpec], base: JsonObject | None
) -> tuple[JsonObject | None, list[PropertySpec]]:
    """The state and the properties before, the row locked against other writers; None and none for a new schema."""
    stored = MetadataSchema.objects.select_for_update(no_key=True).filter(pk=schema.pk).first()
    if stored is None:
        return None, []
    before = nested_state(stored)
    check_base(base, before, nested_state(schema, specs))
    return before, [PropertySpec.of(row) for row in stored.properties.all()]


def nested_keys(project: Project) -> dict[str, set[str]]:
    """name → the names of its properties, of every nested schema of the project; two statements."""
    schemas = MetadataSchema.objects.filter(project=project).exclude(related_object__in=STANDARD_RESOURCES)
    return {
        schema.related_object: {row.name for row in schema.properties.all() if not row.deleted}
        for schema in schemas.prefetch_related("properties")
    }


def _check(schema: MetadataSchema, specs: Sequence[PropertySpec]) -> None:
    errors = name_clashes(specs)
    if len(specs) > MOST_PROPERTIES:
        errors.append(FieldError("properties", "too_many", f"A schema has at most {MOST_PROPERTIES} properties"))
    if schema.related_object in STANDARD_RESOURCES:
        errors += unknown_nested(schema.project, specs, "properties")
    else:
        errors += [
            FieldError(
                f"properties.{spec.name}.type", "nesting", f"'{spec.name}': objects nest one level only", "object"
            )
            for spec in specs
            if spec.type == "object"
        ]
    if errors:
        raise InvalidPayload.of(errors)


def users_of(schema: MetadataSchema) -> list[EventDefinition]:
    """The definitions whose published properties refer to the nested schema."""
    versions = SchemaVersion.objects.filter(
        project=schema.project, definition__deleted_at=None, version=F("definition__version")
    )
    return [
        version.definition
        for version in versions.select_related("definition").order_by("definition")
        if schema.related_object in version.schema.get("nested", {})
    ]
