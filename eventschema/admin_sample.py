"""What the builder's page tells its scripts, which make an event of it that the definition takes."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from common.jsons import JsonObject, JsonValue, dumps
from eventschema.models import EventDefinition, MetadataSchema, Property
from eventschema.property_types import CONSTRAINTS
from eventschema.spec import PropertySpec


def sample_data(
    row: Any, nested: QuerySet[MetadataSchema] | None, properties: Iterable[Property], *, is_event: bool
) -> JsonObject:
    """`kind` says whether the example is an event or an object; `nested` are properties by project and schema name.

    `properties` are those of readers, who have no cards. Two statements, none where `nested` is None.
    """
    return {
        "kind": "event" if is_event else "object",
        "event": row.name if isinstance(row, EventDefinition) else "",
        "project": str(row.project_id) if row is not None else "",
        "nested": _by_project(nested) if nested is not None else {},
        "properties": [described(PropertySpec.of(item)) for item in properties],
    }


def described(spec: PropertySpec) -> JsonObject:
    """A property as a card of the builder says it: {name, type, description, required, array, personal} and every
    constraint as text, `eq`, `ne` and `aliases` as lists of texts.
    """
    said: JsonObject = {name: _text(spec.options[name]) for name in CONSTRAINTS if name in spec.options}
    return {
        "eq": [],
        "ne": [],
        **said,
        "name": spec.name,
        "type": spec.type,
        "required": not spec.optional,
        "array": spec.array,
        "personal": spec.personal,
        "description": spec.description,
        "aliases": list(spec.aliases),
    }


def _by_project(schemas: QuerySet[MetadataSchema]) -> dict[str, dict[str, list[JsonObject]]]:
    found: dict[str, dict[str, list[JsonObject]]] = {}
    for schema in schemas.prefetch_related("properties"):
        live = [described(PropertySpec.of(item)) for item in schema.properties.all() if not item.deleted]
        found.setdefault(str(schema.project_id), {})[schema.related_object] = live
    return found


def _text(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_text(item) for item in value]
    return value if isinstance(value, str) else dumps(value)
