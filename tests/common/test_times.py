"""ISO 8601 as senders write it."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.times import iso, parse_date, parse_moment

TEN = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T10:00:00.000Z",
        "2026-11-22T10:00:00Z",
        "2026-11-22T10:00Z",
        "2026-11-22T10:00:00",
        "2026-11-22T10:00:00.000000+0000",
        "2026-11-22T10:00:00+00:00",
        "2026-11-22T12:00:00+02:00",
        "2026-11-22T04:30:00-0530",
        "2026-11-22T10:00:00.000000000Z",
    ],
)
def test_a_moment_is_read_in_every_form_that_the_sdks_write(text):
    assert parse_moment(text) == TEN


def test_a_moment_without_a_zone_is_utc():
    assert parse_moment("2026-11-22T10:00:00.123456") == TEN.replace(microsecond=123_456)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22",
        "10:00:00Z",
        "2026-11-22 10:00:00Z",
        "2026-11-22t10:00:00z",
        "2026-11-22T10:00:00Z\n",
        " 2026-11-22T10:00:00Z",
        "2026-11-22T10Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T10:60:00Z",
        "2026-11-22T10:00:60Z",
        "2026-02-30T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "0000-01-01T00:00:00Z",
        "20261122T100000Z",
        "2026-W47-7T10:00:00Z",
        "2026-11-22T10:00:00.Z",
        "2026-11-22T10:00:00.1234567890Z",
        "2026-11-22T10:00:00+25:00",
        "2026-11-22T10:00:00[Europe/Berlin]",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "٢٠٢٦-11-22T10:00:00Z",
        1_795_341_600,
        None,
        True,
        ["2026-11-22T10:00:00Z"],
    ],
)
def test_what_is_no_moment_is_none(text):
    assert parse_moment(text) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-11-22", date(2026, 11, 22)), ("2024-02-29", date(2024, 2, 29)), ("0001-01-01", date(1, 1, 1))],
)
def test_a_date_is_read(text, day):
    assert parse_date(text) == day


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-22T00:00:00Z", "2026-1-2", "20261122", "2023-02-29", "2026-11-22\n", "22.11.2026", 20261122, None],
)
def test_what_is_no_date_is_none(text):
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (TEN, "2026-11-22T10:00:00.000Z"),
        (TEN.replace(microsecond=1_999), "2026-11-22T10:00:00.001Z"),
        (datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=2))), "2026-11-22T10:00:00.000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
    ],
)
def test_a_moment_is_written_in_utc_with_milliseconds(moment, text):
    assert iso(moment) == text


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_is_read_back_to_the_millisecond(moment):
    assert parse_moment(iso(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)
