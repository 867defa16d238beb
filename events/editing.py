"""Mending the metadata of many events alike: properties renamed, then set, then cast. Pure: no statement, no clock.

A path names a property below the metadata: `metadata.amount`, `metadata.address.city`, and `metadata.items[].price`
for that of every object in a list.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError, InvalidPayload
from eventschema.property_types import PROPERTY_TYPES, CannotCast, PropertyType
from eventschema.property_types.number import read_json
from eventschema.spec import name_problem
from eventschema.validation import wrong_value

ROOT = "metadata."
MOST_EDITS = 100
LONGEST_PATH = 500


@dataclass(frozen=True, slots=True)
class Edits:
    """What is changed, by path without its `metadata.`: the new name, the new value, the type to cast to."""

    rename: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, JsonValue] = field(default_factory=dict)
    cast: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.rename or self.set or self.cast)


def parse_edits(raw: JsonObject) -> tuple[Edits, list[FieldError]]:
    """The edits of a body `{"rename", "set", "cast"}`, and an error for every one that cannot be meant."""
    errors: list[FieldError] = []
    renames, values, kinds = (_parsed(raw, name, errors) for name in ("rename", "set", "cast"))
    for path, name in renames.items():
        if not isinstance(name, str):
            errors.append(_wrong_edit("rename", path, "type", "must be string", name))
        elif problem := name_problem(name):
            errors.append(_wrong_edit("rename", path, "name", f"must be the new name alone, which {problem}", name))
    for path, kind in kinds.items():
        if not isinstance(kind, str) or kind not in PROPERTY_TYPES:
            errors.append(_wrong_edit("cast", path, "choice", f"must be one of {', '.join(PROPERTY_TYPES)}", kind))
    return Edits(renames, values, kinds), errors


def checked_edits(raw: JsonObject) -> Edits:
    """As `parse_edits`. Raises InvalidPayload with every error."""
    edits, errors = parse_edits(raw)
    if errors:
        raise InvalidPayload.of(errors)
    return edits


def parse_lines(lines: Iterable[str], kind: str) -> dict[str, JsonValue]:
    """Edits of one kind as people write them, `amount = 12`, as a body has them: `{"metadata.amount": 12}`.

    What is set is JSON, and where it is none, the text itself. Raises InvalidPayload for a line without `=`.
    """
    edits: dict[str, JsonValue] = {}
    for line in lines:
        path, equals, text = (part.strip() for part in line.partition("="))
        if not path or not equals:
            raise InvalidPayload.at(kind, f"Property .{kind} must be written as name = …, not '{line[:100]}'", line)
        edits[ROOT + path.removeprefix(ROOT)] = read_json(text) if kind == "set" else text
    return edits


def _parsed(raw: JsonObject, kind: str, errors: list[FieldError]) -> dict[str, JsonValue]:
    """The edits of one kind by path, those whose path is none of the metadata left out."""
    sent = raw.get(kind)
    if sent is None:
        return {}
    if not isinstance(sent, dict):
        errors.append(FieldError(kind, "type", f"Property .{kind} must be object", sent))
        return {}
    if len(sent) > MOST_EDITS:
        errors.append(FieldError(kind, "length", f"Property .{kind} must hold at most {MOST_EDITS} edits"))
        return {}
    for path in sent:
        if not _is_path(path):
            message = f"Property .{kind} must name a property as metadata.amount does, not '{path[:100]}'"
            errors.append(FieldError(f"{kind}.{path[:100]}", "path", message, path))
    return {path.removeprefix(ROOT): value for path, value in sent.items() if _is_path(path)}


def _is_path(path: str) -> bool:
    return path.startswith(ROOT) and len(path) <= LONGEST_PATH and all(path.split("."))


def _wrong_edit(kind: str, path: str, code: str, message: str, actual: JsonValue) -> FieldError:
    return FieldError(f"{kind}.{ROOT}{path}", code, f"Property .{kind}.{ROOT}{path} {message}", actual)


def edited(metadata: JsonObject, edits: Edits) -> tuple[JsonObject, list[FieldError]]:
    """A changed copy, and an error for every edit that could not be made. What is not there is not missed."""
    changed = copy.deepcopy(metadata)
    errors = [*_rename(changed, edits.rename), *_set(changed, edits.set), *_cast(changed, edits.cast)]
    return changed, errors


def _owners(value: JsonValue, path: str) -> Iterator[tuple[JsonObject, str]]:
    """The objects that hold what the path names, each with its key there; inside of lists every one of them.

    A key that is written like the path, dots and all, comes before a path into objects.
    """
    if isinstance(value, list):
        for item in value:
            yield from _owners(item, path)
    elif isinstance(value, dict):
        head, _, rest = path.partition(".")
        head = head if head in value else head.removesuffix("[]")
        if path in value or not rest:
            yield value, path if path in value else head
        else:
            yield from _owners(value.get(head), rest)


def _rename(metadata: JsonObject, renames: Mapping[str, str]) -> Iterator[FieldError]:
    """All at once: two properties may swap their names."""
    found = [
        (owner, key, path, name)
        for path, name in renames.items()
        for owner, key in list(_owners(metadata, path))
        if key in owner and key != name
    ]
    taken = [(owner, path, name, owner.pop(key)) for owner, key, path, name in found if key in owner]
    for owner, path, name, value in taken:
        if owner.get(name) is not None:
            demand = f"cannot be renamed to {name}, which is there already"
            yield wrong_value(f"{ROOT}{path}", path, "conflict", demand, value)
        else:
            owner[name] = value


def _set(metadata: JsonObject, values: Mapping[str, JsonValue]) -> Iterator[FieldError]:
    for path, value in values.items():
        owners = list(_owners(metadata, path))
        for owner, key in owners:
            owner[key] = copy.deepcopy(value)
        if not owners:
            yield wrong_value(f"{ROOT}{path}", path, "path", "cannot be set, there is no object to hold it", value)


def _cast(metadata: JsonObject, kinds: Mapping[str, str]) -> Iterator[FieldError]:
    for path, kind in kinds.items():
        for owner, key in _owners(metadata, path):
            if owner.get(key) is None:
                continue
            try:
                owner[key] = _cast_value(owner[key], PROPERTY_TYPES[kind])
            except CannotCast:
                yield wrong_value(f"{ROOT}{path}", path, "cast", f"cannot be cast to {kind}", owner[key])


def _cast_value(value: JsonValue, kind: PropertyType) -> JsonValue:
    """A list's values one by one; a null stays one."""
    if isinstance(value, list):
        return [item if item is None else kind.cast(item) for item in value]
    return kind.cast(value)
