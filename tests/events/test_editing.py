"""Edits of rejected events: renamed, then set, then cast; nothing but the metadata."""

from decimal import Decimal

import pytest

from events.editing import Edits, edited, parse_edits


def mended(metadata, **edits):
    """The metadata after edits that can all be made."""
    changed, errors = edited(metadata, Edits(**edits))
    assert errors == []
    return changed


def problems(metadata, **edits):
    """(path, code, message) of every edit that cannot be made."""
    return [(error.path, error.code, error.message) for error in edited(metadata, Edits(**edits))[1]]


@pytest.mark.parametrize(
    ("kind", "value", "cast"),
    [
        ("number", "12", 12),
        ("number", " 12.50 ", Decimal("12.50")),
        ("number", "-0.1", Decimal("-0.1")),
        ("number", "1e3", Decimal("1e3")),
        ("number", "12345678901234567.123456789", Decimal("12345678901234567.123456789")),
        ("number", Decimal("1.5"), Decimal("1.5")),
        ("number", ["1", 2, None], [1, 2, None]),
        ("boolean", "true", True),
        ("boolean", "No", False),
        ("boolean", 1, True),
        ("boolean", "0", False),
        ("boolean", True, True),
        ("string", 12, "12"),
        ("string", Decimal("12.50"), "12.5"),
        ("string", False, "false"),
        ("string", " as it is ", " as it is "),
        ("date", "2026-11-22T23:30:00+01:00", "2026-11-22"),
        ("date", "2026-11-22 10:00:00", "2026-11-22"),
        ("date", " 2026-11-22 ", "2026-11-22"),
        ("datetime", "2026-11-22", "2026-11-22T00:00:00.000Z"),
        ("datetime", "2026-11-22 10:00:00Z", "2026-11-22T10:00:00Z"),
        ("image_url", " https://shop.example/a.png ", "https://shop.example/a.png"),
        ("geopoint", "52.5, 13.4 ", "52.5, 13.4"),
        ("object", '{"city": "London"}', {"city": "London"}),
    ],
)
def test_a_value_is_cast_to_what_it_says(kind, value, cast):
    changed = mended({"x": value}, cast={"x": kind})

    assert (changed, type(changed["x"])) == ({"x": cast}, type(cast))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "1,5"),
        ("number", "007"),
        ("number", "+1"),
        ("number", "twelve"),
        ("number", ""),
        ("number", "NaN"),
        ("number", "1e999"),
        ("number", "9" * 5_000),
        ("number", "१२"),
        ("number", True),
        ("number", {"a": 1}),
        ("number", ["1", "x"]),
        ("boolean", "maybe"),
        ("boolean", 2),
        ("string", {"a": 1}),
        ("date", "22.11.2026"),
        ("date", 1_763_800_000),
        ("datetime", "tomorrow"),
        ("image_url", "kettle"),
        ("geopoint", "here"),
        ("object", "[1]"),
        ("object", "{"),
    ],
)
def test_a_value_that_says_nothing_in_the_type_is_named_and_left_alone(kind, value):
    changed, errors = edited({"x": value}, Edits(cast={"x": kind}))

    assert changed == {"x": value}
    assert [(error.path, error.code, error.actual) for error in errors] == [("metadata.x", "cast", value)]
    assert errors[0].message.startswith(f"x: cannot be cast to {kind} (actual value is '")


def test_a_missing_property_and_a_null_are_not_cast():
    assert mended({"note": None}, cast={"note": "number", "amount": "number"}) == {"note": None}


def test_edits_are_made_in_the_order_rename_set_cast():
    changed = mended(
        {"price": "1", "shop": "Main St"},
        rename={"price": "amount"},
        set={"shop": "5", "new": "7"},
        cast={"amount": "number", "shop": "number", "new": "number"},
    )

    assert changed == {"amount": 1, "shop": 5, "new": 7}


def test_two_properties_swap_their_names():
    assert mended({"a": 1, "b": 2}, rename={"a": "b", "b": "a"}) == {"a": 2, "b": 1}


def test_a_name_that_is_taken_is_not_written_over():
    assert problems({"shop": 1, "store": 2}, rename={"shop": "store"}) == [
        (
            "metadata.shop",
            "conflict",
            "shop: cannot be renamed to store, which is there already (actual value is '1')",
        )
    ]


def test_two_names_become_one_where_only_one_of_them_was_sent():
    renames = {"shop": "store", "Shop": "store"}

    assert mended({"Shop": 1}, rename=renames) == {"store": 1}
    assert len(problems({"Shop": 1, "shop": 2}, rename=renames)) == 1


def test_a_path_leads_into_objects_and_through_lists():
    metadata = {"where": {"zip": "8001"}, "items": [{"price": "1"}, {"price": "2", "qty": 1}, {}, 5]}

    changed = mended(
        metadata,
        rename={"where.zip": "postal_code"},
        set={"where.country": "CH"},
        cast={"where.postal_code": "number", "items[].price": "number", "items.qty": "string"},
    )

    assert changed == {
        "where": {"postal_code": 8001, "country": "CH"},
        "items": [{"price": 1}, {"price": 2, "qty": "1"}, {}, 5],
    }


def test_a_key_that_is_written_like_the_path_comes_first():
    metadata = {"a.b": "1", "tags[]": ["x"], "a": {"b": "2"}}

    assert mended(metadata, cast={"a.b": "number"}, rename={"tags[]": "tags"}) == {
        "a.b": 1,
        "tags": ["x"],
        "a": {"b": "2"},
    }


def test_nothing_is_set_where_no_object_holds_it():
    assert problems({"a": "text"}, set={"a.b": 1}) == [
        ("metadata.a.b", "path", "a.b: cannot be set, there is no object to hold it (actual value is '1')")
    ]


def test_the_metadata_and_what_is_set_are_left_as_they_were():
    metadata, value = {"a": {"b": "1"}}, {"c": "1"}

    mended(metadata, set={"d": value}, cast={"a.b": "number", "d.c": "number"})

    assert (metadata, value) == ({"a": {"b": "1"}}, {"c": "1"})


def test_every_edit_that_cannot_be_meant_is_named():
    raw = {
        "set": {"customer.email": 1, "metadata": 1, "metadata.": 1, "event": "x"},
        "rename": {"metadata.a": 5, "metadata.b": "", "metadata.c": "x.y", "metadata.d": "__proto__"},
        "cast": {"metadata.a": "integer", "metadata.b": None, "metadata.c": ["number"], "metadata..x": "number"},
    }

    _, errors = parse_edits(raw)

    assert [(error.path, error.code) for error in errors] == [
        ("set.customer.email", "path"),
        ("set.metadata", "path"),
        ("set.metadata.", "path"),
        ("set.event", "path"),
        ("cast.metadata..x", "path"),
        ("rename.metadata.a", "type"),
        ("rename.metadata.b", "name"),
        ("rename.metadata.c", "name"),
        ("rename.metadata.d", "name"),
        ("cast.metadata.a", "choice"),
        ("cast.metadata.b", "choice"),
        ("cast.metadata.c", "choice"),
    ]


@pytest.mark.parametrize("value", ["x", 5, [], True])
def test_edits_that_are_no_object_are_named(value):
    _, errors = parse_edits({"set": value, "rename": value, "cast": value})

    assert [(error.path, error.code) for error in errors] == [("rename", "type"), ("set", "type"), ("cast", "type")]


def test_a_flood_of_edits_is_refused():
    _, errors = parse_edits({"set": {f"metadata.{n}": 1 for n in range(101)}})

    assert [(error.path, error.code) for error in errors] == [("set", "length")]


def test_no_edits_change_nothing():
    edits, errors = parse_edits({"set": None, "cast": {}})

    assert (edits.is_empty, errors, edited({"a": 1}, edits)) == (True, [], ({"a": 1}, []))
