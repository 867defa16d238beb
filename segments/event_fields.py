"""Fields about what a customer did: how often, when last and when first. Voided events do not count.

Of the events of one customer only the newest few are read: one more than the highest number that a condition names
tells all of them apart. Over everybody, counts are grouped on the index of events by definition, which holds all that
is needed (docs/algorithms/segments.md, "Counting over everybody").
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import and_, or_
from typing import Any
from uuid import UUID

from django.db.models import Count, DateTimeField, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from customers.models import Customer
from events.models import Event, EventVoid
from projects.models import Project
from rules.clock import ONE_DAY, Clock, moved
from rules.conditions import Condition, NumberCompares, NumberIs
from rules.views import Columns, json_columns, view_moment, view_number
from segments.facts import Facts, Times, times_of
from segments.fields import Field, event_token


@dataclass(frozen=True, slots=True)
class Property:
    """A condition on the metadata of the event: `names` are the property's present and former names."""

    names: tuple[str, ...]
    conditions: tuple[Condition, ...]

    def where(self, clock: Clock) -> Q:
        columns = json_columns("metadata", self.names)
        return reduce(and_, [condition.where(columns, clock) for condition in self.conditions])


@dataclass(frozen=True, slots=True)
class Which:
    """Which events are meant: those of a definition, whose metadata fits, of the last so many days."""

    definition_id: UUID
    properties: tuple[Property, ...] = ()
    any_property: bool = False
    within_days: int | None = None

    def since(self, clock: Clock) -> datetime | None:
        first = None if self.within_days is None else moved(clock.today, 1 - self.within_days)
        return None if first is None else clock.midnight(first)

    def events(self, clock: Clock, **of: Any) -> QuerySet[Event]:
        """With voided ones."""
        events = Event.objects.filter(definition=self.definition_id, **of)
        since = self.since(clock)
        if since is not None:
            events = events.filter(occurred_at__gte=since)
        if not self.properties:
            return events
        fitting = [found.where(clock) for found in self.properties]
        return events.filter(reduce(or_ if self.any_property else and_, fitting))

    def of_customer(self, clock: Clock) -> QuerySet[Event]:
        """Those of an outer row of customers, without voided ones."""
        voids = EventVoid.objects.filter(pk=OuterRef("pk"))
        events = self.events(clock, customer=OuterRef("pk")).filter(~Exists(voids))
        since = self.since(clock)
        # Nothing is received before it happened, but for clocks that differ (events/drafting.py): months of the log
        # that ended before need no look.
        return events.filter(received_at__gte=since - ONE_DAY) if since is not None else events


@dataclass(frozen=True, slots=True)
class Newest:
    """The times of a customer's newest events, so many of them; or of the first one."""

    which: Which
    most: int
    ascending: bool = False

    def expression(self, clock: Clock) -> Any:
        events = self.which.of_customer(clock)
        events = events.order_by("occurred_at" if self.ascending else "-occurred_at")
        return Times(events.values("occurred_at")[: self.most])


@dataclass(frozen=True, slots=True)
class EventField(Field):
    which: Which

    @property
    def depends_on(self) -> str:
        return event_token(self.which.definition_id)

    @property
    def newest(self) -> Newest:
        raise NotImplementedError

    def needs(self, project: Project, clock: Clock) -> dict[Any, Any]:
        return {self.newest: self.newest.expression(clock)}

    def times(self, facts: Facts) -> list[datetime]:
        return times_of(facts.loaded[self.newest])


@dataclass(frozen=True, slots=True)
class EventTime(EventField):
    """When a customer did it last, or first."""

    is_first: bool = False

    @property
    def newest(self) -> Newest:
        return Newest(self.which, 1, self.is_first)

    def _view(self, facts: Facts) -> Any:
        times = self.times(facts)
        return view_moment(times[0] if times else None)

    def holds(self, facts: Facts, clock: Clock) -> bool:
        view = self._view(facts)
        return all(condition.holds(view, clock) for condition in self.conditions)

    def where(self, project: Project, clock: Clock) -> Q:
        events = self.which.of_customer(clock).order_by("occurred_at" if self.is_first else "-occurred_at")
        time = Subquery(events.values("occurred_at")[:1], output_field=DateTimeField())
        columns = Columns(known=time, moment=time)
        return reduce(and_, [condition.where(columns, clock) for condition in self.conditions])

    def turns(self, facts: Facts, clock: Clock) -> Iterator[date]:
        view = self._view(facts)
        for condition in self.conditions:
            yield from condition.turns(view, clock)


@dataclass(frozen=True, slots=True)
class EventCount(EventField):
    """How often a customer did it."""

    @property
    def _most(self) -> int:
        """Counts from here on are all alike to the conditions."""
        return int(max(_numbers(self.conditions), default=0)) + 1

    @property
    def newest(self) -> Newest:
        return Newest(self.which, self._most)

    def holds(self, facts: Facts, clock: Clock) -> bool:
        since = self.which.since(clock)
        count = sum(1 for time in self.times(facts) if since is None or time >= since)
        return self._fits(count, clock)

    def turns(self, facts: Facts, clock: Clock) -> Iterator[date]:
        if self.which.within_days is None:
            return
        for time in self.times(facts):
            turn = moved(clock.day_of(time), self.which.within_days)
            if turn is not None:
                yield turn

    def where(self, project: Project, clock: Clock) -> Q:
        fitting = self._fitting(clock)
        if not fitting:
            return Q(pk__in=[])
        if fitting[0] == 0:
            return self._exact(clock)
        enough = Q(pk__in=_with_at_least(self.which.events(clock, project=project), fitting[0])[:_BEYOND_ALL])
        if not self._is_rising(fitting):
            return enough & self._exact(clock)
        # Voided events were counted with the others: only whoever has some is counted again, all of them at once.
        standing = _with_at_least(self._standing(project, clock), fitting[0])
        return enough & (~Q(pk__in=self._voided(project)) | Q(pk__in=standing[:_BEYOND_ALL]))

    def count(self, project: Project, clock: Clock) -> int | None:
        """How many customers fit, without a look at any of them; None where that cannot be told. Two statements."""
        fitting = self._fitting(clock)
        if not fitting or not self._is_rising(fitting):
            return None
        gone = Customer.objects.filter(project=project, deleted_at__isnull=False).values("pk")
        events = self.which.events(clock, project=project).filter(~Q(customer__in=self._voided(project)))
        parts = (events, self._standing(project, clock))
        found = [_with_at_least(part.filter(~Q(customer__in=gone)), fitting[0]).count() for part in parts]
        return sum(map(int, found))

    def _fitting(self, clock: Clock) -> list[int]:
        return [count for count in range(self._most + 1) if self._fits(count, clock)]

    def _is_rising(self, fitting: list[int]) -> bool:
        """Whether it fits from some count above none on."""
        return fitting[0] > 0 and len(fitting) == self._most - fitting[0] + 1

    def _voided(self, project: Project) -> Any:
        """Whoever has voided events."""
        voids = EventVoid.objects.filter(project=project).values("pk")
        events = Event.objects.filter(project=project, definition=self.which.definition_id, pk__in=voids)
        return events.values("customer")

    def _standing(self, project: Project, clock: Clock) -> QuerySet[Event]:
        """What is not voided of the events of those."""
        voids = EventVoid.objects.filter(project=project, pk=OuterRef("pk"))
        events = self.which.events(clock, project=project)
        return events.filter(~Exists(voids), customer__in=self._voided(project))

    def _exact(self, clock: Clock) -> Q:
        events = self.which.of_customer(clock).order_by().values("customer").annotate(count=Count("*"))
        count = Coalesce(Subquery(events.values("count")), Value(0), output_field=IntegerField())
        # A count of none is unknown to $has_value and $is_unknown.
        known = Subquery(events.values("count"), output_field=IntegerField())
        columns = Columns(known=known, number=count)
        return reduce(and_, [condition.where(columns, clock) for condition in self.conditions])

    def _fits(self, count: int, clock: Clock) -> bool:
        view = view_number(count)
        if count == 0:
            view = type(view)(False, number=0.0)
        return all(condition.holds(view, clock) for condition in self.conditions)


def _with_at_least(events: QuerySet[Event], count: int) -> Any:
    """The customers of at least so many of the events."""
    counted = events.order_by().values("customer").annotate(count=Count("*")).filter(count__gte=count)
    return counted.values("customer")


def _numbers(conditions: tuple[Condition, ...]) -> Iterator[float]:
    for condition in conditions:
        for test in condition.tests:
            if isinstance(test, NumberCompares):
                yield test.number
            elif isinstance(test, NumberIs):
                yield from test.numbers


# Without a limit PostgreSQL would have each parallel worker of the outer query count everything for itself.
_BEYOND_ALL = 2**40
# Of one customer no more events are read than this and one.
MOST_COUNTED = 10_000


def most_named(conditions: tuple[Condition, ...]) -> float:
    return max(_numbers(conditions), default=0)
