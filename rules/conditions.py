"""Conditions on one value: judged in Python, and written as SQL that comes to the same.

A condition is an operator with its operands. Several operands of one that affirms are alternatives; those of one that
denies (`$is_not`, `$not_in`, `$not_contain`) must all fail to hold, and such a condition holds for what is unknown.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import BooleanField, Case, CharField, DateField, DateTimeField, FloatField, Q, Value, When
from django.db.models.functions import ExtractMonth, Left, Right, StrIndex
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, In, IsNull, LessThan, LessThanOrEqual

from common.json_keys import KeyHolds
from rules.clock import Clock, moved
from rules.views import Columns, View
from rules.windows import Window

NOTHING = Q(pk__in=[])


class Test(ABC):
    """One thing that a value must be for the condition to hold."""

    @abstractmethod
    def holds(self, view: View, clock: Clock) -> bool: ...

    @abstractmethod
    def where(self, columns: Columns, clock: Clock) -> Q:
        """May be unknown (NULL) where the value is; never fails."""

    def turns(self, view: View, clock: Clock) -> Iterator[date]:
        """Days at whose beginning the answer may change without anything happening."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds if any of the tests does or, where it denies, if none does."""

    operator: str
    tests: tuple[Test, ...]
    denies: bool = False

    def holds(self, view: View, clock: Clock) -> bool:
        return any(test.holds(view, clock) for test in self.tests) is not self.denies

    def where(self, columns: Columns, clock: Clock) -> Q:
        affirmed = reduce(or_, [test.where(columns, clock) for test in self.tests])
        return ~Q(_known(affirmed)) if self.denies else affirmed

    def turns(self, view: View, clock: Clock) -> Iterator[date]:
        for test in self.tests:
            yield from test.turns(view, clock)


def _known(condition: Q) -> Q:
    """False where the condition is unknown, so that its opposite is true there."""
    true, false = (Value(value, output_field=BooleanField()) for value in (True, False))
    return Q(Exact(Case(When(condition, then=true), default=false, output_field=BooleanField()), true))


@dataclass(frozen=True, slots=True)
class IsKnown(Test):
    def holds(self, view: View, clock: Clock) -> bool:
        return view.is_known

    def where(self, columns: Columns, clock: Clock) -> Q:
        return Q(IsNull(columns.known, False))


@dataclass(frozen=True, slots=True)
class TextIs(Test):
    texts: tuple[str, ...]

    def holds(self, view: View, clock: Clock) -> bool:
        return view.text in self.texts

    def where(self, columns: Columns, clock: Clock) -> Q:
        return Q(In(columns.text, list(self.texts)))


@dataclass(frozen=True, slots=True)
class NumberIs(Test):
    numbers: tuple[float, ...]

    def holds(self, view: View, clock: Clock) -> bool:
        return view.number in self.numbers

    def where(self, columns: Columns, clock: Clock) -> Q:
        return reduce(or_, [Q(Exact(columns.number, number_value(number))) for number in self.numbers])


@dataclass(frozen=True, slots=True)
class TextHas(Test):
    """How a text begins or ends, or what is in it; with regard to case."""

    operator: str
    text: str

    def holds(self, view: View, clock: Clock) -> bool:
        if view.text is None:
            return False
        if self.operator == "$starts_with":
            return view.text.startswith(self.text)
        return view.text.endswith(self.text) if self.operator == "$ends_with" else self.text in view.text

    def where(self, columns: Columns, clock: Clock) -> Q:
        value = Value(self.text, output_field=CharField())
        if self.operator == "$starts_with":
            return Q(Exact(Left(columns.text, len(self.text)), value))
        if self.operator == "$ends_with":
            return Q(Exact(Right(columns.text, len(self.text)), value))
        return Q(GreaterThan(StrIndex(columns.text, value), 0))


@dataclass(frozen=True, slots=True)
class HasItem(Test):
    """Whether a list has one of these as an item."""

    texts: tuple[str, ...]
    numbers: tuple[float, ...]

    def holds(self, view: View, clock: Clock) -> bool:
        return any(self._is(item) for item in view.items or ())

    def _is(self, item: Any) -> bool:
        if isinstance(item, bool):
            return ("true" if item else "false") in self.texts
        return item in self.texts if isinstance(item, str) else item is not None and _float(item) in self.numbers

    def where(self, columns: Columns, clock: Clock) -> Q:
        assert columns.json is not None
        column, keys = columns.json
        return Q(Exact(KeyHolds(column, keys, self.texts, self.numbers), Value(True)))


def _float(item: Any) -> float | None:
    return None if isinstance(item, list | dict) else float(item)


_COMPARED: dict[str, tuple[Any, Any]] = {
    "$more_than": (float.__gt__, GreaterThan),
    "$less_than": (float.__lt__, LessThan),
    "$more_than_equal": (float.__ge__, GreaterThanOrEqual),
    "$less_than_equal": (float.__le__, LessThanOrEqual),
    "$count": (float.__eq__, Exact),
    "$count_more": (float.__gt__, GreaterThan),
    "$count_less": (float.__lt__, LessThan),
}


@dataclass(frozen=True, slots=True)
class NumberCompares(Test):
    operator: str
    number: float

    def holds(self, view: View, clock: Clock) -> bool:
        return view.number is not None and _COMPARED[self.operator][0](view.number, self.number)

    def where(self, columns: Columns, clock: Clock) -> Q:
        return Q(_COMPARED[self.operator][1](columns.number, number_value(self.number)))


@dataclass(frozen=True, slots=True)
class LengthCompares(Test):
    operator: str
    number: float

    def holds(self, view: View, clock: Clock) -> bool:
        return view.items is not None and _COMPARED[self.operator][0](float(len(view.items)), self.number)

    def where(self, columns: Columns, clock: Clock) -> Q:
        return Q(_COMPARED[self.operator][1](columns.length, number_value(self.number)))


@dataclass(frozen=True, slots=True)
class LiesIn(Test):
    """Whether a day or a moment lies in a window."""

    window: Window

    def holds(self, view: View, clock: Clock) -> bool:
        if view.day is not None:
            return self.window.days(clock).holds(view.day)
        return view.moment is not None and self.window.moments(clock).holds(view.moment)

    def where(self, columns: Columns, clock: Clock) -> Q:
        as_day, as_moment = (_day_text, _seconds) if columns.json else (_day, _moment)
        parts = []
        if columns.day is not None:
            parts.append(_within(columns.day, self.window.days(clock), as_day))
        if columns.moment is not None:
            span = _within(columns.moment, self.window.moments(clock), as_moment)
            parts.append(span & Q(IsNull(columns.day, True)) if columns.day is not None else span)
        return reduce(or_, parts)

    def turns(self, view: View, clock: Clock) -> Iterator[date]:
        day = view.day or (clock.day_of(view.moment) if view.moment else None)
        return self.window.turns(day) if day else iter(())


def _within(column: Any, span: Any, as_value: Any) -> Q:
    if span.is_empty:
        return NOTHING
    found = Q(IsNull(column, False))
    if span.first is not None:
        found &= Q(GreaterThanOrEqual(column, as_value(span.first)))
    return found & Q(LessThan(column, as_value(span.end))) if span.end is not None else found


@dataclass(frozen=True, slots=True)
class InNextMonth(Test):
    """Whether a day is of next month, in whatever year."""

    def holds(self, view: View, clock: Clock) -> bool:
        return view.day is not None and view.day.month == _next_month(clock)

    def where(self, columns: Columns, clock: Clock) -> Q:
        return Q(Exact(ExtractMonth(columns.day), _next_month(clock)))

    def turns(self, view: View, clock: Clock) -> Iterator[date]:
        first = clock.today.replace(day=1)
        for _ in range(13):
            later = moved(first, 32)
            if view.day is None or later is None:
                return
            first = later.replace(day=1)
            yield first


def _next_month(clock: Clock) -> int:
    return clock.today.month % 12 + 1


def number_value(number: float) -> Value:
    return Value(number, output_field=FloatField())


def _day(day: date) -> Value:
    return Value(day, output_field=DateField())


def _day_text(day: date) -> Value:
    return Value(day.isoformat(), output_field=CharField())


def _moment(moment: datetime) -> Value:
    return Value(moment, output_field=DateTimeField())


def _seconds(moment: datetime) -> Value:
    return Value(moment.timestamp(), output_field=FloatField())
