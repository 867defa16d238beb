"""Keys are in order of time, public ids are keys in another dress."""

import time
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.ids import ALPHABET, WIDTH, parse_public_id, public_id, time_of, uuid7
from tests.threads import at_once

KEYS = st.uuids(version=None) | st.integers(0, 2**128 - 1).map(lambda value: UUID(int=value))


def test_a_key_is_a_uuid_of_version_7():
    key = uuid7()

    assert (key.version, key.variant) == (7, "specified in RFC 4122")


def test_keys_rise_in_the_order_in_which_they_are_made():
    keys = [uuid7() for _ in range(5_000)]

    assert keys == sorted(set(keys))


def test_keys_of_many_threads_are_all_different():
    made = at_once([lambda: [uuid7() for _ in range(1_000)]] * 4)

    assert [keys == sorted(keys) for keys in made] == [True] * 4
    assert len({key for keys in made for key in keys}) == 4_000


def test_keys_rise_also_where_the_clock_steps_back(monkeypatch):
    before = uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)

    after = [uuid7(), uuid7()]

    assert [before, *after] == sorted([before, *after])


def test_a_key_tells_when_it_was_made():
    example_of_the_rfc = UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")

    assert time_of(example_of_the_rfc) == datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def test_a_public_id_is_the_prefix_and_22_digits():
    assert public_id("cust", UUID(int=0)) == "cust_" + "0" * 22
    assert public_id("cust", UUID(int=61)) == "cust_" + "0" * 21 + "z"
    assert public_id("cust", UUID(int=2**128 - 1)) == "cust_7n42DGM5Tflk9n8mt7Fhc7"


@given(KEYS)
def test_a_public_id_leads_back_to_its_key(key):
    assert parse_public_id("v", public_id("v", key)) == key


@given(KEYS, KEYS)
def test_public_ids_sort_as_their_keys_do(one, other):
    assert (public_id("ms", one) < public_id("ms", other)) is (one < other)


GOOD = public_id("cust", UUID(int=1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cust_",
        GOOD[:-1],
        GOOD + "0",
        GOOD.replace("cust", "v"),
        GOOD.replace("_", "-"),
        GOOD.upper(),
        " " + GOOD[1:],
        GOOD[:-1] + "!",
        GOOD[:-1] + "é",
        GOOD[:-1] + "\x00",
        GOOD[:-1] + "\ud800",
        "cust_" + "z" * WIDTH,
        str(UUID(int=1)),
        None,
        5,
        b"cust_" + b"0" * WIDTH,
        ["cust_"],
        {},
    ],
)
def test_what_is_no_public_id_has_no_key(text):
    assert parse_public_id("cust", text) is None


@given(st.text(ALPHABET + "_", min_size=WIDTH, max_size=WIDTH))
def test_a_key_is_found_only_behind_its_own_public_id(digits):
    key = parse_public_id("v", f"v_{digits}")

    assert key is None or public_id("v", key) == f"v_{digits}"
