"""A moment as a project's calendar sees it: its day, and when days begin."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """`at` is aware; days are those of `zone`."""

    at: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.day_of(self.at)

    def day_of(self, moment: datetime) -> date:
        try:
            return moment.astimezone(self.zone).date()
        except OverflowError:  # at either end of the calendar
            return moment.date()

    def midnight(self, day: date) -> datetime:
        """The first moment of a day, in UTC. Where the clocks skip midnight it is the moment at which they do."""
        try:
            return datetime.combine(day, time(), self.zone).astimezone(UTC)
        except OverflowError:
            return datetime.combine(day, time(), UTC)

    def moved_to(self, at: datetime) -> "Clock":
        return Clock(at, self.zone)


def moved(day: date, days: int) -> date | None:
    """The day so many days later; None beyond the calendar."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None
