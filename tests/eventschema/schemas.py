"""Compiled schemas without a database."""

from collections.abc import Mapping
from typing import Any

from eventschema.schema import CompiledProperties, EventSchema, compile_properties
from eventschema.spec import PropertySpec, parse_properties
from eventschema.validation import validate_metadata

Definitions = Mapping[str, Any]


def specs_of(properties: Definitions) -> list[PropertySpec]:
    """Specs from properties as the management API writes them; `optional` is true where it is not said."""
    specs, errors = parse_properties({name: {"optional": True} | item for name, item in properties.items()}, "schema")
    assert errors == []
    return specs


def compiled(properties: Definitions, unknown: str, nested: Mapping[str, Any]) -> CompiledProperties:
    inner = {name: compiled(schema, unknown, {}) for name, schema in nested.items()}
    return compile_properties([spec for spec in specs_of(properties) if not spec.deleted], unknown, inner)


def a_schema(
    properties: Definitions, *, unknown: str = "keep", nested: Mapping[str, Any] | None = None
) -> EventSchema:
    """`nested` maps names of nested schemas to their properties."""
    properties_by_name = compiled(properties, unknown, nested or {})
    return EventSchema(None, "", "signed_up", 1, properties_by_name, tuple(specs_of(properties)), frozenset())


def problems(schema: EventSchema, metadata: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(path, code) of every error."""
    return [(error.path, error.code) for error in validate_metadata(schema, metadata)[1]]


def sentences(schema: EventSchema, metadata: Mapping[str, Any]) -> list[str]:
    return [error.message for error in validate_metadata(schema, metadata)[1]]


def kept(schema: EventSchema, metadata: Mapping[str, Any]) -> Any:
    """The metadata to store, where nothing is wrong with it."""
    clean, errors = validate_metadata(schema, metadata)
    assert errors == []
    return clean
