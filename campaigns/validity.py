"""Windows that are open at certain times only: some days of the week, some hours, now and then. Pure functions.

`validity` is stored as the contract writes it (e.2), whatever was not said being left out:

    {"validity_timeframe": {"interval": "P2D", "duration": "PT1H"},
     "validity_day_of_week": [0, 6],                                       0 is Sunday
     "validity_hours": {"daily": [{"start_time": "09:00", "expiration_time": "17:00", "days_of_week": [1]}]}}

Days and hours are those of the project's time zone.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from common.durations import read_duration
from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError

FIELDS = ("validity_timeframe", "validity_day_of_week", "validity_hours")
MOST_HOURS = 100
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z")
Minutes = tuple[int, int]


def recurs_at(validity: Mapping[str, Any], moment: datetime, *, start: datetime | None, zone: ZoneInfo) -> bool:
    """Whether an aware `moment` is one at which the window is open; `start` is the window's own."""
    local = moment.astimezone(zone)
    frame, days, hours = (validity.get(name) for name in FIELDS)
    return (
        (frame is None or start is None or _is_within(frame, moment - start))
        and (days is None or day_of(local) in days)
        and (hours is None or any(_covers(daily, local) for daily in hours["daily"]))
    )


def day_of(local: datetime) -> int:
    """0 is Sunday."""
    return local.isoweekday() % 7


def _is_within(frame: Mapping[str, str], since: timedelta) -> bool:
    interval, duration = read_duration(frame["interval"]), read_duration(frame["duration"])
    assert interval is not None and duration is not None  # checked where it was stored
    return since % interval < duration


def _covers(daily: Mapping[str, Any], local: datetime) -> bool:
    days = daily.get("days_of_week")
    start, end = _minutes(daily)
    return (days is None or day_of(local) in days) and start <= local.hour * 60 + local.minute < end


def _minutes(daily: Mapping[str, Any]) -> Minutes:
    """From and until, in minutes of the day; midnight as an end is that of the next day."""
    start, end = (int(daily[name][:2]) * 60 + int(daily[name][3:]) for name in ("start_time", "expiration_time"))
    return start, end or 24 * 60


def parse_validity(
    raw: Mapping[str, JsonValue], path: str = "", *, has_start: bool
) -> tuple[JsonObject, list[FieldError]]:
    """What of FIELDS is in a body: the form to store, and every error. A null says nothing."""
    errors: list[FieldError] = []
    sent = {name: raw[name] for name in FIELDS if raw.get(name) not in (None, {}, [])}
    for name, value in sent.items():
        where = f"{path}.{name}".lstrip(".")
        if problem := _CHECKS[name](value):
            errors.append(FieldError(where, "invalid", f"Property .{where} {problem}", value))
    if "validity_timeframe" in sent and not has_start and not errors:
        where = f"{path}.start_date".lstrip(".")
        errors.append(FieldError(where, "required", f"Property .{where} is required by validity_timeframe"))
    kept = {} if errors else {name: _tidied(name, value) for name, value in sent.items()}
    return kept, errors


def _frame_problem(value: Any) -> str:
    if not isinstance(value, dict) or any(read_duration(value.get(name)) is None for name in ("interval", "duration")):
        return "must have 'interval' and 'duration', which are ISO 8601 durations such as P2D and PT1H"
    return ""


def _days_problem(value: Any) -> str:
    fits = isinstance(value, list) and all(type(day) is int and 0 <= day <= 6 for day in value)
    return "" if fits else "must be array of days from 0 (Sunday) to 6"


def _hours_problem(value: Any) -> str:
    daily = value.get("daily") if isinstance(value, dict) else None
    if not isinstance(daily, list) or not 1 <= len(daily) <= MOST_HOURS or not all(map(_is_daily, daily)):
        return "must have 'daily', an array of {start_time, expiration_time, days_of_week} with times as HH:mm"
    return "must have no hours that overlap" if _overlap(daily) else ""


def _is_daily(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    times = (item.get("start_time"), item.get("expiration_time"))
    if not all(isinstance(text, str) and _TIME.match(text) for text in times):
        return False
    start, end = _minutes(item)
    return start < end and (item.get("days_of_week") is None or not _days_problem(item["days_of_week"]))


def _overlap(daily: Sequence[Mapping[str, Any]]) -> bool:
    for day in range(7):
        spans = sorted(_minutes(item) for item in daily if day in (item.get("days_of_week") or range(7)))
        if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
            return True
    return False


def _tidied(name: str, value: Any) -> JsonValue:
    if name == "validity_hours":
        known = ("start_time", "expiration_time", "days_of_week")
        return {"daily": [{key: item[key] for key in known if item.get(key) is not None} for item in value["daily"]]}
    return {key: value[key] for key in ("interval", "duration")} if name == "validity_timeframe" else value


_CHECKS: Mapping[str, Callable[[Any], str]] = {
    "validity_timeframe": _frame_problem,
    "validity_day_of_week": _days_problem,
    "validity_hours": _hours_problem,
}
