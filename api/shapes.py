"""Shapes of request bodies, strictly: nothing is converted, and every offending field is named (contract a.4)."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError, InvalidPayload
from common.times import parse_date, parse_moment

LONGEST_TEXT = 255
# For fields that may be left out; the SDKs write null for it.
LEFT_OUT: dict[str, Any] = {"required": False, "allow_null": True}


class Text(serializers.CharField):
    """A string, as sent."""

    default_error_messages = {"type": "must be string"}

    def __init__(self, *, max_length: int = LONGEST_TEXT, **options: Any) -> None:
        super().__init__(max_length=max_length, trim_whitespace=False, **options)

    def to_internal_value(self, data: JsonValue) -> str:
        if not isinstance(data, str):
            self.fail("type")
        return data


@extend_schema_field({"type": "integer", "format": "int64"})
class Integer(serializers.Field[int, Any, int, Any]):
    """A whole number that fits 64 bits; with `from_text` also one written as a string, as some SDK models do."""

    default_error_messages = {"type": "must be integer", "range": "must be from {least} to {most}"}

    def __init__(
        self, *, from_text: bool = False, least: int = -(2**63), most: int = 2**63 - 1, **options: Any
    ) -> None:
        super().__init__(**options)
        self.from_text = from_text
        self.least, self.most = least, most

    def to_internal_value(self, data: JsonValue) -> int:
        number = self._whole(data)
        if not self.least <= number <= self.most:
            self.fail("range", least=self.least, most=self.most)
        return number

    def _whole(self, data: JsonValue) -> int:
        if self.from_text and isinstance(data, str) and data.isascii() and data.isdigit() and len(data) < 19:
            return int(data)
        if isinstance(data, Decimal) and data == data.to_integral_value() and abs(data) < 2**63:
            return int(data)
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("type")
        return data


@extend_schema_field({"type": "number"})
class Number(serializers.Field[Decimal, Any, Decimal, Any]):
    default_error_messages = {"type": "must be number"}

    def to_internal_value(self, data: JsonValue) -> Decimal:
        if not isinstance(data, int | Decimal) or isinstance(data, bool):
            self.fail("type")
        return Decimal(data)


@extend_schema_field({"type": "boolean"})
class Flag(serializers.Field[bool, Any, bool, Any]):
    default_error_messages = {"type": "must be boolean"}

    def to_internal_value(self, data: JsonValue) -> bool:
        if not isinstance(data, bool):
            self.fail("type")
        return data


@extend_schema_field({"type": "string", "format": "date-time"})
class Moment(serializers.Field[Any, Any, Any, Any]):
    default_error_messages = {"type": "cannot be recognized as a ISO-8601 compliant date"}

    def to_internal_value(self, data: JsonValue) -> Any:
        moment = parse_moment(data)
        if moment is None:
            self.fail("type")
        return moment


@extend_schema_field({"type": "string", "format": "date"})
class Day(serializers.Field[Any, Any, Any, Any]):
    default_error_messages = {"type": "must be a date in ISO 8601 (YYYY-MM-DD)"}

    def to_internal_value(self, data: JsonValue) -> Any:
        day = parse_date(data)
        if day is None:
            self.fail("type")
        return day


@extend_schema_field({"type": "object"})
class Document(serializers.Field[JsonObject, Any, JsonObject, Any]):
    """Any object."""

    default_error_messages = {"type": "must be object"}

    def to_internal_value(self, data: JsonValue) -> JsonObject:
        if not isinstance(data, dict):
            self.fail("type")
        return data


@extend_schema_field({"type": "object", "maxProperties": 0, "description": "Not supported: leave it out."})
class Unsupported(serializers.Field[Any, Any, Any, Any]):
    """A field of the contract that Boon does not act upon: refused, since ignoring it would change what happens."""

    default_error_messages = {"unsupported": "is not supported"}

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, allow_null=True, **options)

    def to_internal_value(self, data: JsonValue) -> Any:
        if data in ({}, []):
            return None
        self.fail("unsupported")


class Shape(serializers.Serializer[Any]):
    """A body, or an object in one."""


def checked(
    shape: type[Shape], data: JsonValue, *, keep_nulls: bool = False, more: Sequence[FieldError] = ()
) -> JsonObject:
    """The body's known fields. A null counts as left out, unless `keep_nulls`. Raises InvalidPayload with every error.

    `more` are errors of parts that the caller has checked otherwise.
    """
    serializer = shape(data=data)
    errors = [*more]
    if not serializer.is_valid():
        errors = [*_flatten(serializer.errors, data, ""), *errors]
    if errors:
        raise InvalidPayload.of(errors)
    fields: JsonObject = serializer.validated_data
    return fields if keep_nulls else _without_nulls(fields)


def _without_nulls(value: JsonValue) -> JsonValue:
    if isinstance(value, Mapping):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return value


def _flatten(problems: Any, data: JsonValue, path: str) -> Iterator[FieldError]:
    """DRF's tree of errors as a list of paths."""
    if isinstance(problems, Mapping):
        for name, inner in problems.items():
            where = path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
            value = data if name == "non_field_errors" else _at(data, name)
            yield from _flatten(inner, value, where)
    elif isinstance(problems, list):
        for position, inner in enumerate(problems):
            if isinstance(inner, ErrorDetail):
                yield _field_error(inner, data, path)
            elif inner:
                yield from _flatten(inner, _at(data, position), f"{path}.{position}".lstrip("."))


def _at(data: JsonValue, name: Any) -> JsonValue:
    if isinstance(data, dict):
        return data.get(name)
    return data[name] if isinstance(data, list) and isinstance(name, int) and name < len(data) else None


def _field_error(problem: ErrorDetail, value: JsonValue, path: str) -> FieldError:
    if problem.code in ("required", "null"):
        owner, _, name = path.rpartition(".")
        subject = f"Property .{owner}" if owner else "Payload"
        return FieldError(path, "required", f"{subject} must have required property '{name}'", value)
    if not path:
        return FieldError("", "type", "Payload must be object")
    if problem.code == "invalid" and problem.startswith("Invalid data"):
        return FieldError(path, "type", f"Property .{path} must be object", value)
    if problem.code == "not_a_list":
        return FieldError(path, "type", f"Property .{path} must be array", value)
    sentence = str(problem) if problem.startswith(("must", "cannot", "is ")) else f"is invalid: {problem}"
    return FieldError(path, problem.code or "invalid", f"Property .{path} {sentence}", value)
