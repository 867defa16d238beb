"""Hiding personal properties of events where many people look: in lists."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import F, Q

from common.jsons import JsonObject, JsonValue
from events.models import Event
from eventschema.models import SchemaVersion

MASK = "***"


class Masks:
    """What is personal in a page of events, by the versions they were checked by and by those of today.

    One statement for any number of events; `event.definition` is loaded with them.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        wanted = {(event.definition_id, event.version) for event in events}
        versions = SchemaVersion.objects.filter(definition__in={key for key, _ in wanted if key}).filter(
            Q(version__in={version for _, version in wanted}) | Q(version=F("definition__version"))
        )
        self._schemas: dict[tuple[Any, int], JsonObject] = {
            (row.definition_id, row.version): row.schema for row in versions
        }

    def masked(self, event: Event) -> JsonObject:
        """The event's metadata with *** for what is personal."""
        metadata: JsonObject = event.metadata
        for version in self._versions_of(event):
            schema = self._schemas.get((event.definition_id, version))
            if schema:
                metadata = _mask(metadata, schema["properties"], schema.get("nested", {}))
        return metadata

    def _versions_of(self, event: Event) -> set[int]:
        return {event.version, event.definition.version} if event.definition else set()


def _mask(
    metadata: Mapping[str, JsonValue], properties: Iterable[Mapping[str, Any]], nested: Mapping[str, Any]
) -> JsonObject:
    masked = dict(metadata)
    for item in properties:
        for name in (item["name"], *item.get("aliases", ())):
            if masked.get(name) is None:
                continue
            if item.get("personal"):
                masked[name] = MASK
            elif item.get("object_type") in nested:
                masked[name] = _mask_inside(masked[name], nested[item["object_type"]]["properties"])
    return masked


def _mask_inside(value: JsonValue, properties: Iterable[Mapping[str, Any]]) -> JsonValue:
    if isinstance(value, dict):
        return _mask(value, properties, {})
    return [_mask_inside(item, properties) for item in value] if isinstance(value, list) else value
