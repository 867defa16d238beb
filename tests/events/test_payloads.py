"""The body of an event request: its shape, every error at once."""

import pytest

from common.refusals import InvalidPayload
from customers.profiles import Profile
from events.payloads import EventPayload, parse_event

BEN = {"source_id": "ben"}


def errors_of(raw):
    with pytest.raises(InvalidPayload) as refused:
        parse_event(raw)
    return [(error.path, error.code) for error in refused.value.errors]


def test_the_smallest_event_is_a_name_and_a_customer():
    assert parse_event({"event": "signed_up", "customer": BEN}) == EventPayload(
        "signed_up", Profile(source_id="ben"), {}
    )


def test_everything_that_an_event_can_say():
    raw = {
        "event": "signed_up",
        "customer": {"source_id": "ben", "email": "ben@example.com"},
        "referral": {"code": "NRY-01", "referrer_id": "ada"},
        "loyalty": {"code": "CARD-1"},
        "metadata": {"plan": "free"},
        "session": {"type": "LOCK"},
    }

    assert parse_event(raw) == EventPayload(
        "signed_up",
        Profile(source_id="ben", fields={"email": "ben@example.com"}),
        {"plan": "free"},
        referral_code="NRY-01",
        loyalty_code="CARD-1",
    )


def test_nulls_mean_left_out():
    nulls = {"referral": None, "loyalty": None, "metadata": None}

    assert parse_event({"event": "a", "customer": BEN, **nulls}) == parse_event({"event": "a", "customer": BEN})


def test_the_contracts_sentence_is_said_for_what_is_missing():
    with pytest.raises(InvalidPayload) as refused:
        parse_event({})

    assert str(refused.value) == (
        "Payload must have required property 'event'; Payload must have required property 'customer'"
    )


@pytest.mark.parametrize("raw", [None, 5, "a", [], [{}], True])
def test_a_body_is_an_object(raw):
    assert errors_of(raw) == [("", "type")]


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ({"event": 5}, ("event", "type")),
        ({"event": None}, ("event", "type")),
        ({"event": ["signed_up"]}, ("event", "type")),
        ({"event": ""}, ("event", "length")),
        ({"event": "a" * 301}, ("event", "length")),
        ({"customer": None}, ("customer", "type")),
        ({"customer": "ben"}, ("customer", "type")),
        ({"customer": {}}, ("customer", "required")),
        ({"customer": {"source_id": None, "metadata": {"a": 1}}}, ("customer", "required")),
        ({"customer": {"source_id": 5}}, ("customer.source_id", "type")),
        ({"metadata": []}, ("metadata", "type")),
        ({"metadata": "a"}, ("metadata", "type")),
        ({"referral": "NRY-01"}, ("referral", "type")),
        ({"referral": {}}, ("referral.code", "required")),
        ({"referral": {"code": None}}, ("referral.code", "required")),
        ({"referral": {"code": 5}}, ("referral.code", "type")),
        ({"referral": {"code": ""}}, ("referral.code", "length")),
        ({"referral": {"code": "a" * 256}}, ("referral.code", "length")),
        ({"loyalty": []}, ("loyalty", "type")),
        ({"loyalty": {"code": {}}}, ("loyalty.code", "type")),
    ],
)
def test_a_part_of_the_wrong_shape_is_named(parts, error):
    assert errors_of({"event": "a", "customer": BEN} | parts) == [error]


def test_every_wrong_part_is_named():
    raw = {"event": 5, "customer": {"source_id": 5}, "metadata": 5, "referral": {}, "loyalty": {"code": 5}}

    assert errors_of(raw) == [
        ("event", "type"),
        ("customer.source_id", "type"),
        ("metadata", "type"),
        ("referral.code", "required"),
        ("loyalty.code", "type"),
    ]


@pytest.mark.parametrize("length", [1, 300])
def test_a_name_has_one_to_three_hundred_characters(length):
    assert parse_event({"event": "ü" * length, "customer": BEN}).event == "ü" * length
