"""The parser takes JSON that both databases can store, and nothing else."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.jsons import InvalidJson, Limits, check_limits, dumps, parse, pretty

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=50)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False).map(
    lambda number: Decimal(repr(number))
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("null", None),
        ("true", True),
        ("7", 7),
        ("-0", 0),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("1.50", Decimal("1.50")),
        ("1e3", Decimal(1000)),
        ('"ü\\u00fc\\ud83d\\ude00"', "üü😀"),
        ('" \\n\\t"', " \n\t"),
        (' {"a": [1, {"b": []}]} ', {"a": [1, {"b": []}]}),
        ('{"a": {"b": 1}, "b": {"a": 1}}', {"a": {"b": 1}, "b": {"a": 1}}),
    ],
)
def test_json_is_read(raw, value):
    assert parse(raw.encode()) == value


def test_fractions_are_decimals_and_whole_numbers_are_integers():
    kinds = [type(number) for number in parse(b"[1, 1.0, 1e2, 0.1]")]

    assert kinds == [int, Decimal, Decimal, Decimal]


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (b"", "The body is not JSON: Expecting value (line 1, column 1)"),
        (b"{", "The body is not JSON: Expecting property name enclosed in double quotes (line 1, column 2)"),
        (b'{"a": 1} x', "The body is not JSON: Extra data (line 1, column 10)"),
        (b"{'a': 1}", "The body is not JSON: Expecting property name enclosed in double quotes (line 1, column 2)"),
        (b"[1,]", "The body is not JSON: Expecting value (line 1, column 4)"),
        (b"[01]", "The body is not JSON: Expecting ',' delimiter (line 1, column 3)"),
        (b"\xff", "The body is not UTF-8 (byte 0)"),
        ('"ä"'.encode("latin-1"), "The body is not UTF-8 (byte 1)"),
        ("{}".encode("utf-16"), "The body is not UTF-8 (byte 0)"),
        (b"NaN", "The body holds NaN, which is not JSON"),
        (b"[Infinity]", "The body holds Infinity, which is not JSON"),
        (b'{"a": -Infinity}', "The body holds -Infinity, which is not JSON"),
        (b"9223372036854775808", "The body holds an integer that does not fit 64 bits"),
        (b"-9223372036854775809", "The body holds an integer that does not fit 64 bits"),
        (b"9" * 5000, "The body holds an integer that does not fit 64 bits"),
        (b"1e400", "The body holds a number that is out of range"),
        (b"-1e400", "The body holds a number that is out of range"),
        (b"1e-400", "The body holds a number that is out of range"),
        (b"1e999999999999999999999", "The body holds a number that is out of range"),
        (b"0." + b"1" * 60, "The body holds a number of more than 60 characters"),
        (b'{"a": 1, "a": 1}', "The body holds the key 'a' twice in one object"),
        (b'[{"b": {"a": 1, "c": 2, "a": 2}}]', "The body holds the key 'a' twice in one object"),
        (b'{"a": 1, "\\u0061": 2}', "The body holds the key 'a' twice in one object"),
    ],
)
def test_what_is_not_strictly_json_is_refused(raw, complaint):
    with pytest.raises(InvalidJson) as refused:
        parse(raw)

    assert str(refused.value) == complaint


def test_a_raw_control_character_is_refused():
    with pytest.raises(InvalidJson, match="Invalid control character"):
        parse(b'"a\x00b"')


def test_a_byte_order_mark_is_refused():
    with pytest.raises(InvalidJson, match="BOM"):
        parse(b"\xef\xbb\xbf{}")


@pytest.mark.parametrize("text", ["\\u0000", "a\\u0000b", "\\ud800", "\\udfff", "\\ude00\\ud83d", "\\ud83dx"])
@pytest.mark.parametrize("form", ['"{}"', '["{}"]', '{{"{}": 1}}', '{{"a": {{"b": ["{}"]}}}}'])
def test_nul_and_lone_surrogates_are_refused_anywhere(form, text):
    with pytest.raises(InvalidJson, match="NUL character or a lone surrogate"):
        parse(form.format(text).encode())


def nested(depth):
    return b"[" * depth + b"]" * depth


def test_nesting_ends_at_twenty_levels():
    assert parse(nested(20)) == json.loads(nested(20))
    assert parse(b'{"a":' * 19 + b'["deep"]' + b"}" * 19) is not None


@pytest.mark.parametrize("raw", [nested(21), b'{"a":' * 20 + b"[]" + b"}" * 20, nested(2_000), nested(100_000)])
def test_deeper_nesting_is_refused(raw):
    with pytest.raises(InvalidJson, match=r"^The body is nested deeper than 20 levels$"):
        parse(raw)


def test_a_thousand_keys_are_taken_and_one_more_is_not():
    thousand = {f"key {n}": n for n in range(1_000)}

    assert parse(dumps(thousand).encode()) == thousand
    with pytest.raises(InvalidJson, match=r"^The body holds more than 1000 keys$"):
        parse(dumps({**thousand, "one": {}}).encode())


def test_keys_count_in_the_whole_document():
    with pytest.raises(InvalidJson, match="more than 1000 keys"):
        parse(dumps([{"a": 1, "b": 2}] * 501).encode())


@pytest.mark.parametrize(("character", "count"), [("a", 10_240), ("ü", 5_120), ("😀", 2_560)])
def test_a_string_ends_at_10240_bytes(character, count):
    assert parse(dumps(character * count).encode()) == character * count
    with pytest.raises(InvalidJson, match=r"^The body holds a string longer than 10240 bytes$"):
        parse(dumps(character * count + "a").encode())


def test_a_key_is_a_string_with_the_same_limit():
    with pytest.raises(InvalidJson, match="longer than 10240 bytes"):
        parse(dumps({"a" * 10_241: 1}).encode())


@pytest.mark.parametrize("value", [[[[1]]], {"a": 1, "b": {"c": 2}}, "abcdef", ["abcdef"]])
def test_limits_can_be_narrower(value):
    check_limits(value)

    with pytest.raises(InvalidJson):
        parse(dumps(value).encode(), Limits(depth=2, keys=2, text=5))


@pytest.mark.parametrize("raw", [b"1e30", b"123456789012345678901234567891.0", b"1.2345678901234567890123456789e29"])
def test_a_number_that_no_float_shows_is_read_back(raw):
    assert parse(dumps(parse(raw)).encode()) == parse(raw)


@given(VALUES)
def test_what_is_written_is_read_back(value):
    assert parse(dumps(value).encode(), Limits(text=100_000)) == value


@given(VALUES)
def test_what_is_written_for_people_says_the_same(value):
    assert parse(pretty(value).encode(), Limits(text=100_000)) == value


@given(st.binary(max_size=60) | VALUES.map(lambda value: dumps(value).encode()[:-1]))
def test_any_bytes_are_read_or_refused(raw):
    value, complaint = read(raw)

    assert complaint.startswith("The body ") or parse(dumps(value).encode()) == value


def read(raw):
    """The value, or the complaint."""
    try:
        return parse(raw), ""
    except InvalidJson as refusal:
        return None, str(refusal)
