"""Windows that are open at certain times, in the project's time zone."""

from datetime import UTC, datetime

import pytest

from campaigns.validity import parse_validity, recurs_at
from common.durations import read_duration
from tests.factories import ProjectFactory
from tests.world import a_coupon_campaign, a_loyalty_programme, a_published_code, a_rule, accept, an_event
from tests.world import a_definition as defined

START = datetime(2026, 3, 1, tzinfo=UTC)
OFFICE = {"daily": [{"start_time": "09:00", "expiration_time": "17:00", "days_of_week": [1]}]}

EVENING = {"daily": [{"start_time": "22:00", "expiration_time": "00:00"}]}


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("validity", "moment", "is_open"),
    [
        ({}, "2026-03-01T00:00", True),
        # An hour every second day.
        ({"validity_timeframe": {"interval": "P2D", "duration": "PT1H"}}, "2026-03-03T00:59", True),
        ({"validity_timeframe": {"interval": "P2D", "duration": "PT1H"}}, "2026-03-03T01:00", False),
        ({"validity_timeframe": {"interval": "P2D", "duration": "PT1H"}}, "2026-03-02T00:30", False),
        # 23:30 UTC of a Sunday is Monday in Berlin.
        ({"validity_day_of_week": [1]}, "2026-03-01T23:30", True),
        ({"validity_day_of_week": [0]}, "2026-03-01T23:30", False),
        # Nine o'clock in Berlin is eight in winter and seven in summer.
        ({"validity_hours": OFFICE}, "2026-03-02T08:00", True),
        ({"validity_hours": OFFICE}, "2026-03-02T07:59", False),
        ({"validity_hours": OFFICE}, "2026-03-02T16:00", False),
        ({"validity_hours": OFFICE}, "2026-03-30T07:00", True),
        ({"validity_hours": EVENING}, "2026-03-02T22:59", True),
        ({"validity_day_of_week": [1], "validity_hours": OFFICE}, "2026-03-03T08:30", False),
    ],
)
def test_a_window_is_open_when_all_of_it_says_so(validity, moment, is_open):
    zone = ProjectFactory.build(time_zone="Europe/Berlin").zone

    assert recurs_at(validity, at(moment), start=START, zone=zone) is is_open


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({"validity_timeframe": {"interval": "P2D"}}, "validity_timeframe"),
        ({"validity_timeframe": {"interval": "P0D", "duration": "PT1H"}}, "validity_timeframe"),
        ({"validity_timeframe": {"interval": "P1M", "duration": "PT1H"}}, "validity_timeframe"),
        ({"validity_timeframe": {"interval": "P1D", "duration": "PT1H"}}, "start_date"),
        ({"validity_day_of_week": [7]}, "validity_day_of_week"),
        ({"validity_day_of_week": [True]}, "validity_day_of_week"),
        ({"validity_day_of_week": "1"}, "validity_day_of_week"),
        ({"validity_hours": {"daily": [{"start_time": "9:00", "expiration_time": "17:00"}]}}, "validity_hours"),
        ({"validity_hours": {"daily": [{"start_time": "17:00", "expiration_time": "09:00"}]}}, "validity_hours"),
        ({"validity_hours": {"daily": [*OFFICE["daily"]] * 2}}, "validity_hours"),
        ({"validity_hours": []}, None),
    ],
)
def test_what_is_no_window_is_told(sent, path):
    validity, errors = parse_validity(sent, has_start=False)

    assert (validity, [error.path for error in errors]) == ({}, [path] if path else [])


@pytest.mark.parametrize("text", ["P1W", "P2DT3H", "PT0.5S"])
def test_durations_are_read(text):
    assert read_duration(text)


@pytest.mark.parametrize("text", ["", "P", "PT", "P1Y", "P1M", "P9999999999W", "P-1D", "1", None, 5, "P1D\n"])
def test_what_is_no_duration_is_none(text):
    assert read_duration(text) is None


def test_a_rule_pays_in_its_campaigns_hours_alone(project):
    club = a_loyalty_programme(project, validity={"validity_day_of_week": [0]})
    bought = defined(project, "bought")
    a_rule(club, bought, points=10)

    sunday = accept(project, an_event("bought", occurred_at="2026-11-15T12:00:00Z"))[0]
    monday = accept(project, an_event("bought", occurred_at="2026-11-16T12:00:00Z"))[0]

    assert [effect.data["points"] for effect in sunday.effects if effect.kind == "points.earned"] == [10]
    assert [str(skip.reason) for skip in monday.skips] == ["outside_window"]


def test_a_code_ends_so_long_after_it_was_published(project):
    sale = a_coupon_campaign(project, activity_duration_after_publishing="P24D")

    voucher = a_published_code(sale, "SALE-1", to="ada")

    voucher.refresh_from_db()
    assert voucher.expiration_date.isoformat() == "2026-12-16T10:00:00+00:00"
