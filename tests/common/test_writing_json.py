"""What `dumps` writes: numbers as they were sent, moments as the contract has them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from common.jsons import dumps, pretty


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.0"), "1"),
        (Decimal("-0.0"), "0"),
        (Decimal("0.10"), "0.1"),
        (Decimal("12345678901234567890.5"), "12345678901234567890.5"),
        (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
        (Decimal("1E+30"), "1e+30"),
        (Decimal("9007199254740993"), "9007199254740993"),
        (2**63 - 1, "9223372036854775807"),
        (True, "true"),
        ("ü/😀\u2028", '"ü/😀\u2028"'),
        (datetime(2026, 11, 22, 10, tzinfo=UTC), '"2026-11-22T10:00:00.000Z"'),
        (datetime(2026, 11, 22, 10, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2))), '"2026-11-22T08:00:00.999Z"'),
        (date(2026, 11, 22), '"2026-11-22"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        ({"a": [], "b": {}, "c": [{}]}, '{"a":[],"b":{},"c":[{}]}'),
        ({"a": [Decimal("0.1234567890123456789"), {"b": None}]}, '{"a":[0.1234567890123456789,{"b":null}]}'),
        ((1, Decimal("12345678901234567890.5")), "[1,12345678901234567890.5]"),
    ],
)
def test_a_value_is_written_exactly(value, text):
    assert dumps(value) == text


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), [float("-inf")], Decimal("NaN"), [Decimal("-Infinity")]]
)
def test_what_json_cannot_say_is_refused(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps(value)


def test_a_value_of_another_kind_is_refused():
    with pytest.raises(TypeError, match=r"^set has no JSON form$"):
        dumps({"a": {1}})


def test_people_get_lines():
    assert pretty({"a": [1, {}], "b": []}) == '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": []\n}'
