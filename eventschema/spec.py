"""What a property is, apart from where it is stored: drafts, published snapshots and the API all speak in these."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from common.ids import uuid7
from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError
from common.times import parse_date
from eventschema.models import MOST_PROPERTIES, Property
from eventschema.property_types import CONSTRAINTS, PROPERTY_TYPES, InvalidOption

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 500
MOST_ALIASES = 20
_FORBIDDEN_IN_NAMES = re.compile(r"[.$\x00-\x1f\x7f\ud800-\udfff]")
FLAGS = ("array", "optional", "personal", "deleted")
KNOWN_KEYS = {"type", "description", "aliases", "deprecated", *FLAGS, *CONSTRAINTS}


@dataclass(frozen=True, slots=True)
class PropertySpec:
    """One property. `options` maps constraint names (contract c.4) to their values.

    `deprecated` is the day from which on it is no longer to be used; it stays accepted.
    """

    name: str
    type: str
    array: bool = False
    optional: bool = True
    options: Mapping[str, JsonValue] = field(default_factory=dict)
    description: str = ""
    personal: bool = False
    aliases: tuple[str, ...] = ()
    deleted: bool = False
    deprecated: date | None = None
    id: UUID = field(default_factory=uuid7, compare=False)

    @classmethod
    def of(cls, row: Property) -> "PropertySpec":
        return cls(
            name=row.name,
            type=row.type,
            array=row.array,
            optional=row.optional,
            options=row.options,
            description=row.description,
            personal=row.personal,
            aliases=tuple(row.aliases),
            deleted=row.deleted,
            deprecated=row.deprecated,
            id=row.property_id,
        )

    def as_columns(self) -> dict[str, Any]:
        """Values for the columns of a Property row, its position and owner aside."""
        return {
            "property_id": self.id,
            "name": self.name,
            "type": self.type,
            "array": self.array,
            "optional": self.optional,
            "options": dict(self.options),
            "description": self.description,
            "personal": self.personal,
            "aliases": list(self.aliases),
            "deleted": self.deleted,
            "deprecated": self.deprecated,
        }

    def as_json(self) -> JsonObject:
        """The management API's form (contract c.2, c.4): `type` and `optional`, and whatever is not the default."""
        result: JsonObject = {"type": self.type, "optional": self.optional}
        for flag in ("array", "personal", "deleted"):
            if getattr(self, flag):
                result[flag] = True
        result.update(self.options)
        if self.description:
            result["description"] = self.description
        if self.aliases:
            result["aliases"] = list(self.aliases)
        if self.deprecated:
            result["deprecated"] = self.deprecated.isoformat()
        return result

    def as_snapshot(self) -> JsonObject:
        return {"id": str(self.id), "name": self.name, **self.as_json()}

    @classmethod
    def from_snapshot(cls, snapshot: JsonObject) -> "PropertySpec":
        return cls(
            id=UUID(snapshot["id"]),
            name=snapshot["name"],
            type=snapshot["type"],
            optional=snapshot["optional"],
            array=snapshot.get("array", False),
            personal=snapshot.get("personal", False),
            deleted=snapshot.get("deleted", False),
            options={name: snapshot[name] for name in CONSTRAINTS if name in snapshot},
            description=snapshot.get("description", ""),
            aliases=tuple(snapshot.get("aliases", ())),
            deprecated=parse_date(snapshot.get("deprecated")),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that senders may use."""
        return (self.name, *self.aliases)


def specs_of(schema: JsonObject) -> list[PropertySpec]:
    """The properties of a snapshot (models.SchemaVersion) or of a nested schema in one, in order."""
    return [PropertySpec.from_snapshot(item) for item in schema["properties"]]


def living_specs(schema: JsonObject) -> list[PropertySpec]:
    """Those of them that are not removed."""
    return [spec for spec in specs_of(schema) if not spec.deleted]


def name_problem(name: str) -> str:
    """What is wrong with a property's name, or the empty string (contract section l)."""
    if not name:
        return "must not be empty"
    if len(name) > LONGEST_NAME:
        return f"must have at most {LONGEST_NAME} characters"
    if _FORBIDDEN_IN_NAMES.search(name):
        return "must hold no dot, no $ and no control character"
    if name == "__proto__":
        return "is reserved"
    return ""


def parse_properties(raw: JsonValue, path: str) -> tuple[list[PropertySpec], list[FieldError]]:
    """Specs from the API's `{name: definition}` object, with one error for every offending part."""
    if not isinstance(raw, dict):
        return [], [FieldError(path, "type", f"Property .{path} must be object", raw)]
    specs: list[PropertySpec] = []
    errors: list[FieldError] = []
    if len(raw) > MOST_PROPERTIES:
        errors.append(
            FieldError(path, "too_many", f"Property .{path} must hold at most {MOST_PROPERTIES} definitions")
        )
    for name, definition in raw.items():
        spec, found = parse_property(name, definition, f"{path}.{name}")
        errors.extend(found)
        if spec is not None:
            specs.append(spec)
    return specs, errors


def parse_property(name: str, raw: JsonValue, path: str) -> tuple[PropertySpec | None, list[FieldError]]:
    """One property as the management API writes it."""
    if not isinstance(raw, dict):
        return None, [FieldError(path, "type", f"Property .{path} must be object", raw)]
    errors: list[FieldError] = []

    def complain(part: str, code: str, message: str, actual: JsonValue) -> None:
        errors.append(FieldError(f"{path}.{part}", code, f"Property .{path}.{part} {message}", actual))

    if problem := name_problem(name):
        errors.append(FieldError(path, "name", f"The property name '{name[:LONGEST_NAME]}' {problem}", name))
    for part in raw.keys() - KNOWN_KEYS:
        complain(part, "unknown", "is not known", raw[part])
    for flag in FLAGS:
        if not isinstance(raw.get(flag, False), bool):
            complain(flag, "type", "must be boolean", raw[flag])
    if "optional" not in raw:
        errors.append(FieldError(path, "required", f"Property .{path} must have required property 'optional'"))
    kind = raw.get("type")
    if kind is None:
        errors.append(FieldError(path, "required", f"Property .{path} must have required property 'type'"))
    elif not isinstance(kind, str) or kind not in PROPERTY_TYPES:
        complain("type", "one_of", f"must be one of {', '.join(PROPERTY_TYPES)}", kind)
        kind = None
    options = _parse_options(raw, kind, complain) if kind else {}
    description = raw.get("description") or ""
    if not isinstance(description, str) or len(description) > LONGEST_DESCRIPTION:
        complain("description", "type", f"must be a string of at most {LONGEST_DESCRIPTION} characters", description)
    aliases = raw.get("aliases") or []
    if not _are_names(aliases):
        complain("aliases", "type", f"must be a list of at most {MOST_ALIASES} property names", aliases)
    deprecated = parse_date(raw.get("deprecated"))
    if deprecated is None and raw.get("deprecated") is not None:
        complain("deprecated", "type", "must be a date in ISO 8601 (YYYY-MM-DD)", raw["deprecated"])
    if errors or kind is None:
        return None, errors
    flags = {flag: raw.get(flag, False) for flag in FLAGS}
    return PropertySpec(
        name=name,
        type=kind,
        options=options,
        description=description,
        aliases=tuple(aliases),
        deprecated=deprecated,
        **flags,
    ), []


def _parse_options(raw: JsonObject, kind: str, complain: Any) -> JsonObject:
    """The constraints among `raw`; a null constraint is none (the SDKs send nulls for what was left out)."""
    options: JsonObject = {}
    for name in CONSTRAINTS:
        value = raw.get(name)
        if value is None or value == []:
            continue
        if name not in PROPERTY_TYPES[kind].constraints:
            complain(name, "not_for_type", f"makes no sense for type {kind}", value)
            continue
        try:
            options[name] = CONSTRAINTS[name].clean(value, kind)
        except InvalidOption as error:
            complain(name, "constraint", str(error).removeprefix(f"{name} "), value)
    if problem := contradiction(options):
        complain(next(iter(options)), "contradiction", problem, None)
    return options


def contradiction(options: Mapping[str, JsonValue]) -> str:
    """Why no value at all could satisfy these constraints, or the empty string."""
    shortest = options.get("exact_length", options.get("min_length", 0))
    longest = options.get("exact_length", options.get("max_length", float("inf")))
    if options.get("min_length", shortest) > longest or shortest > options.get("max_length", longest):
        return "contradicts another length: no text can satisfy both"
    lowest = max((options[name] for name in ("gt", "gte") if name in options), default=None)
    highest = min((options[name] for name in ("lt", "lte") if name in options), default=None)
    if lowest is None or highest is None or lowest < highest:
        return ""
    if lowest == highest and {"gte", "lte"} <= options.keys() and not {"gt", "lt"} & options.keys():
        return ""
    return "contradicts another bound: no number can satisfy both"


def _are_names(raw: JsonValue) -> bool:
    return (
        isinstance(raw, list)
        and len(raw) <= MOST_ALIASES
        and all(isinstance(alias, str) and not name_problem(alias) for alias in raw)
    )


def name_clashes(specs: Iterable[PropertySpec]) -> list[FieldError]:
    """Names and aliases that more than one live property claims."""
    owners: dict[str, str] = {}
    errors: list[FieldError] = []
    live = [spec for spec in specs if not spec.deleted]
    for spec in live:
        for claimed in spec.names:
            owner = owners.setdefault(claimed, spec.name)
            if owner != spec.name:
                errors.append(
                    FieldError(
                        f"schema.properties.{spec.name}",
                        "name_clash",
                        f"'{claimed}' is a name of both '{owner}' and '{spec.name}'",
                        claimed,
                    )
                )
    return errors


def properties_as_json(specs: Sequence[PropertySpec]) -> JsonObject:
    """The API's `{name: definition}`; a live property hides a deleted one of the same name."""
    ordered = sorted(specs, key=lambda spec: not spec.deleted)
    shown = {spec.name: spec.as_json() for spec in ordered}
    return {spec.name: shown[spec.name] for spec in specs}
