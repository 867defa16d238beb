"""Moments and dates as the API reads and writes them (ISO 8601)."""

import re
from datetime import UTC, date, datetime

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?\Z"
)


def iso(moment: datetime) -> str:
    """`2026-11-22T10:00:00.000Z`: UTC with milliseconds."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.isoformat(timespec='milliseconds')[:-6]}Z"


def parse_moment(text: object) -> datetime | None:
    """An aware time in UTC from a date-time in ISO 8601, or None. Without a zone it is taken as UTC."""
    if not isinstance(text, str) or not _MOMENT.match(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_zoned_moment(text: object) -> datetime | None:
    """As `parse_moment`, but None where the text names no zone."""
    has_zone = isinstance(text, str) and (text.endswith("Z") or re.search(r"T.*[+-]", text))
    return parse_moment(text) if has_zone else None


def parse_date(text: object) -> date | None:
    """A date from `YYYY-MM-DD`, or None."""
    if not isinstance(text, str) or not _DATE.match(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
