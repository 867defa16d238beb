"""Proposing properties from samples of metadata: a draft for a person to look at, never a definition by itself.

The rules, in words, are in docs/marketers.md ("What is proposed").
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from common.jsons import InvalidJson, JsonObject, JsonValue, Limits, check_limits, dumps
from common.refusals import FieldError, InvalidPayload
from eventschema.models import MOST_PROPERTIES
from eventschema.property_types import PROPERTY_TYPES, is_number
from eventschema.spec import PropertySpec, name_problem

LARGEST_SAMPLES = 256 * 1024
SAMPLE_LIMITS = Limits(depth=5, keys=100)
# "One of" is proposed where so few different values were seen in so many samples.
MOST_CHOICES = 5
FEWEST_FOR_CHOICES = 10
FEWEST_FOR_REQUIRED = 2
SHOWN_LENGTH = 60

# What a text may be beside a text, most special first. Never a number: "02134" is a post code.
_TEXT_TYPES = ("datetime", "date", "image_url", "geopoint")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_CONTACT = {"email", "mail", "phone", "telephone", "mobile", "cellphone", "msisdn", "address", "street", "ip"}
_PERSON = {"firstname", "lastname", "surname", "fullname", "nickname", "birth", "birthday", "birthdate", "dob"}
_PERSONAL_WORDS = _CONTACT | _PERSON | {"passport", "iban", "ssn"}
_PERSONAL_NAMES = {"first name", "last name", "full name", "given name", "family name", "middle name"}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}\Z")
# International form only: a row of digits alone is more often a number of an order.
_PHONE = re.compile(r"(?:\+|00)[1-9][0-9 ()./-]{5,18}[0-9]\Z")
# Whole numbers with a comma between them ("12,50") are more often a price.
_PLACE = re.compile(r"-?\d+\.\d+, ?-?\d+\.\d+\Z")


@dataclass(frozen=True, slots=True)
class Inferred:
    """Proposed properties in the order in which they first appear, and in `notes` a sentence for whatever was left
    out or wants a second look."""

    specs: list[PropertySpec] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _Undecided(Exception):
    """The values of one name fit no type; `str()` says why."""


def infer(samples: Sequence[JsonValue], *, nested: Mapping[str, Collection[str]] | None = None) -> Inferred:
    """What `samples` have in common. Each is the metadata of an event, or a whole event with its `metadata`.

    Every sample fits the properties proposed, save where an object refers to a nested schema. `nested` are the nested
    schemas that there are: name → the names of their properties. Pure.

    Raises InvalidPayload, with an error for each sample, where one is no object, is nested deeper than 5 levels or
    holds more than 100 keys, and where all of them hold more than 100 names or 256 KB.
    """
    found = _metadata_of(samples)
    names = list(dict.fromkeys(name for metadata in found for name in metadata))
    if len(names) > MOST_PROPERTIES:
        raise InvalidPayload.at("samples", f"The samples hold more than {MOST_PROPERTIES} properties", code="too_many")
    result = Inferred()
    for name in names:
        _propose(name, found, nested or {}, result)
    return result


def _metadata_of(samples: Sequence[JsonValue]) -> list[JsonObject]:
    """Raises InvalidPayload."""
    if not samples:
        raise InvalidPayload.at("samples", "There must be at least one sample", code="required")
    found = [_metadata(sample) for sample in samples]
    errors = [error for position, metadata in enumerate(found) for error in _problems(metadata, position)]
    if not errors and len(dumps(found).encode()) > LARGEST_SAMPLES:
        errors = [FieldError("samples", "too_large", f"The samples are larger than {LARGEST_SAMPLES // 1024} KB")]
    if errors:
        raise InvalidPayload.of(errors)
    return found


def _metadata(sample: JsonValue) -> JsonValue:
    """The metadata of a whole event, which is known by its event's name and by what else an event has."""
    if isinstance(sample, dict) and isinstance(sample.get("event"), str) and sample.keys() & {"metadata", "customer"}:
        return sample.get("metadata") or {}
    return sample


def _problems(metadata: JsonValue, position: int) -> Iterator[FieldError]:
    path, subject = f"samples.{position}", f"Sample {position + 1}"
    try:
        check_limits(metadata, SAMPLE_LIMITS)
    except InvalidJson as error:
        yield FieldError(path, "limit", f"{subject} {str(error).removeprefix('The body ')}")
    else:
        if not isinstance(metadata, dict):
            yield FieldError(path, "type", f"{subject} must be an object", metadata)


def within_limits(samples: Iterable[JsonValue]) -> list[JsonObject]:
    """The metadata of those samples that `infer` takes, in order, until they are as large as it takes."""
    taken: list[JsonObject] = []
    names: set[str] = set()
    size = 0
    for metadata in map(_metadata, samples):
        if any(_problems(metadata, 0)):
            continue
        names |= metadata.keys()
        # Each counts as what it adds to a list: a comma, and the brackets once.
        size += len(dumps(metadata).encode()) + 2
        if size > LARGEST_SAMPLES or len(names) > MOST_PROPERTIES:
            break
        taken.append(metadata)
    return taken


def _propose(
    name: str, samples: Sequence[JsonObject], nested: Mapping[str, Collection[str]], result: Inferred
) -> None:
    shown = f"'{name[:SHOWN_LENGTH]}'"
    values = [sample[name] for sample in samples if sample.get(name) is not None]
    if problem := name_problem(name):
        result.notes.append(f"{shown} is left out: a name {problem}.")
        return
    try:
        elements, is_array = _elements(values)
        kind = _type_of(elements)
    except _Undecided as reason:
        result.notes.append(f"{shown} is left out: {reason}.")
        return
    personal = _is_personal(name, elements)
    options = _object_type(elements, nested) if kind == "object" else {}
    if not personal and kind in ("string", "number") and len(values) >= FEWEST_FOR_CHOICES:
        options |= _choices(elements)
    if kind == "object" and not options:
        keys = ", ".join(dict.fromkeys(key for element in elements for key in element))
        result.notes.append(f"{shown} takes any object: a nested schema of {keys[:200] or 'no keys'} would check it.")
    is_required = len(values) == len(samples) >= FEWEST_FOR_REQUIRED
    result.specs.append(
        PropertySpec(name, kind, array=is_array, optional=not is_required, options=options, personal=personal)
    )


def _elements(values: Sequence[JsonValue]) -> tuple[list[JsonValue], bool]:
    """The values, or those inside them where they are lists; and whether they are. Raises _Undecided."""
    if not any(isinstance(value, list) for value in values):
        return list(values), False
    if not all(isinstance(value, list) for value in values):
        raise _Undecided("it holds lists and single values, which no property takes both")
    elements = [element for value in values for element in value]
    if any(element is None or isinstance(element, list) for element in elements):
        raise _Undecided("its lists hold nulls or lists")
    return elements, True


def _type_of(elements: Sequence[JsonValue]) -> str:
    """The one type that takes every element. Raises _Undecided: values are never converted, so none may be lost."""
    kinds = dict.fromkeys(_json_type(element) for element in elements)
    if not kinds:
        raise _Undecided("it holds no value to tell a type by")
    if len(kinds) > 1:
        raise _Undecided(f"it holds values of different types ({', '.join(kinds)})")
    (kind,) = kinds
    return _text_type(elements) if kind == "string" else kind


def _json_type(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "boolean"
    if is_number(value):
        return "number"
    return "object" if isinstance(value, dict) else "string"


def _text_type(texts: Sequence[str]) -> str:
    for kind in _TEXT_TYPES:
        if all(PROPERTY_TYPES[kind].accepts(text) for text in texts):
            return kind if kind != "geopoint" or all(map(_PLACE.match, texts)) else "string"
    return "string"


def _object_type(objects: Sequence[JsonObject], nested: Mapping[str, Collection[str]]) -> dict[str, JsonValue]:
    """The nested schema with the very same keys, where there is one."""
    keys = {key for item in objects for key in item}
    same = [name for name, names in nested.items() if keys and keys == set(names)]
    return {"object_type": min(same)} if same else {}


def _choices(elements: Sequence[JsonValue]) -> dict[str, JsonValue]:
    distinct = list(dict.fromkeys(elements))
    return {"eq": distinct} if len(distinct) <= MOST_CHOICES else {}


def _is_personal(name: str, elements: Sequence[JsonValue]) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    pairs = {f"{first} {second}" for first, second in pairwise(words)}
    if not _PERSONAL_WORDS.isdisjoint(words) or not _PERSONAL_NAMES.isdisjoint(pairs):
        return True
    return any(isinstance(item, str) and bool(_EMAIL.match(item) or _PHONE.match(item)) for item in elements)
