"""Days as conditions count them, at both ends of the day and of the calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.clock import Clock
from rules.operators import Kind, parse_conditions
from rules.views import view_day, view_moment

BERLIN = ZoneInfo("Europe/Berlin")
# Half an hour past midnight in Berlin, still the day before in UTC.
CLOCK = Clock(datetime(2026, 11, 21, 23, 30, tzinfo=UTC), BERLIN)


def condition(operator, operand, kind=Kind.DAY):
    [found], errors = parse_conditions({operator: operand}, kind, "x")
    assert errors == []
    return found


@pytest.mark.parametrize(
    ("operator", "days"),
    [
        ("$less_than_ago", [0, 1]),
        ("$more_than_ago", [3, 4]),
        ("$is_days_ago", [2]),
        ("$less_than_future", [-1, 0]),
        ("$more_than_future", [-4, -3]),
        ("$is_days_in_future", [-2]),
    ],
)
def test_two_days_ago_and_ahead(operator, days):
    found = condition(operator, 2)
    today = date(2026, 11, 22)
    midnights = {ago: CLOCK.midnight(today - timedelta(days=ago)) for ago in range(-4, 5)}

    held = [ago for ago in range(-4, 5) if found.holds(view_day(today - timedelta(days=ago)), CLOCK)]
    firsts = [ago for ago in range(-4, 5) if found.holds(view_moment(midnights[ago]), CLOCK)]
    lasts = [
        ago for ago in range(-3, 5) if found.holds(view_moment(midnights[ago - 1] - timedelta(microseconds=1)), CLOCK)
    ]

    assert held == firsts == days
    assert lasts == [ago for ago in days if ago >= -3]


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        # Clocks skip midnight, and stand at one o'clock.
        ("Africa/Cairo", date(2026, 4, 24), datetime(2026, 4, 23, 22, tzinfo=UTC)),
        # The hour before midnight comes twice, which makes the day before longer.
        ("Africa/Cairo", date(2026, 10, 30), datetime(2026, 10, 29, 22, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 26), datetime(2026, 10, 25, 23, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_its_first_moment(zone, day, begins):
    clock = Clock(begins, ZoneInfo(zone))

    assert clock.midnight(day) == begins
    assert (clock.today, clock.day_of(begins - timedelta(microseconds=1))) == (day, day - timedelta(days=1))


@pytest.mark.parametrize(
    "operand", ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"]
)
@pytest.mark.parametrize("operator", ["$before", "$after", "$is"])
def test_the_ends_of_the_calendar_are_no_mistake(operator, operand):
    found = condition(operator, operand)
    ends = [date.min, date.max, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
    views = [view_moment(end) if isinstance(end, datetime) else view_day(end) for end in ends]

    held = {found.holds(view, CLOCK) for view in views}

    assert held in ({True, False}, {False})
    assert [list(found.turns(view, CLOCK)) for view in views] == [[]] * 4
