"""Properties as the management API writes them: every wrong part is named, nothing is guessed."""

from decimal import Decimal

import pytest

from eventschema.spec import PropertySpec, contradiction, parse_properties, properties_as_json


def errors_of(definition, name="size"):
    """(path, code) of every error, relative to the property."""
    raw = {"type": "string", "optional": True} | definition
    _, errors = parse_properties({name: {key: value for key, value in raw.items() if value != "left out"}}, "p")
    return [(error.path.removeprefix(f"p.{name}").lstrip("."), error.code) for error in errors]


def parsed(definition):
    specs, errors = parse_properties({"size": definition}, "p")
    assert errors == []
    return specs[0]


def test_the_smallest_definition_is_type_and_optional():
    assert parsed({"type": "number", "optional": False}) == PropertySpec("size", "number", optional=False)


def test_a_definition_says_everything_that_it_was_given():
    definition = {
        "type": "string",
        "optional": False,
        "array": True,
        "personal": True,
        "deleted": True,
        "min_length": 1,
        "max_length": 5,
        "eq": ["S", "M"],
        "description": "Of the shirt",
        "aliases": ["shirt_size"],
    }

    assert parsed(definition).as_json() == definition


def test_nulls_count_as_left_out():
    nothing = dict.fromkeys(["eq", "ne", "lt", "gte", "min_length", "object_type", "description", "aliases"])

    assert parsed({"type": "number", "optional": True, **nothing}) == PropertySpec("size", "number")


def test_a_definition_survives_its_snapshot():
    spec = parsed({"type": "number", "optional": True, "gt": Decimal("0.5"), "ne": [1, 2], "aliases": ["a"]})

    restored = PropertySpec.from_snapshot(spec.as_snapshot())

    assert (restored, restored.id) == (spec, spec.id)


def test_a_live_property_hides_a_deleted_one_of_its_name():
    gone, live = PropertySpec("size", "string", deleted=True), PropertySpec("size", "number")

    assert properties_as_json([live, gone]) == {"size": {"type": "number", "optional": True}}
    assert properties_as_json([gone, live]) == {"size": {"type": "number", "optional": True}}


@pytest.mark.parametrize(
    ("definition", "errors"),
    [
        ({"type": "left out"}, [("", "required")]),
        ({"type": None}, [("", "required")]),
        ({"optional": "left out"}, [("", "required")]),
        ({"type": "text"}, [("type", "one_of")]),
        ({"type": ["string"]}, [("type", "one_of")]),
        ({"type": 5}, [("type", "one_of")]),
        ({"optional": "yes"}, [("optional", "type")]),
        ({"optional": None}, [("optional", "type")]),
        ({"array": 1}, [("array", "type")]),
        ({"deleted": "false"}, [("deleted", "type")]),
        ({"personal": []}, [("personal", "type")]),
        ({"requird": True}, [("requird", "unknown")]),
        ({"description": 5}, [("description", "type")]),
        ({"description": "a" * 501}, [("description", "type")]),
        ({"aliases": "old"}, [("aliases", "type")]),
        ({"aliases": [5]}, [("aliases", "type")]),
        ({"aliases": ["a.b"]}, [("aliases", "type")]),
        ({"aliases": [f"a{n}" for n in range(21)]}, [("aliases", "type")]),
        ({"min_length": -1}, [("min_length", "constraint")]),
        ({"min_length": Decimal("1.5")}, [("min_length", "constraint")]),
        ({"min_length": "1"}, [("min_length", "constraint")]),
        ({"min_length": True}, [("min_length", "constraint")]),
        ({"max_length": 10_241}, [("max_length", "constraint")]),
        ({"eq": "a"}, [("eq", "constraint")]),
        ({"eq": ["a", 5]}, [("eq", "constraint")]),
        ({"eq": [str(n) for n in range(501)]}, [("eq", "constraint")]),
        ({"ne": ["a"]}, [("ne", "not_for_type")]),
        ({"gt": 1}, [("gt", "not_for_type")]),
        ({"object_type": "address"}, [("object_type", "not_for_type")]),
        ({"type": "number", "max_length": 1}, [("max_length", "not_for_type")]),
        ({"type": "number", "gt": "1"}, [("gt", "constraint")]),
        ({"type": "number", "gt": True}, [("gt", "constraint")]),
        ({"type": "number", "lte": Decimal("0.001")}, [("lte", "constraint")]),
        ({"type": "number", "lte": Decimal("1e25") + 1}, [("lte", "constraint")]),
        ({"type": "number", "eq": [True]}, [("eq", "constraint")]),
        ({"type": "object", "object_type": ""}, [("object_type", "constraint")]),
        ({"type": "object", "object_type": 5}, [("object_type", "constraint")]),
        ({"type": "boolean", "eq": [True]}, [("eq", "not_for_type")]),
        ({"min_length": 3, "max_length": 2}, [("min_length", "contradiction")]),
        ({"type": "number", "gt": 5, "lt": 5}, [("gt", "contradiction")]),
        ({"optional": 1, "array": 1, "eq": "a"}, [("array", "type"), ("optional", "type"), ("eq", "constraint")]),
    ],
)
def test_every_wrong_part_of_a_definition_is_named(definition, errors):
    assert errors_of(definition) == errors


@pytest.mark.parametrize("definition", [None, 5, "string", [], True])
def test_a_definition_that_is_no_object_is_refused(definition):
    specs, errors = parse_properties({"size": definition}, "p")

    assert (specs, [(error.path, error.code) for error in errors]) == ([], [("p.size", "type")])


@pytest.mark.parametrize("properties", [None, 5, "a", []])
def test_properties_that_are_no_object_are_refused(properties):
    specs, errors = parse_properties(properties, "p")

    assert (specs, [(error.path, error.code) for error in errors]) == ([], [("p", "type")])


@pytest.mark.parametrize("name", ["a", "a" * 100, "Größe", "2nd", "with space", "a-b", "数量", "constructor"])
def test_a_property_may_be_named_so(name):
    assert errors_of({}, name) == []


@pytest.mark.parametrize("name", ["", "a" * 101, "a.b", "$a", "a$", "a\nb", "a\x7f", "a\ud800", "__proto__"])
def test_a_property_may_not_be_named_so(name):
    _, errors = parse_properties({name: {"type": "string", "optional": True}}, "p")

    assert [(error.code, error.actual) for error in errors] == [("name", name)]


def test_the_hundred_and_first_property_is_too_many():
    hundred = {f"p{n}": {"type": "string", "optional": True} for n in range(100)}

    assert parse_properties(hundred, "p")[1] == []
    assert [error.code for error in parse_properties(hundred | {"q": hundred["p0"]}, "p")[1]] == ["too_many"]


@pytest.mark.parametrize(
    ("options", "contradicts"),
    [
        ({"min_length": 2, "max_length": 2}, False),
        ({"min_length": 3, "max_length": 2}, True),
        ({"exact_length": 2, "min_length": 3}, True),
        ({"exact_length": 2, "max_length": 1}, True),
        ({"exact_length": 2, "min_length": 2, "max_length": 2}, False),
        ({"gte": 5, "lte": 5}, False),
        ({"gt": 5, "lte": 5}, True),
        ({"gte": 5, "lt": 5}, True),
        ({"gt": 4, "lt": 5}, False),
        ({"gte": 6, "lte": 5}, True),
        ({"gt": 1, "gte": 6, "lte": 5}, True),
    ],
)
def test_constraints_that_nothing_can_satisfy_contradict(options, contradicts):
    assert bool(contradiction(options)) is contradicts
