"""A published version as JSON Schema 2020-12, for other people's tools. json_schema_reading.py reads it back.

What JSON Schema has no word for stands under `x-boon-…`, which validators ignore. A null may always be sent for an
optional property, so its type is one of two. docs/integrators.md has the mapping.
"""

from collections.abc import Iterable

from common.jsons import JsonObject
from eventschema.models import UnknownProperties
from eventschema.property_types import CONSTRAINTS, PROPERTY_TYPES
from eventschema.spec import PropertySpec, living_specs

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LENGTHS = ("min_length", "max_length", "exact_length")


def json_schema_of(snapshot: JsonObject, *, name: str, description: str = "") -> JsonObject:
    """The document that takes the metadata which events of that version may carry. Removed properties are not in it.

    `snapshot` is that of a SchemaVersion. Where the two differ at the edges is listed in docs/integrators.md.
    """
    document: JsonObject = {"$schema": DIALECT, "title": name}
    if description:
        document["description"] = description
    document |= {"type": "object", **_object_schema(snapshot)}
    if snapshot.get("nested"):
        document["$defs"] = {key: _object_schema(schema) for key, schema in snapshot["nested"].items()}
    return document


def _object_schema(schema: JsonObject) -> JsonObject:
    """What holds for the keys of an object; without a type, so that a null may stand in its place."""
    specs = living_specs(schema)
    result: JsonObject = {"properties": _properties(specs)}
    required = [spec for spec in specs if not spec.optional]
    if plain := [spec.name for spec in required if not spec.aliases]:
        result["required"] = plain
    if named := [_under_any_name(spec) for spec in required if spec.aliases]:
        result["allOf"] = named
    if schema["unknown"] == UnknownProperties.REJECT:
        result["additionalProperties"] = False
    elif schema["unknown"] == UnknownProperties.STRIP:
        result["x-boon-unknown"] = UnknownProperties.STRIP.value
    return result


def _properties(specs: Iterable[PropertySpec]) -> JsonObject:
    properties: JsonObject = {}
    for spec in specs:
        properties[spec.name] = _values(spec) | _annotations(spec)
        properties |= {alias: _values(spec) | {"x-boon-alias-of": spec.name} for alias in spec.aliases}
    return properties


def _annotations(spec: PropertySpec) -> JsonObject:
    said: JsonObject = {"description": spec.description} if spec.description else {}
    if spec.personal:
        said["x-boon-personal"] = True
    if spec.aliases:
        said["x-boon-aliases"] = list(spec.aliases)
    if spec.deprecated:
        # JSON Schema says only that it is.
        said |= {"deprecated": True, "x-boon-deprecated": spec.deprecated.isoformat()}
    return said


def _values(spec: PropertySpec) -> JsonObject:
    """What holds for the value, or for each element of it. Only what is required under one name is never null."""
    values = _element(spec)
    if spec.array:
        values = {"type": "array", "items": values}
    if not spec.optional and not spec.aliases:
        return values
    values["type"] = [values["type"], "null"]
    if "enum" in values:
        values["enum"] = [*values["enum"], None]
    return values


def _element(spec: PropertySpec) -> JsonObject:
    element = PROPERTY_TYPES[spec.type].json_schema()
    for name, constraint in CONSTRAINTS.items():
        if name in spec.options:
            element |= constraint.json_schema(spec.options[name])
    if "exact_length" in spec.options:
        # An exact length says both bounds in one; which of them were said as well would be lost.
        element["x-boon-lengths"] = {name: spec.options[name] for name in LENGTHS if name in spec.options}
    return element


def _under_any_name(spec: PropertySpec) -> JsonObject:
    """A required property with former names: one of its names has to carry a value."""
    some: JsonObject = {"not": {"type": "null"}}
    return {
        "x-boon-required": spec.name,
        "anyOf": [{"required": [name], "properties": {name: some}} for name in spec.names],
    }
