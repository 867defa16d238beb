"""Metadata against a schema: every error at once, in the contract's sentences."""

from decimal import Decimal

import pytest

from eventschema.validation import validate_metadata
from tests.eventschema.schemas import a_schema, kept, problems, sentences

CHANNELS = ["Facebook", "Twitter", "Website"]
UNUSUAL = {"": 1, "a.b": 2, "$set": 3, "__proto__": {"x": 1}, "constructor": None}


def test_the_contracts_own_sentence_is_said_for_a_wrong_choice():
    schema = a_schema({"acquisition_channel": {"type": "string", "optional": False, "eq": CHANNELS}})

    assert sentences(schema, {"acquisition_channel": "snap"}) == [
        "acquisition_channel: must be a string, property is required, "
        "must be equal to one of Facebook,Twitter,Website (actual value is 'snap')"
    ]


def test_the_contracts_own_sentence_is_said_for_a_wrong_type():
    assert sentences(a_schema({"amount": {"type": "string"}}), {"amount": 5}) == [
        "amount: must be a string (actual value is '5')"
    ]


def test_the_contracts_own_sentence_is_said_for_a_list():
    schema = a_schema({"sizes": {"type": "string", "array": True, "eq": ["L1", "L2", "L3"]}})

    assert sentences(schema, {"sizes": "L1"}) == [
        "sizes: must be an array, and every element: must be a string, must be equal to one of L1,L2,L3 "
        "(actual value is 'L1')"
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "true"),
        (Decimal("1.50"), "1.5"),
        ([1, "a"], '[1,"a"]'),
        ({"a": None}, '{"a":null}'),
        (["a" * 200], '["' + "a" * 98 + "…"),
    ],
)
def test_the_value_that_was_sent_is_shown_as_json(value, shown):
    assert sentences(a_schema({"a": {"type": "string"}}), {"a": value}) == [
        f"a: must be a string (actual value is '{shown}')"
    ]


def test_every_error_is_told_at_once_with_path_code_and_value():
    schema = a_schema(
        {
            "rating": {"type": "number", "optional": False, "lte": 5},
            "comment": {"type": "string", "max_length": 3},
            "day": {"type": "date", "optional": False},
            "tags": {"type": "string", "array": True},
        }
    )

    _, errors = validate_metadata(schema, {"rating": 7, "comment": "good", "tags": ["a", 5, None, True]})

    assert [(error.path, error.code, error.actual) for error in errors] == [
        ("metadata.rating", "lte", 7),
        ("metadata.comment", "max_length", "good"),
        ("metadata.tags[1]", "type", 5),
        ("metadata.tags[2]", "type", None),
        ("metadata.tags[3]", "type", True),
        ("metadata.day", "required", None),
    ]


def test_metadata_that_fits_is_kept_as_it_was_sent():
    metadata = {"rating": Decimal("4.50"), "extra": [1, {"a": None}], "day": "2022-12-01"}

    assert kept(a_schema({"rating": {"type": "number"}, "day": {"type": "date"}}), metadata) == metadata


def test_nothing_is_converted():
    schema = a_schema({"amount": {"type": "number"}, "day": {"type": "datetime"}})

    assert problems(schema, {"amount": "500", "day": "2022-12-01"}) == [
        ("metadata.amount", "type"),
        ("metadata.day", "type"),
    ]


@pytest.mark.parametrize(
    "kind", ["string", "number", "boolean", "date", "datetime", "image_url", "geopoint", "object"]
)
def test_null_may_be_stored_for_an_optional_property_of_every_type(kind):
    assert kept(a_schema({"a": {"type": kind}}), {"a": None}) == {"a": None}


def test_null_is_not_enough_for_a_required_property():
    schema = a_schema({"name": {"type": "string", "optional": False}})

    assert sentences(schema, {"name": None}) == [
        "name: must be a string, property is required (actual value is 'null')"
    ]
    assert sentences(schema, {}) == ["name: must be a string, property is required (actual value is 'undefined')"]


def test_what_is_empty_is_still_something():
    schema = a_schema({name: {"type": "string", "optional": False} for name in "ab"} | {"c": {"type": "boolean"}})

    assert kept(schema, {"a": "", "b": " ", "c": False}) == {"a": "", "b": " ", "c": False}


def test_an_empty_list_is_a_value_of_a_required_list():
    schema = a_schema({"tags": {"type": "string", "array": True, "optional": False}})

    assert kept(schema, {"tags": []}) == {"tags": []}
    assert problems(schema, {"tags": None}) == [("metadata.tags", "required")]


@pytest.mark.parametrize("value", ["a", 5, {"0": "a"}, True])
def test_a_list_is_asked_for_where_a_property_is_multiple(value):
    assert problems(a_schema({"tags": {"type": "string", "array": True}}), {"tags": value}) == [
        ("metadata.tags", "array")
    ]


@pytest.mark.parametrize("value", [["a"], []])
def test_a_list_is_refused_where_a_property_is_single(value):
    assert problems(a_schema({"tag": {"type": "string"}}), {"tag": value}) == [("metadata.tag", "type")]


def test_undefined_properties_are_kept_by_default():
    assert kept(a_schema({}), UNUSUAL) == UNUSUAL


def test_undefined_properties_are_stripped_where_the_event_says_so():
    schema = a_schema({"name": {"type": "string"}}, unknown="strip")

    assert kept(schema, {**UNUSUAL, "name": "Ben"}) == {"name": "Ben"}


def test_undefined_properties_are_refused_one_by_one_where_the_event_says_so():
    schema = a_schema({"name": {"type": "string"}}, unknown="reject")

    assert problems(schema, {"Name": "Ben", "name": "Ben", "age": 5}) == [
        ("metadata.Name", "unknown"),
        ("metadata.age", "unknown"),
    ]
    assert sentences(schema, {"age": 5}) == ["age: property is not defined (actual value is '5')"]


def test_a_removed_property_counts_as_undefined():
    removed = {"old": {"type": "number", "optional": False, "deleted": True}}

    assert kept(a_schema(removed), {"old": "text"}) == {"old": "text"}
    assert problems(a_schema(removed, unknown="reject"), {"old": 5}) == [("metadata.old", "unknown")]


def test_an_alias_is_checked_as_its_property():
    schema = a_schema({"shop": {"type": "string", "optional": False, "aliases": ["store"]}}, unknown="reject")

    assert kept(schema, {"store": "Berlin"}) == {"store": "Berlin"}
    assert problems(schema, {"store": 5}) == [("metadata.store", "type")]
    assert problems(schema, {"store": None}) == [("metadata.shop", "required")]


def test_the_value_of_a_property_is_found_under_its_alias():
    schema = a_schema({"shop": {"type": "string", "aliases": ["store"]}})

    values = [schema.value(sent, "shop") for sent in ({"shop": "A"}, {"store": "B"}, {"store": "B", "shop": "A"}, {})]

    assert values == ["A", "B", "A", None]
