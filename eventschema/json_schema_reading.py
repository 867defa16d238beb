"""From a JSON Schema to properties. Whatever cannot be taken over is named by its path; nothing is fetched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from common.jsons import JsonObject, JsonValue, Limits
from common.refusals import FieldError
from eventschema.json_schema import DIALECT, LENGTHS
from eventschema.models import UnknownProperties
from eventschema.property_types import PROPERTY_TYPES, is_number
from eventschema.property_types.constraints import DEFINITIONS
from eventschema.spec import PropertySpec, parse_property

# Bytes of a document. A hundred properties with all that can be said of each hold more keys than an event may.
LARGEST_DOCUMENT = 1024 * 1024
LIMITS = Limits(keys=10_000)

# Keywords that tell something to people and ask nothing of a value.
ANNOTATIONS = {"title", "description", "examples", "default", "$comment", "deprecated", "readOnly", "writeOnly"}
_OF_DOCUMENTS = {"$schema", "$id", "$defs", "type"}
_OF_OBJECTS = {"properties", "required", "allOf", "additionalProperties", "x-boon-unknown"}
_OF_PROPERTIES = {"x-boon-personal", "x-boon-aliases", "x-boon-deprecated"}
_TYPES = ("string", "number", "integer", "boolean", "object", "array")
_SAID = {
    "description": "description",
    "personal": "x-boon-personal",
    "aliases": "x-boon-aliases",
    "deprecated": "x-boon-deprecated",
}
_FORMATS = {"date": "date", "date-time": "datetime"}
_BOUNDS = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "exclusiveMinimum": "gt",
    "minimum": "gte",
    "exclusiveMaximum": "lt",
    "maximum": "lte",
}
# The keyword behind what `parse_property` complains about.
_KEYWORDS = {name: keyword for keyword, name in _BOUNDS.items()} | {
    "eq": "enum",
    "ne": "not",
    "object_type": "$ref",
    "personal": "x-boon-personal",
    "aliases": "x-boon-aliases",
    "deprecated": "x-boon-deprecated",
}


@dataclass(frozen=True, slots=True)
class ReadSchema:
    """The properties of an object, and what becomes of others (`keep`, `strip`, `reject`)."""

    specs: Sequence[PropertySpec]
    unknown: str


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """What a document says. `lost` has an error for every construct of it that has no counterpart here."""

    schema: ReadSchema
    description: str
    nested: Mapping[str, ReadSchema]
    lost: Sequence[FieldError]


def read_json_schema(document: JsonObject) -> ReadDocument:
    """Properties from JSON Schema 2020-12, ours or another's. Annotations but the descriptions are left aside.

    Nested schemas are those of `$defs` that a property refers to. A null counts as allowed for what is not required,
    whether the document says so or not. Pure; raises nothing.
    """
    reader = _Reader()
    if document.get("$schema", DIALECT) not in (DIALECT, f"{DIALECT}#"):
        reader.lose("$schema", f"only {DIALECT} is read", document["$schema"])
    if document.get("type", "object") != "object":
        reader.lose("type", "metadata is an object", document["type"])
    schema = reader.object({name: item for name, item in document.items() if name not in _OF_DOCUMENTS}, "")
    description = document.get("description", "")
    if not isinstance(description, str):
        reader.lose("description", "it must be a string", description)
        description = ""
    nested = reader.nested(document.get("$defs", {}), schema.specs)
    return ReadDocument(schema, description, nested, reader.lost)


class _Reader:
    """Collects what is lost on the way."""

    def __init__(self) -> None:
        self.lost: list[FieldError] = []

    def lose(self, path: str, reason: str, actual: JsonValue = None) -> None:
        self.lost.append(FieldError(path, "unsupported", f"'{path}' cannot be taken over: {reason}", actual))

    def nested(self, raw: JsonValue, specs: Sequence[PropertySpec]) -> dict[str, ReadSchema]:
        if not isinstance(raw, dict):
            self.lose("$defs", "it must be an object", raw)
            return {}
        names = dict.fromkeys(spec.options["object_type"] for spec in specs if "object_type" in spec.options)
        return {name: self._nested(name, raw[name]) for name in names if name in raw}

    def _nested(self, name: str, raw: JsonValue) -> ReadSchema:
        path = f"$defs.{name}"
        if not isinstance(raw, dict) or raw.get("type", "object") != "object":
            self.lose(path, "a nested schema is that of an object", raw)
            return ReadSchema([], UnknownProperties.KEEP)
        return self.object({key: item for key, item in raw.items() if key != "type"}, f"{path}.")

    def object(self, raw: JsonObject, prefix: str) -> ReadSchema:
        for keyword, item in raw.items():
            if keyword not in _OF_OBJECTS | ANNOTATIONS:
                self.lose(f"{prefix}{keyword}", "there is nothing like it", item)
        properties = raw.get("properties", {})
        if not isinstance(properties, dict):
            self.lose(f"{prefix}properties", "it must be an object", properties)
            properties = {}
        by_any_name = self._required_by_any_name(raw.get("allOf", []), prefix)
        required = self._required(raw.get("required", []), properties, prefix)
        specs = [
            self._property(name, item, f"{prefix}properties.{name}", name in required, name in by_any_name)
            for name, item in properties.items()
            if not (isinstance(item, dict) and "x-boon-alias-of" in item)
        ]
        return ReadSchema([spec for spec in specs if spec is not None], self._unknown(raw, prefix))

    def _unknown(self, raw: JsonObject, prefix: str) -> str:
        others = raw.get("additionalProperties", True)
        if not isinstance(others, bool):
            self.lose(f"{prefix}additionalProperties", "it must be true or false", others)
        if others is False:
            return UnknownProperties.REJECT
        policy: str = raw.get("x-boon-unknown", UnknownProperties.KEEP)
        if policy not in (UnknownProperties.KEEP, UnknownProperties.STRIP):
            self.lose(f"{prefix}x-boon-unknown", "it must be keep or strip", policy)
            return UnknownProperties.KEEP
        return policy

    def _required(self, raw: JsonValue, properties: JsonObject, prefix: str) -> set[str]:
        if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
            self.lose(f"{prefix}required", "it must be a list of names", raw)
            return set()
        for name in raw:
            if name not in properties:
                self.lose(f"{prefix}required", f"'{name}' is not among the properties", name)
        return set(raw)

    def _required_by_any_name(self, raw: JsonValue, prefix: str) -> set[str]:
        """The names in those parts of `allOf` that json_schema.py writes."""
        names: set[str] = set()
        for position, part in enumerate(raw if isinstance(raw, list) else [raw]):
            name = part.get("x-boon-required") if isinstance(part, dict) else None
            if isinstance(name, str):
                names.add(name)
            else:
                self.lose(f"{prefix}allOf.{position}", "there is nothing like it", part)
        return names

    def _property(
        self, name: str, raw: JsonValue, path: str, is_required: bool, is_required_by_any_name: bool
    ) -> PropertySpec | None:
        if not isinstance(raw, dict):
            self.lose(path, "a property must have a type", raw)
            return None
        said: JsonObject = {"optional": not (is_required or is_required_by_any_name)}
        said |= {part: raw[key] for part, key in _SAID.items() if key in raw}
        rest = {key: item for key, item in raw.items() if key not in ANNOTATIONS | _OF_PROPERTIES}
        kind = self._json_type(rest, path, may_be_null=not is_required)
        if kind == "array":
            said["array"] = True
            rest, path = self._items(rest, path), f"{path}.items"
            kind = self._json_type(rest, path, may_be_null=False, may_be_array=False)
        if kind is None:
            return None
        said |= self._type_and_constraints(kind, rest, path)
        spec, errors = parse_property(name, said, path)
        self.lost += [_by_keyword(error, path) for error in errors]
        return spec

    def _items(self, rest: JsonObject, path: str) -> JsonObject:
        """What holds for each element; what holds for the list itself is lost."""
        items = rest.pop("items", {})
        self._lose_rest(rest, path)
        if isinstance(items, dict):
            return {key: item for key, item in items.items() if key not in ANNOTATIONS}
        return {"type": items}

    def _json_type(self, rest: JsonObject, path: str, *, may_be_null: bool, may_be_array: bool = True) -> str | None:
        """The one type besides null, taken out of `rest`; None where there is not one."""
        said = rest.pop("type", None)
        types = said if isinstance(said, list) else [said if said is not None else _told_by(rest)]
        others = [kind for kind in types if kind != "null"]
        possible = _TYPES if may_be_array else _TYPES[:-1]
        if len(others) != 1 or others[0] not in possible:
            self.lose(f"{path}.type", f"it must be one of {', '.join(possible)}", said)
            return None
        if len(others) < len(types) and not may_be_null:
            self.lose(f"{path}.type", "neither what is required nor an element of a list can be null", said)
        if others[0] == "integer":
            self.lose(f"{path}.type", "numbers may have decimals", said)
        return str(others[0])

    def _type_and_constraints(self, kind: str, rest: JsonObject, path: str) -> JsonObject:
        """The definition's `type` and constraints, in the words of the management API."""
        said: JsonObject = {"type": _type_name(kind, rest)}
        own = PROPERTY_TYPES[said["type"]].json_schema()
        rest = {key: item for key, item in rest.items() if key not in own or item != own[key]}
        if isinstance(lengths := rest.pop("x-boon-lengths", None), dict):
            rest = {key: item for key, item in rest.items() if key not in ("minLength", "maxLength")}
            said |= {name: item for name, item in lengths.items() if name in LENGTHS}
        said |= {name: rest.pop(keyword) for keyword, name in _BOUNDS.items() if keyword in rest}
        said |= _choices(rest) | _reference(rest)
        self._lose_rest(rest, path)
        return said

    def _lose_rest(self, rest: JsonObject, path: str) -> None:
        for keyword, item in rest.items():
            self.lose(f"{path}.{keyword}", "there is nothing like it", item)


def _told_by(rest: JsonObject) -> str | None:
    """The type that a schema without one means."""
    values = rest.get("enum", [rest["const"]] if "const" in rest else [])
    found = [value for value in values if value is not None] if isinstance(values, list) else []
    if found and all(isinstance(value, str) for value in found):
        return "string"
    if found and all(is_number(value) for value in found):
        return "number"
    return "object" if "$ref" in rest or "properties" in rest else None


def _type_name(kind: str, rest: JsonObject) -> str:
    """Our name of the type: texts are told apart by `x-boon-type` and by the formats that we have."""
    if kind == "integer":
        return "number"
    if kind != "string":
        return kind
    own = rest.get("x-boon-type")
    if isinstance(own, str) and own in PROPERTY_TYPES and PROPERTY_TYPES[own].json_schema()["type"] == "string":
        return own
    shape = rest.get("format")
    return _FORMATS.get(shape, "string") if isinstance(shape, str) else "string"


def _choices(rest: JsonObject) -> JsonObject:
    """What is allowed or forbidden one by one, taken out of `rest`."""
    said: JsonObject = {}
    if "const" in rest:
        said["eq"] = [rest.pop("const")]
    allowed = rest.get("enum")
    if isinstance(allowed, list) and (values := [value for value in allowed if value is not None]):
        said["eq"] = values
        del rest["enum"]
    unwanted = rest.get("not")
    if isinstance(unwanted, dict) and unwanted.keys() == {"enum"}:
        said["ne"] = rest.pop("not")["enum"]
    return said


def _reference(rest: JsonObject) -> JsonObject:
    """A reference into `$defs`, taken out of `rest`; any other stays."""
    target = rest.get("$ref")
    if not isinstance(target, str) or not target.startswith(DEFINITIONS):
        return {}
    step = unquote(target.removeprefix(DEFINITIONS))
    if "/" in step:
        return {}
    del rest["$ref"]
    return {"object_type": step.replace("~1", "/").replace("~0", "~")}


def _by_keyword(error: FieldError, path: str) -> FieldError:
    """The error with the path of the document in the place of the management API's."""
    part = error.path.removeprefix(path).removeprefix(".")
    where = f"{path}.{_KEYWORDS.get(part, part)}" if part else path
    return FieldError(where, error.code, error.message.replace(f".{error.path}", f".{where}"), error.actual)
