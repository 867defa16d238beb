"""Lengths of time as the API writes them (ISO 8601): `PT1H`, `P7D`, `P2W`."""

import re
from datetime import timedelta

from django.utils.dateparse import parse_duration

LONGEST_PERIOD = timedelta(days=366)
_DURATION = re.compile(r"P[0-9TWDHMS.]{2,40}\Z")
_WEEKS = re.compile(r"P([0-9]{1,6})W\Z")


def read_duration(text: object) -> timedelta | None:
    """A positive ISO 8601 duration of weeks, days, hours, minutes and seconds, or None."""
    if not isinstance(text, str):
        return None
    weeks = _WEEKS.match(text)
    try:
        length = timedelta(weeks=int(weeks[1])) if weeks else _DURATION.match(text) and parse_duration(text)
    except (OverflowError, ValueError):
        return None
    return length if length and length > timedelta(0) else None
