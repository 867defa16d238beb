"""The customer object, embedded in another body or in a call of its own."""

from datetime import date

import pytest

from common.ids import public_id, uuid7
from customers.profiles import Profile, parse_profile

KEY = uuid7()
ADDRESS = {name: name.upper() for name in ("city", "state", "line_1", "line_2", "country", "postal_code")}


def profile_of(raw, **options):
    profile, errors = parse_profile(raw, **options)
    assert errors == []
    return profile


def errors_of(raw, **options):
    return [(error.path, error.code) for error in parse_profile(raw, **options)[1]]


def test_everything_that_a_profile_can_say():
    raw = {
        "id": public_id("cust", KEY),
        "source_id": "ben",
        "name": "Ben",
        "description": "",
        "email": "ben@example.com",
        "phone": "+1 933 222 3333",
        "birthdate": "1990-05-01",
        "birthday": "1991-06-02",
        "address": ADDRESS,
        "metadata": {"VIP": True},
        "summary": {"ignored": True},
    }

    assert profile_of(raw) == Profile(
        id=public_id("cust", KEY),
        key=KEY,
        source_id="ben",
        fields={
            "name": "Ben",
            "description": "",
            "email": "ben@example.com",
            "phone": "+1 933 222 3333",
            "birthdate": date(1990, 5, 1),
            "birthday": date(1991, 6, 2),
        },
        address=ADDRESS,
        metadata={"VIP": True},
    )


NULLS = dict.fromkeys(["id", "source_id", "name", "email", "birthdate", "address", "metadata"])


def test_nulls_in_an_embedded_customer_mean_nothing():
    assert profile_of(NULLS) == Profile()


def test_nulls_in_the_customers_own_calls_clear():
    cleared = profile_of(NULLS, nulls_clear=True)

    assert cleared == Profile(fields={"name": None, "email": None, "birthdate": None}, clears_address=True)


def test_a_null_in_an_address_clears_that_part_in_the_customers_own_calls_alone():
    raw = {"address": {"city": None, "state": "B", "planet": "Earth"}}

    assert profile_of(raw).address == {"state": "B"}
    assert profile_of(raw, nulls_clear=True).address == {"city": None, "state": "B"}


def test_a_null_in_metadata_is_a_value():
    assert profile_of({"metadata": {"VIP": None}}).metadata == {"VIP": None}


@pytest.mark.parametrize(
    ("raw", "empty"),
    [
        ({}, True),
        ({"metadata": {"a": 1}}, True),
        ({"name": ""}, True),
        ({"email": "ben@example.com"}, False),
        ({"id": "x"}, False),
        ({"source_id": "ben"}, False),
    ],
)
def test_a_profile_that_names_nobody_is_empty(raw, empty):
    assert profile_of(raw).is_empty is empty


@pytest.mark.parametrize("raw", [None, 5, "ben", [], True])
def test_a_customer_is_an_object(raw):
    assert errors_of(raw) == [("customer", "type")]


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        ({"id": 5}, ("customer.id", "type")),
        ({"id": ""}, ("customer.id", "min_length")),
        ({"source_id": ""}, ("customer.source_id", "min_length")),
        ({"source_id": "a" * 256}, ("customer.source_id", "max_length")),
        ({"source_id": ["a"]}, ("customer.source_id", "type")),
        ({"name": True}, ("customer.name", "type")),
        ({"email": "a" * 256}, ("customer.email", "max_length")),
        ({"phone": 49301234}, ("customer.phone", "type")),
        ({"birthdate": "1990-5-1"}, ("customer.birthdate", "date")),
        ({"birthdate": "1990-05-01T00:00:00Z"}, ("customer.birthdate", "date")),
        ({"birthday": 19900501}, ("customer.birthday", "date")),
        ({"address": "Berlin"}, ("customer.address", "type")),
        ({"address": {"city": 5}}, ("customer.address.city", "type")),
        ({"metadata": []}, ("customer.metadata", "type")),
        ({"metadata": "VIP"}, ("customer.metadata", "type")),
    ],
)
def test_a_field_of_the_wrong_shape_is_named(raw, error):
    assert errors_of(raw) == [error]


def test_every_wrong_field_is_named():
    raw = {"id": 1, "source_id": 2, "name": 3, "birthdate": 4, "address": {"city": 5}, "metadata": 6}

    assert errors_of(raw, path="holders.0") == [
        ("holders.0.id", "type"),
        ("holders.0.source_id", "type"),
        ("holders.0.name", "type"),
        ("holders.0.birthdate", "date"),
        ("holders.0.address.city", "type"),
        ("holders.0.metadata", "type"),
    ]


def test_a_wrong_field_of_the_body_itself_is_named_without_a_way_to_it():
    _, errors = parse_profile({"name": 5, "address": {"city": 5}, "metadata": 6, "phone": "a" * 256}, "")

    assert [(error.path, error.message) for error in errors] == [
        ("name", "Property .name must be string"),
        ("phone", "Property .phone must NOT have more than 255 characters"),
        ("address.city", "Property .address.city must be string"),
        ("metadata", "Property .metadata must be object"),
    ]


def test_a_description_may_be_long():
    assert profile_of({"description": "a" * 10_000}).fields == {"description": "a" * 10_000}
