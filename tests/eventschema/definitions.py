"""Definitions in the database, by the functions that the API and the admin call."""

from collections.abc import Mapping
from typing import Any

from eventschema.models import EventDefinition, SchemaVersion
from eventschema.publishing import DefinitionChange, change_definition, published_specs, replace_draft
from eventschema.spec import PropertySpec
from tests.eventschema.schemas import specs_of
from tests.world import NOW, TESTER

TEXT = {"type": "string"}
NUMBER = {"type": "number"}


def change(definition: EventDefinition, properties: Mapping[str, Any], **parts: Any) -> EventDefinition:
    """What a PUT of the management API does."""
    return change_definition(definition, DefinitionChange(specs_of(properties), **parts), by=TESTER, now=NOW)


def edit_draft(definition: EventDefinition, properties: Mapping[str, Any]) -> None:
    """The draft as people leave it in the admin: exactly these properties, ids kept where name and type stay."""
    known = {(spec.name, spec.type): spec.id for spec in published_specs(definition)}
    specs = [
        PropertySpec(**{slot: getattr(spec, slot) for slot in PropertySpec.__slots__ if slot != "id"}, id=known[key])
        if (key := (spec.name, spec.type)) in known
        else spec
        for spec in specs_of(properties)
    ]
    replace_draft(definition, specs)


def draft_of(definition: EventDefinition) -> dict[str, str]:
    """name → type of the draft."""
    return {row.name: row.type for row in definition.properties.all()}


def published_of(definition: EventDefinition) -> dict[str, str]:
    """name → type of the published version, removed properties left out."""
    definition.refresh_from_db()
    return {spec.name: spec.type for spec in published_specs(definition) if not spec.deleted}


def ids_of(definition: EventDefinition) -> dict[str, Any]:
    definition.refresh_from_db()
    return {spec.name: spec.id for spec in published_specs(definition)}


def versions_of(definition: EventDefinition) -> list[int]:
    return list(
        SchemaVersion.objects.filter(definition=definition).order_by("version").values_list("version", flat=True)
    )
