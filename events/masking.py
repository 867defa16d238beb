"""Hiding personal properties of events where many people look: in lists, and in what was rejected."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import F, Q

from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError
from events.models import Event, RejectedEvent
from eventschema.models import SchemaVersion

MASK = "***"
_ACTUAL = re.compile(r" \(actual value is '.*?'\)(?=; |\Z)", re.DOTALL)
_TOP = re.compile(r"metadata\.([^.\[]+)")


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
                metadata = mask(metadata, schema["properties"], schema.get("nested", {}))
        return metadata

    def _versions_of(self, event: Event) -> set[int]:
        return {event.version, event.definition.version} if event.definition else set()


class RejectedMasks:
    """What is personal in a page of rejected events, by every version of a definition that had their name.

    One statement for any number of them.
    """

    def __init__(self, rows: Sequence[RejectedEvent]) -> None:
        versions = SchemaVersion.objects.filter(
            definition__project__in={row.project_id for row in rows}, definition__name__in={row.name for row in rows}
        ).values_list("definition__project_id", "definition__name", "schema")
        self._schemas: defaultdict[tuple[Any, str], list[JsonObject]] = defaultdict(list)
        for project_id, name, schema in versions:
            self._schemas[project_id, name].append(schema)

    def payload(self, row: RejectedEvent) -> JsonObject:
        """The request as it was sent, with *** for what is personal in its metadata."""
        payload: JsonObject = row.payload
        metadata = payload.get("metadata")
        if not isinstance(metadata, dict):
            return payload
        for schema in self._schemas[row.project_id, row.name]:
            metadata = mask(metadata, schema["properties"], schema.get("nested", {}))
        return {**payload, "metadata": metadata}

    def errors(self, row: RejectedEvent) -> list[JsonObject]:
        """The errors, without the values of what is personal, or holds what is."""
        hidden = {name for schema in self._schemas[row.project_id, row.name] for name in _holding_personal(schema)}
        return [_mask_error(error) if _top_of(error["path"]) in hidden else error for error in row.errors]


def mask_errors(errors: Iterable[FieldError], schemas: Iterable[JsonObject]) -> tuple[FieldError, ...]:
    """The errors, without the values of what is personal by one of the snapshots, or holds what is."""
    hidden = {name for schema in schemas for name in _holding_personal(schema)}
    return tuple(
        replace(error, message=without_values(error.message), actual=MASK) if _top_of(error.path) in hidden else error
        for error in errors
    )


def without_values(message: str) -> str:
    """The sentence of a refusal without the values that were sent."""
    return _ACTUAL.sub("", message)


def _mask_error(error: JsonObject) -> JsonObject:
    return {**error, "message": without_values(error["message"]), "actual": MASK}


def _top_of(path: str) -> str:
    found = _TOP.match(path)
    return found[1] if found else ""


def _holding_personal(schema: JsonObject) -> set[str]:
    """The names of properties that are personal, or objects with something personal in them."""
    nested = schema.get("nested", {})
    return {
        name
        for item in schema["properties"]
        if item.get("personal") or _has_personal(nested.get(item.get("object_type"), {}).get("properties", ()))
        for name in (item["name"], *item.get("aliases", ()))
    }


def _has_personal(properties: Iterable[Mapping[str, Any]]) -> bool:
    return any(item.get("personal") for item in properties)


def mask(
    metadata: Mapping[str, JsonValue], properties: Sequence[Mapping[str, Any]], nested: Mapping[str, Any]
) -> JsonObject:
    """A copy with *** for what is personal by the properties, as snapshots write them (eventschema/spec.py)."""
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


def _mask_inside(value: JsonValue, properties: Sequence[Mapping[str, Any]]) -> JsonValue:
    """The objects in the value masked; what stands where an object should is hidden where one would hold something."""
    if isinstance(value, dict):
        return mask(value, properties, {})
    if isinstance(value, list):
        return [_mask_inside(item, properties) for item in value]
    return MASK if value is not None and _has_personal(properties) else value
