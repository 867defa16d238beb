"""A definition as JSON Schema: independent validators agree with ours, and what is read back is equal."""

import copy
import os

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from eventschema.json_schema import json_schema_of
from eventschema.json_schema_reading import read_json_schema
from eventschema.models import EventDefinition, SchemaVersion
from eventschema.property_types import PROPERTY_TYPES
from eventschema.schema import compile_schema
from eventschema.spec import PropertySpec
from eventschema.validation import validate_metadata
from tests.api.hostile import paths_of
from tests.common.test_strict_json import TEXTS, VALUES
from tests.eventschema.drawn import pairs, snapshots
from tests.eventschema.schemas import specs_of
from tests.once import once

PAIRS = 100_000 if os.environ.get("SOAK") else 2_000
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
FORMATS = FormatChecker(["date"])


@FORMATS.checks("date-time")
def is_date_time(value):
    """RFC 3339, by a validator that is not ours either; `jsonschema` itself has none."""
    return not isinstance(value, str) or jsonschema_rs.is_valid(
        {"type": "string", "format": "date-time"}, value, validate_formats=True
    )


def document_of(snapshot):
    return json_schema_of(snapshot, name="rated", description="Stars")


def ours(snapshot, metadata):
    version = SchemaVersion(version=1, schema=snapshot)
    return validate_metadata(compile_schema(EventDefinition(name="rated"), version), metadata)[1] == []


def theirs(snapshot, metadata):
    return Draft202012Validator(document_of(snapshot), format_checker=FORMATS).is_valid(metadata)


def values_of(snapshot, metadata):
    """(type, value) of every single value under the name of a property, nested ones included."""
    items = {name: item for item in snapshot["properties"] for name in (item["name"], *item.get("aliases", ()))}
    for name, value in metadata.items():
        item = items.get(name, {"type": ""})
        for element in value if isinstance(value, list) else [value]:
            yield item["type"], element
            nested = snapshot.get("nested", {}).get(item.get("object_type"))
            if nested and isinstance(element, dict):
                yield from values_of(nested, element)


def one(kind):
    return {"unknown": "keep", "properties": [PropertySpec("a", kind).as_snapshot()]}


# Why the two may differ about a text: type → the texts that show it, with what ours says of each.
DIFFERENCES = {
    # Ours takes ISO 8601 without a zone (as UTC) or without seconds; RFC 3339 asks for both, and takes a lower-case t
    # and z and a leap second.
    "datetime": {
        "2026-02-28T10:00:00": True,
        "2026-02-28T10:00Z": True,
        "2026-02-28T10:00:00+0200": True,
        "2026-02-28t10:00:00z": False,
        "2026-12-31T23:59:60Z": False,
    },
    # Ours takes the address apart; a pattern cannot tell every host that is none.
    "image_url": {"http://:80/a.jpg": False, "http://[x/a.jpg": False, "http://a@/a.jpg": False},
    # Python's `$` matches before a line break at the end, that of JSON Schema (ECMA-262) does not.
    "geopoint": {"1, 2\n": False},
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in DIFFERENCES.items() for text in texts])
def test_a_difference_between_the_two_is_one_that_is_explained(kind, text):
    said = ours(one(kind), {"a": text})

    assert (said, theirs(one(kind), {"a": text})) == (DIFFERENCES[kind][text], not DIFFERENCES[kind][text])


def explained(snapshot, metadata):
    """Whether a text in the metadata is judged differently for one of the reasons above."""
    return any(
        kind in DIFFERENCES
        and isinstance(value, str)
        and PROPERTY_TYPES[kind].accepts(value) is not theirs(one(kind), {"a": value})
        for kind, value in values_of(snapshot, metadata)
    )


@once("validators know none")
@settings(max_examples=PAIRS, suppress_health_check=QUIET)
@given(pair=pairs())
def test_independent_validators_agree_with_ours(pair):
    snapshot, metadata = pair

    assert ours(snapshot, metadata) is theirs(snapshot, metadata) or explained(snapshot, metadata)


@once("schemas know none")
@settings(max_examples=PAIRS // 4, suppress_health_check=QUIET)
@given(snapshot=snapshots())
def test_what_is_exported_is_read_back_equal(snapshot):
    document = document_of(snapshot)
    Draft202012Validator.check_schema(document)

    read = read_json_schema(document)

    specs = [PropertySpec.from_snapshot(item) for item in snapshot["properties"]]
    nested = {
        name: ([PropertySpec.from_snapshot(item) for item in schema["properties"]], schema["unknown"])
        for name, schema in snapshot.get("nested", {}).items()
    }
    assert read.lost == []
    assert (read.schema.specs, read.schema.unknown, read.description) == (specs, snapshot["unknown"], "Stars")
    assert {name: (schema.specs, schema.unknown) for name, schema in read.nested.items()} == nested


def test_a_document_reads_as_people_expect():
    properties = {
        "stars": {"type": "number", "optional": False, "gte": 1, "lte": 5, "description": "1 to 5"},
        "tags": {"type": "string", "array": True, "eq": ["a", "b"]},
        "shop": {"type": "object", "object_type": "place", "personal": True},
        "day": {"type": "date", "deleted": True},
    }
    snapshot = {
        "unknown": "reject",
        "properties": [spec.as_snapshot() for spec in specs_of(properties)],
        "nested": {"place": {"unknown": "keep", "properties": [PropertySpec("city", "string").as_snapshot()]}},
    }

    assert document_of(snapshot) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rated",
        "description": "Stars",
        "type": "object",
        "properties": {
            "stars": {"type": "number", "minimum": 1, "maximum": 5, "description": "1 to 5"},
            "tags": {"type": ["array", "null"], "items": {"type": "string", "enum": ["a", "b"]}},
            "shop": {"type": ["object", "null"], "$ref": "#/$defs/place", "x-boon-personal": True},
        },
        "required": ["stars"],
        "additionalProperties": False,
        "$defs": {"place": {"properties": {"city": {"type": ["string", "null"]}}}},
    }


def read(properties, **parts):
    return read_json_schema({"type": "object", "properties": properties} | parts)


def test_a_document_of_another_hand_is_read():
    document = read(
        {
            "plan": {"enum": ["S", "M"], "title": "Plan", "examples": ["S"]},
            "kind": {"const": "gift"},
            "seats": {"type": "number", "exclusiveMinimum": 0},
            "not_these": {"type": ["number", "null"], "not": {"enum": [13]}},
            "at": {"type": "string", "format": "date-time"},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}},
        },
        required=["plan"],
        **{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/a"},
    )

    assert document.lost == []
    assert document.schema.specs == specs_of(
        {
            "plan": {"type": "string", "eq": ["S", "M"], "optional": False},
            "kind": {"type": "string", "eq": ["gift"]},
            "seats": {"type": "number", "gt": 0},
            "not_these": {"type": "number", "ne": [13]},
            "at": {"type": "datetime"},
            "tags": {"type": "string", "array": True, "max_length": 3},
        }
    )


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        ({"type": "array"}, ["type"]),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {}}, ["$schema", "definitions"]),
        ({"properties": []}, ["properties"]),
        ({"required": "a"}, ["required"]),
        ({"required": ["a", 5]}, ["required"]),
        ({"required": ["a"]}, ["required"]),
        ({"additionalProperties": {"type": "string"}}, ["additionalProperties"]),
        ({"x-boon-unknown": ["keep"]}, ["x-boon-unknown"]),
        ({"oneOf": [], "patternProperties": {}, "minProperties": 1}, ["oneOf", "patternProperties", "minProperties"]),
        ({"allOf": [{"required": ["a"]}]}, ["allOf.0"]),
        ({"allOf": 5, "description": 5, "$defs": []}, ["allOf.0", "description", "$defs"]),
        ({"properties": {"a": True, "b": 5}}, ["properties.a", "properties.b"]),
        ({"properties": {"a": {}}}, ["properties.a.type"]),
        ({"properties": {"a": {"type": ["string", "number"]}}}, ["properties.a.type"]),
        ({"properties": {"a": {"type": {"x": 1}}}}, ["properties.a.type"]),
        (
            {"properties": {"a": {"type": "integer", "multipleOf": 5}}},
            ["properties.a.type", "properties.a.multipleOf"],
        ),
        ({"properties": {"a": {"type": ["string", "null"]}}, "required": ["a"]}, ["properties.a.type"]),
        (
            {"properties": {"a": {"type": "string", "pattern": "x", "format": "email"}}},
            ["properties.a.pattern", "properties.a.format"],
        ),
        ({"properties": {"a": {"type": "string", "x-boon-type": "number"}}}, ["properties.a.x-boon-type"]),
        (
            {"properties": {"a": {"type": "array", "minItems": 1}}},
            ["properties.a.minItems", "properties.a.items.type"],
        ),
        ({"properties": {"a": {"type": "array", "items": [{}]}}}, ["properties.a.items.type"]),
        ({"properties": {"a": {"type": "array", "items": {"type": ["string", "null"]}}}}, ["properties.a.items.type"]),
        ({"properties": {"a": {"type": "array", "items": {"type": "array"}}}}, ["properties.a.items.type"]),
        ({"properties": {"a": {"type": "object", "properties": {}}}}, ["properties.a.properties"]),
        ({"properties": {"a": {"$ref": "https://example.com/b"}}}, ["properties.a.$ref"]),
        ({"properties": {"a": {"$ref": "#/$defs/b/properties/c"}}}, ["properties.a.$ref"]),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": 5}}, ["$defs.b"]),
        (
            {"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"minProperties": 1}}},
            ["$defs.b.minProperties"],
        ),
        ({"properties": {"a": {"type": "number", "exclusiveMinimum": True}}}, ["properties.a.exclusiveMinimum"]),
        ({"properties": {"a": {"type": "boolean", "enum": [True]}}}, ["properties.a.enum"]),
        ({"properties": {"a": {"enum": [None], "type": ["string", "null"]}}}, ["properties.a.enum"]),
        ({"properties": {"a.b": {"type": "string"}}}, ["properties.a.b"]),
        ({"properties": {"a": {"type": "string", "x-boon-personal": 1}}}, ["properties.a.x-boon-personal"]),
    ],
)
def test_every_construct_that_cannot_be_taken_over_is_named(document, paths):
    assert [error.path for error in read_json_schema(document).lost] == paths


JUST_AS_ODD = [["string"], {"type": "array", "items": {}}, {"properties": {"a": {"type": "string"}}}, "number", "a.b"]


@st.composite
def spoilt(draw):
    """A document of ours with some of its places replaced by anything."""
    document = copy.deepcopy(document_of(draw(snapshots())))
    for _ in range(draw(st.integers(1, 3))):
        *way, name = draw(st.sampled_from(sorted(paths_of(document), key=repr)))
        inner = document
        for step in way:
            inner = inner[step]
        inner[name] = copy.deepcopy(draw(VALUES | st.sampled_from(JUST_AS_ODD)))
    return document


@settings(max_examples=300, suppress_health_check=QUIET)
@given(document=spoilt() | st.dictionaries(TEXTS, VALUES))
def test_whatever_a_document_holds_it_is_read_or_named(document):
    found = read_json_schema(copy.deepcopy(document))

    assert all(isinstance(error.path, str) and error.message for error in found.lost)
    assert all(PropertySpec.from_snapshot(spec.as_snapshot()) == spec for spec in found.schema.specs)
