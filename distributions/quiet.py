"""The hours in which a project delivers nothing. Pure functions."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def end_of_quiet(quiet_hours: Mapping[str, str], moment: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours around an aware `moment` end, in UTC; None where it is not quiet then.

    `{"start": "21:00", "end": "08:00"}` are times of the zone's clocks, over midnight where the end is earlier. An end
    that the clocks pass twice is the later one; one that they skip is as late after the change as it would have been.
    """
    local = moment.astimezone(zone)
    start, end = (time.fromisoformat(quiet_hours[name]) for name in ("start", "end"))
    clock = local.time().replace(second=0, microsecond=0, fold=0)
    if start < end:
        if not start <= clock < end:
            return None
        day = local.date()
    elif clock >= start:
        day = local.date() + timedelta(days=1)
    elif clock < end:
        day = local.date()
    else:
        return None
    return max(datetime.combine(day, end.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
