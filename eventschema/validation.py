"""Checking metadata against a compiled schema. Pure: no statement, no clock."""

from collections.abc import Mapping
from typing import Any

from common.jsons import JsonObject, JsonValue, dumps
from common.refusals import FieldError
from eventschema.models import UnknownProperties
from eventschema.schema import CompiledProperties, CompiledProperty, EventSchema

SHOWN_LENGTH = 100
MISSING = object()


def validate_metadata(schema: EventSchema, raw: Mapping[str, JsonValue]) -> tuple[JsonObject, list[FieldError]]:
    """The metadata to store (as sent, undefined properties kept or stripped), and every error in it at once.

    Values are never converted. A null is a value that may always be stored, but a required property asks for more.
    """
    return validate_properties(schema.properties, raw, "metadata")


def validate_properties(
    properties: CompiledProperties, raw: Mapping[str, JsonValue], path: str
) -> tuple[JsonObject, list[FieldError]]:
    """As `validate_metadata`, for properties of anything; `path` is where `raw` stands."""
    return _validate(properties, raw, path, "")


def _validate(
    properties: CompiledProperties, raw: Mapping[str, JsonValue], path: str, prefix: str
) -> tuple[JsonObject, list[FieldError]]:
    clean: JsonObject = {}
    errors: list[FieldError] = []
    for key, value in raw.items():
        compiled = properties.by_key.get(key)
        if compiled is not None:
            clean[key] = _validate_value(compiled, value, f"{path}.{key}", prefix + key, errors)
        elif properties.unknown == UnknownProperties.KEEP:
            clean[key] = value
        elif properties.unknown == UnknownProperties.REJECT:
            errors.append(wrong_value(f"{path}.{key}", prefix + key, "unknown", "property is not defined", value))
    for compiled in properties.required:
        _require(compiled, properties, raw, path, prefix, errors)
    return clean, errors


def _require(
    compiled: CompiledProperty,
    properties: CompiledProperties,
    raw: Mapping[str, JsonValue],
    path: str,
    prefix: str,
    errors: list[FieldError],
) -> None:
    keys = properties.keys_of[compiled.name]
    if all(raw.get(key) is None for key in keys):
        sent = next((raw[key] for key in keys if key in raw), MISSING)
        errors.append(
            wrong_value(f"{path}.{compiled.name}", prefix + compiled.name, "required", compiled.demand, sent)
        )


def _validate_value(
    compiled: CompiledProperty, value: JsonValue, path: str, key: str, errors: list[FieldError]
) -> JsonValue:
    if value is None:
        return None
    if not compiled.array:
        return _validate_element(compiled, value, path, key, errors)
    if not isinstance(value, list):
        errors.append(wrong_value(path, key, "array", compiled.demand, value))
        return value
    return [
        _validate_element(compiled, element, f"{path}[{index}]", key, errors) for index, element in enumerate(value)
    ]


def _validate_element(
    compiled: CompiledProperty, value: JsonValue, path: str, key: str, errors: list[FieldError]
) -> JsonValue:
    for check in compiled.checks:
        if not check.passes(value):
            errors.append(wrong_value(path, key, check.code, compiled.demand, value))
            return value
    if compiled.nested is None:
        return value
    clean, found = _validate(compiled.nested, value, path, f"{key}.")
    errors.extend(found)
    return clean


def wrong_value(path: str, key: str, code: str, demand: str, value: Any) -> FieldError:
    """The contract's sentence (c.5): `<key>: <demands> (actual value is '<value>')`."""
    if value is MISSING:
        shown, actual = "undefined", None
    else:
        shown, actual = value if isinstance(value, str) else dumps(value), value
    if len(shown) > SHOWN_LENGTH:
        shown = shown[:SHOWN_LENGTH] + "…"
    return FieldError(path, code, f"{key}: {demand} (actual value is '{shown}')", actual)
