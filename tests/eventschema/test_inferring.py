"""Properties proposed from samples: every sample fits them, and nothing is guessed that has to be undone."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.refusals import InvalidPayload
from eventschema.inferring import infer, within_limits
from eventschema.spec import properties_as_json
from tests.common.test_strict_json import VALUES
from tests.eventschema.schemas import a_schema, problems

NAMES = st.sampled_from(["a", "b", "e_mail", "x.y", "$"])


def proposed(*samples, **options):
    return properties_as_json(infer(samples, **options).specs)


def types_of(*samples):
    return {name: item["type"] for name, item in proposed(*samples).items()}


def test_every_type_is_told_by_its_values():
    sample = {
        "plan": "gold",
        "seats": 3,
        "price": Decimal("9.50"),
        "is_trial": False,
        "day": "2026-11-22",
        "at": "2026-11-22T10:00:00+01:00",
        "photo": "https://example.com/a.PNG",
        "place": "52.52, 13.405",
        "box": {"height": 3},
    }

    assert list(types_of(sample).items()) == [
        ("plan", "string"),
        ("seats", "number"),
        ("price", "number"),
        ("is_trial", "boolean"),
        ("day", "date"),
        ("at", "datetime"),
        ("photo", "image_url"),
        ("place", "geopoint"),
        ("box", "object"),
    ]


@pytest.mark.parametrize("text", ["02134", "12", "-1.5", "1e3", "12,50", "2026", "true", ""])
def test_a_text_that_looks_like_something_else_stays_a_text(text):
    assert types_of({"a": text}) == {"a": "string"}


def test_texts_that_are_not_all_of_a_type_are_texts():
    assert types_of({"a": "2026-11-22"}, {"a": "soon"}, {"a": "2026-11-22T10:00:00Z"}) == {"a": "string"}


def test_a_list_is_a_property_with_several_values():
    assert proposed({"tags": ["a", "b"]}, {"tags": []}) == {
        "tags": {"type": "string", "optional": False, "array": True}
    }


def test_a_property_is_required_when_every_one_of_at_least_two_samples_says_it():
    samples = [{"a": 1, "b": 1, "c": 1}, {"a": 2, "b": None}]

    assert [name for name, item in proposed(*samples).items() if not item["optional"]] == ["a"]
    assert proposed({"a": 1})["a"]["optional"]


@pytest.mark.parametrize(
    ("values", "eq"),
    [
        (["S", "M"] * 5, ["S", "M"]),
        (["S", "M"] * 4, None),
        ([str(number) for number in range(5)] * 2, ["0", "1", "2", "3", "4"]),
        ([str(number) for number in range(6)] * 2, None),
        ([1, 2, Decimal("2.0")] * 4, [1, 2]),
        ([True, False] * 5, None),
    ],
)
def test_a_few_values_in_many_samples_are_all_that_is_allowed(values, eq):
    assert proposed(*({"a": value} for value in values))["a"].get("eq") == eq


def test_what_is_likely_personal_is_marked_and_its_values_are_not_listed():
    names = ["e-mail", "userEmail", "first_name", "PhoneNumber", "date_of_birth", "billing address", "IBAN"]
    by_value = {"contact": "ben@example.com", "call": "+49 30 1234567"}
    harmless = {"plan": "gold", "emails_sent": "3", "shipper": "DHL", "order": "4930123456", "product name": "Tea"}

    samples = [dict.fromkeys(names, "x") | by_value | harmless] * 10
    found = infer(samples).specs

    assert [spec.name for spec in found if spec.personal] == [*names, *by_value]
    assert [spec.name for spec in found if spec.options] == list(harmless)


def test_the_metadata_of_whole_events_is_read():
    event = {"event": "rated", "customer": {"source_id": "ben"}, "metadata": {"stars": 5}}

    assert types_of(event, {"stars": 4}, {"event": "rated", "metadata": None}) == {"stars": "number"}
    assert types_of({"event": "a name of its own"}) == {"event": "string"}


def test_an_object_refers_to_the_nested_schema_with_the_same_keys():
    samples = [{"home": {"city": "Oslo"}}, {"home": {"street": "A"}}]

    found = infer(samples, nested={"place": ["city"], "address": ["street", "city"]})
    other = infer(samples, nested={"place": ["city"]})

    assert [spec.options for spec in found.specs + other.specs] == [{"object_type": "address"}, {}]
    assert (found.notes, other.notes) == (
        [],
        ["'home' takes any object: a nested schema of city, street would check it."],
    )


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([1, "1"], "it holds values of different types (number, string)"),
        ([True, 1], "it holds values of different types (boolean, number)"),
        ([1, [1]], "it holds lists and single values, which no property takes both"),
        ([[1, None]], "its lists hold nulls or lists"),
        ([[[1]]], "its lists hold nulls or lists"),
        ([[]], "it holds no value to tell a type by"),
        ([None], "it holds no value to tell a type by"),
    ],
)
def test_what_fits_no_type_is_left_out_and_said(values, reason):
    found = infer([{"a": value} for value in values])

    assert (found.specs, found.notes) == ([], [f"'a' is left out: {reason}."])


def test_a_name_that_no_property_can_have_is_left_out_and_said():
    found = infer([{"a.b": 1, "ok": 1, "": 1, "__proto__": 1}])

    assert [spec.name for spec in found.specs] == ["ok"]
    assert found.notes == [
        "'a.b' is left out: a name must hold no dot, no $ and no control character.",
        "'' is left out: a name must not be empty.",
        "'__proto__' is left out: a name is reserved.",
    ]


@pytest.mark.parametrize(
    ("samples", "errors"),
    [
        ([], [("samples", "required")]),
        ([{"a": 1}, 5, None], [("samples.1", "type"), ("samples.2", "type")]),
        ([{"event": "a", "metadata": [1]}], [("samples.0", "type")]),
        ([{"a": {"b": {"c": {"d": {"e": {}}}}}}, {}], [("samples.0", "limit")]),
        ([{f"p{number}": 1 for number in range(101)}], [("samples.0", "limit")]),
        ([{f"p{number}": 1} for number in range(101)], [("samples", "too_many")]),
        ([{"a": "x" * 10_000}] * 27, [("samples", "too_large")]),
    ],
)
def test_what_is_too_much_is_refused_with_the_sample(samples, errors):
    with pytest.raises(InvalidPayload) as refused:
        infer(samples)

    assert [(error.path, error.code) for error in refused.value.errors] == errors


def test_of_many_samples_those_are_taken_that_keep_the_limits():
    deep, long = {"a": {"b": {"c": {"d": {"e": {}}}}}}, {"a": "x" * 10_000}

    taken = within_limits([deep, *[long] * 30, [1], {"b": 1}])

    assert taken == [long] * 26
    assert infer(taken).specs


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=4), min_size=1, max_size=12))
def test_every_sample_fits_what_is_proposed_from_it(samples):
    taken = within_limits(samples)
    properties = properties_as_json(infer(taken).specs) if taken else {}

    assert [problems(a_schema(properties), sample) for sample in taken] == [[]] * len(taken)
