"""A number comes out of either database as it went in, and is written as it was."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings

from common.jsons import dumps
from customers.models import Customer
from tests.common.test_strict_json import VALUES
from tests.factories import CustomerFactory


def stored_and_read(metadata):
    customer = CustomerFactory(metadata=metadata)
    return Customer.objects.get(pk=customer.pk).metadata


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Decimal("1.0"), "1"),
        (Decimal("0.1"), "0.1"),
        (Decimal("0.30000000000000004"), "0.30000000000000004"),
        (Decimal("12345678901234567890.5"), "12345678901234567890.5"),
        (Decimal("1e30"), "1e+30"),
        (Decimal("-1e30"), "-1e+30"),
        (Decimal("1e308"), "1e+308"),
        (Decimal("5e-324"), "5e-324"),
        (Decimal("1e-7"), "1e-07"),
        (Decimal("123456789012345678901234567890"), "1.2345678901234567890123456789E+29"),
        (Decimal("12345678901234567890123456789e1"), "1.2345678901234567890123456789E+29"),
        (Decimal("123456789012345678901234567891"), "123456789012345678901234567891.0"),
        (9_007_199_254_740_993, "9007199254740993"),
        (2**63 - 1, "9223372036854775807"),
        (-(2**63), "-9223372036854775808"),
        (True, "true"),
    ],
)
def test_a_number_survives_the_database(db, number, text):
    read = stored_and_read({"a": number, "b": [number]})

    assert read == {"a": number, "b": [number]}
    assert dumps(read) == f'{{"a":{text},"b":[{text}]}}'


def test_a_boolean_does_not_become_a_number(db):
    read = stored_and_read({"yes": True, "one": 1})

    assert (read["yes"] is True, type(read["one"])) == (True, int)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES)
def test_any_json_survives_the_database(db, value):
    assert stored_and_read({"value": value}) == {"value": value}
