"""From one version to the next: every change in words, and whether it breaks senders."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema.comparing import Change, compare, renames
from eventschema.narrowing import is_narrower
from eventschema.property_types import CONSTRAINTS
from eventschema.spec import PropertySpec, contradiction
from tests.eventschema.schemas import specs_of

TEXT, NUMBER = {"type": "string"}, {"type": "number"}


def snapshot(specs: list[PropertySpec], unknown: str = "keep", **parts: Any) -> dict[str, Any]:
    return {"unknown": unknown, "properties": [spec.as_snapshot() for spec in specs], **parts}


def told(before: Mapping[str, Any], after: Mapping[str, Any], unknown: str = "keep") -> list[tuple[str, str, bool]]:
    """(property, change, whether it breaks) from one set of properties to another; a property keeps its id by name."""
    old = specs_of(before)
    ids = {(spec.name, spec.type): spec.id for spec in old}
    new = [replace(spec, id=ids.get((spec.name, spec.type), spec.id)) for spec in specs_of(after)]
    return shown(compare(snapshot(old), snapshot(new, unknown)))


def shown(changes: list[Change]) -> list[tuple[str, str, bool]]:
    return [(change.name, str(change.kind), change.is_breaking) for change in changes]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({}, {"a": TEXT}, ("a", "added", False)),
        ({}, {"a": TEXT | {"optional": False}}, ("a", "added_required", True)),
        ({"a": TEXT}, {}, ("a", "removed", True)),
        ({"a": TEXT}, {"a": TEXT | {"deleted": True}}, ("a", "removed", True)),
        ({"a": TEXT}, {"a": NUMBER}, ("a", "retyped", True)),
        ({"a": TEXT}, {"a": TEXT | {"optional": False}}, ("a", "newly_required", True)),
        ({"a": TEXT | {"optional": False}}, {"a": TEXT}, ("a", "no_longer_required", False)),
        ({"a": TEXT}, {"a": TEXT | {"array": True}}, ("a", "made_multiple", True)),
        ({"a": TEXT | {"array": True}}, {"a": TEXT}, ("a", "made_single", True)),
        ({"a": TEXT | {"aliases": ["b"]}}, {"a": TEXT}, ("a", "former_name_dropped", True)),
        ({"a": TEXT}, {"a": TEXT | {"aliases": ["b"]}}, ("a", "former_name_added", False)),
        ({"a": TEXT}, {"a": TEXT | {"deprecated": "2027-01-31"}}, ("a", "deprecated", False)),
        ({"a": TEXT | {"deprecated": "2027-01-31"}}, {"a": TEXT}, ("a", "no_longer_deprecated", False)),
        ({"a": TEXT}, {"a": TEXT | {"personal": True}}, ("a", "made_personal", False)),
        ({"a": TEXT | {"personal": True}}, {"a": TEXT}, ("a", "no_longer_personal", False)),
        ({"a": TEXT}, {"a": TEXT | {"description": "Why"}}, ("a", "described", False)),
    ],
)
def test_a_change_is_told(before: Any, after: Any, change: Any):
    assert told(before, after) == [change]


@pytest.mark.parametrize(
    ("before", "after", "is_breaking"),
    [
        ({}, {"gte": 1}, True),
        ({"gte": 1}, {}, False),
        ({"gte": 1}, {"gte": 5}, True),
        ({"gte": 5}, {"gte": 1}, False),
        ({"gte": 1}, {"gt": 1}, True),
        ({"gt": 1}, {"gte": 1}, False),
        ({"gte": 1}, {"gt": 0}, False),
        ({"lte": 9}, {"lte": 8}, True),
        ({"lt": 9}, {"lte": 9}, False),
        ({"eq": [1, 2]}, {"eq": [1, 2, 3]}, False),
        ({"eq": [1, 2]}, {"eq": [1]}, True),
        ({"ne": [1]}, {"ne": [1, 2]}, True),
        ({"ne": [1, 2]}, {"ne": [2]}, False),
    ],
)
def test_bounds_that_let_through_less_break_senders(before: Any, after: Any, is_breaking: bool):
    word = "narrowed" if is_breaking else "widened"

    assert told({"a": NUMBER | before}, {"a": NUMBER | after}) == [("a", word, is_breaking)]


@pytest.mark.parametrize(
    ("before", "after", "is_breaking"),
    [
        ({"exact_length": 5}, {"min_length": 1, "max_length": 9}, False),
        ({"min_length": 1, "max_length": 9}, {"exact_length": 5}, True),
        ({"max_length": 9}, {"max_length": 10}, False),
        ({"min_length": 2}, {"min_length": 3}, True),
    ],
)
def test_lengths_count_together(before: Any, after: Any, is_breaking: bool):
    assert is_narrower(before, after) is is_breaking


numbers = st.integers(-3, 6)
NUMBER_OPTIONS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("gt", "gte", "lt", "lte"), numbers)
    | {name: st.lists(numbers, min_size=1, max_size=4, unique=True) for name in ("eq", "ne")},
).filter(lambda options: not contradiction(options))


@given(NUMBER_OPTIONS, NUMBER_OPTIONS, numbers)
def test_what_is_no_narrower_refuses_nothing_that_was_let_through(before: Any, after: Any, value: int):
    def passes(options: Mapping[str, Any]) -> bool:
        return all(CONSTRAINTS[name].check(bound).passes(value) for name, bound in options.items())

    assert is_narrower(before, after) or not passes(before) or passes(after)


def test_nothing_changed_is_no_change():
    specs = specs_of({"a": TEXT, "b": NUMBER | {"gte": 1}})

    assert compare(snapshot(specs), snapshot(specs)) == []


def test_a_renamed_property_breaks_nobody_while_its_former_name_is_taken():
    [shop] = specs_of({"shop": TEXT})
    store = replace(shop, name="store", aliases=("shop",))

    changes = compare(snapshot([shop]), snapshot([store]))

    assert [(change.sentence, change.is_breaking) for change in changes] == [
        ("“store” was called “shop” before, which senders may go on using.", False)
    ]
    assert renames(changes) == {"shop": "store"}


def test_a_rename_without_the_former_name_breaks_its_senders():
    [shop] = specs_of({"shop": TEXT})

    changes = compare(snapshot([shop]), snapshot([replace(shop, name="store")]))

    assert shown(changes) == [("store", "renamed", False), ("store", "former_name_dropped", True)]


def test_a_new_type_under_a_new_name_is_one_property_where_the_former_name_says_so():
    before, after = specs_of({"plan": TEXT}), specs_of({"tier": NUMBER | {"aliases": ["plan"]}})

    assert shown(compare(snapshot(before), snapshot(after))) == [("tier", "renamed", False), ("tier", "retyped", True)]


@pytest.mark.parametrize(
    ("unknown", "fate"),
    [
        ("keep", "it is kept unchecked where it is sent"),
        ("strip", "its values are dropped"),
        ("reject", "events that bring it are refused"),
    ],
)
def test_a_removed_property_says_what_becomes_of_its_values(unknown: str, fate: str):
    changes = compare(snapshot(specs_of({"a": TEXT}), unknown), snapshot([], unknown))

    assert [change.sentence for change in changes] == [f"“a” is removed: {fate}."]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("keep", "reject", ("", "unknown_stricter", True)),
        ("strip", "keep", ("", "unknown_looser", False)),
    ],
)
def test_the_policy_for_undefined_properties_is_compared(before: str, after: str, change: Any):
    assert shown(compare(snapshot([], before), snapshot([], after))) == [change]


def test_what_changes_in_a_nested_schema_is_told_of_the_property_that_uses_it():
    [home] = specs_of({"home": {"type": "object", "object_type": "address"}})
    city, required = specs_of({"city": TEXT})[0], {"optional": False}
    before = snapshot([home], nested={"address": snapshot([city])})
    after = snapshot([home], nested={"address": snapshot([replace(city, **required)])})

    [change] = compare(before, after)

    assert (change.name, str(change.kind), change.keys) == ("home.city", "newly_required", ("home.city",))
    assert change.sentence == "In “home”: “city” is required."


def test_bounds_are_told_in_the_words_of_the_builder():
    before, after = (
        specs_of({"a": NUMBER | {"gte": 1, "eq": [1, 2]}}),
        specs_of({"a": NUMBER | {"gte": Decimal("2.5")}}),
    )

    [change] = compare(snapshot(before), snapshot(after))

    assert change.sentence == "“a” takes less: at least 1 → 2.5, one of 1, 2 → none."
