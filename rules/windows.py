"""Spans of time that a condition asks for: of the calendar, or so many days from today. Half-open."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from rules.clock import ONE_DAY, Clock, moved

T = TypeVar("T", date, datetime)
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Span(Generic[T]):
    """From `first` up to, but without, `end`; None is without bound. `is_empty` holds nothing."""

    first: T | None = None
    end: T | None = None
    is_empty: bool = False

    def holds(self, value: T) -> bool:
        if self.is_empty:
            return False
        return (self.first is None or value >= self.first) and (self.end is None or value < self.end)


class Window(ABC):
    """What a time has to lie in: a span of days for dates, of moments for times."""

    @abstractmethod
    def days(self, clock: Clock) -> Span[date]: ...

    def moments(self, clock: Clock) -> Span[datetime]:
        span = self.days(clock)
        first = None if span.first is None else clock.midnight(span.first)
        end = None if span.end is None else clock.midnight(span.end)
        return Span(first, end, span.is_empty)

    def turns(self, day: date) -> Iterator[date]:
        """The days at whose beginning a value of `day` comes in or goes out."""
        return iter(())


@dataclass(frozen=True, slots=True)
class DaysAgo(Window):
    """From `first` days ago back to, but without, `end` days ago. Negative numbers lie ahead."""

    first: int | None
    end: int | None

    def days(self, clock: Clock) -> Span[date]:
        # What lies beyond the calendar bounds nothing.
        oldest = None if self.end is None else moved(clock.today, 1 - self.end)
        newest = None if self.first is None else moved(clock.today, 1 - self.first)
        return Span(oldest, newest)

    def turns(self, day: date) -> Iterator[date]:
        for days in (self.first, self.end):
            turn = None if days is None else moved(day, days)
            if turn is not None:
                yield turn


@dataclass(frozen=True, slots=True)
class Days(Window):
    """Days of the calendar."""

    span: Span[date]

    def days(self, clock: Clock) -> Span[date]:
        return self.span


@dataclass(frozen=True, slots=True)
class Moments(Window):
    """Moments; a date stands for its first one."""

    span: Span[datetime]

    def days(self, clock: Clock) -> Span[date]:
        first = None if self.span.first is None else _first_day_from(clock, self.span.first)
        end = None if self.span.end is None else _first_day_from(clock, self.span.end)
        return Span(first, end)

    def moments(self, clock: Clock) -> Span[datetime]:
        return self.span


def _first_day_from(clock: Clock, moment: datetime) -> date | None:
    """The first day that begins at the moment or later."""
    day = clock.day_of(moment)
    return day if clock.midnight(day) >= moment else moved(day, 1)


def before(value: date | datetime) -> Window:
    return Moments(Span(end=value)) if isinstance(value, datetime) else Days(Span(end=value))


def after(value: date | datetime) -> Window:
    later = _later(value)
    if later is None:
        return Days(Span(is_empty=True))
    return Moments(Span(first=later)) if isinstance(later, datetime) else Days(Span(first=later))


def at(value: date | datetime) -> Window:
    if isinstance(value, datetime):
        later = _later(value)
        return Moments(Span(value, later if isinstance(later, datetime) else None))
    return Days(Span(value, moved(value, 1)))


def _later(value: date | datetime) -> date | datetime | None:
    """The next day or moment; None at the end of the calendar."""
    try:
        return value + (TICK if isinstance(value, datetime) else ONE_DAY)
    except OverflowError:
        return None


# By operator: the window of so many days (docs/algorithms/segments.md, "Days").
RELATIVE = {
    "$less_than_ago": lambda days: DaysAgo(0, days),
    "$more_than_ago": lambda days: DaysAgo(days + 1, None),
    "$is_days_ago": lambda days: DaysAgo(days, days + 1),
    "$less_than_future": lambda days: DaysAgo(1 - days, 1),
    "$more_than_future": lambda days: DaysAgo(None, -days),
    "$is_days_in_future": lambda days: DaysAgo(-days, 1 - days),
}
