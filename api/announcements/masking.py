"""Hiding what is personal from whoever gets a hook: properties of events and of customers that are marked so."""

from collections.abc import Callable
from typing import TypeAlias

from common.jsons import JsonObject, JsonValue
from events.masking import mask
from eventschema.models import MetadataSchema
from eventschema.resources import CUSTOMER
from eventschema.spec import PropertySpec
from projects.models import Project
from projects.revisions import CachedByRevision

# The properties of customers, and those of the objects in them by their schema's name.
_Known: TypeAlias = tuple[list[JsonObject], dict[str, JsonObject]]


def _load(project: Project) -> _Known:
    schemas = MetadataSchema.objects.filter(project=project).prefetch_related("properties")
    properties = {
        schema.related_object: [PropertySpec.of(row).as_snapshot() for row in schema.properties.all()]
        for schema in schemas
    }
    return properties.get(CUSTOMER, []), {name: {"properties": found} for name, found in properties.items()}


_known_of: Callable[[Project], _Known] = CachedByRevision(_load)


def mask_customers(project: Project, data: JsonObject) -> JsonObject:
    """A body with *** for what is personal in the metadata of every customer in it; two statements once a revision."""
    properties, nested = _known_of(project)
    masked: JsonObject = _masked(data, properties, nested) if properties else data
    return masked


def _masked(value: JsonValue, properties: list[JsonObject], nested: dict[str, JsonObject]) -> JsonValue:
    if isinstance(value, list):
        return [_masked(item, properties, nested) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("object") == "customer" and isinstance(value.get("metadata"), dict):
        return {**value, "metadata": mask(value["metadata"], properties, nested)}
    return {name: _masked(item, properties, nested) for name, item in value.items()}
