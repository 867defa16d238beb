"""What each constraint lets through, and what it says of the rest."""

from decimal import Decimal

import pytest

from tests.eventschema.schemas import a_schema, kept, problems, sentences

D = Decimal

TABLE = [
    ({"type": "string", "min_length": 2}, ["ab", "abc", "😀😀"], ["", "a", "😀"], "must have at least 2 characters"),
    ({"type": "string", "max_length": 2}, ["", "ab", "😀😀"], ["abc"], "must have at most 2 characters"),
    ({"type": "string", "max_length": 0}, [""], ["a"], "must have at most 0 characters"),
    ({"type": "string", "exact_length": 2}, ["ab"], ["", "a", "abc"], "must have exactly 2 characters"),
    ({"type": "string", "eq": ["L", "XL"]}, ["L", "XL"], ["", "l", "L,XL", "M"], "must be equal to one of L,XL"),
    ({"type": "number", "gt": 1}, [2, D("1.01")], [1, D("1.0"), 0, -5], "must be more than 1"),
    ({"type": "number", "gte": D("1.5")}, [D("1.5"), D("1.50"), 2], [1, D("1.49")], "must be at least 1.5"),
    ({"type": "number", "lt": 5}, [4, D("4.99"), -9], [5, D("5.0"), 6], "must be less than 5"),
    ({"type": "number", "lte": 5}, [5, D("5.0"), -1], [D("5.01"), 6], "must be at most 5"),
    ({"type": "number", "eq": [1, D("2.5")]}, [1, D("1.0"), D("2.50")], [2, 0], "must be equal to one of 1,2.5"),
    ({"type": "number", "ne": [0]}, [1, -1], [0, D("0.0")], "must not be equal to any of 0"),
]


@pytest.mark.parametrize(("definition", "value"), [(row[0], value) for row in TABLE for value in row[1]])
def test_a_value_within_its_constraint_is_kept(definition, value):
    assert kept(a_schema({"size": definition}), {"size": value}) == {"size": value}


@pytest.mark.parametrize(("definition", "value"), [(row[0], value) for row in TABLE for value in row[2]])
def test_a_value_outside_its_constraint_is_refused_by_the_constraints_name(definition, value):
    name = next(name for name in definition if name != "type")

    assert problems(a_schema({"size": definition}), {"size": value}) == [("metadata.size", name)]


@pytest.mark.parametrize(("definition", "refused", "phrase"), [(row[0], row[2][0], row[3]) for row in TABLE])
def test_a_constraint_is_told_after_the_type(definition, refused, phrase):
    told = sentences(a_schema({"size": definition}), {"size": refused})

    assert told == [f"size: must be a {definition['type']}, {phrase} (actual value is '{refused}')"]


@pytest.mark.parametrize("value", [5, True, None, ["a"], {}])
def test_the_type_is_looked_at_before_the_constraints(value):
    schema = a_schema({"size": {"type": "string", "min_length": 2, "eq": ["ab"]}})

    assert problems(schema, {"size": value}) == ([] if value is None else [("metadata.size", "type")])


def test_one_value_is_complained_about_once_however_many_constraints_it_breaks():
    schema = a_schema({"rating": {"type": "number", "gte": 1, "lte": 5, "ne": [3]}})

    assert problems(schema, {"rating": 0}) == [("metadata.rating", "gte")]
    assert problems(schema, {"rating": 9}) == [("metadata.rating", "lte")]
    assert problems(schema, {"rating": 3}) == [("metadata.rating", "ne")]


def test_true_is_neither_one_nor_in_a_list_with_one():
    schema = a_schema({"rating": {"type": "number", "eq": [1]}})

    assert problems(schema, {"rating": True}) == [("metadata.rating", "type")]


def test_numbers_beyond_a_float_are_compared_exactly():
    schema = a_schema({"amount": {"type": "number", "lte": 9_007_199_254_740_992}})

    assert kept(schema, {"amount": 9_007_199_254_740_992}) == {"amount": 9_007_199_254_740_992}
    assert problems(schema, {"amount": 9_007_199_254_740_993}) == [("metadata.amount", "lte")]
