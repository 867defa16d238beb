"""The fields of filters: what each asks of a customer, in Python and in SQL (docs/algorithms/segments.md)."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import and_
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from customers.facts import fact_sources
from projects.models import Project
from rules.clock import Clock
from rules.conditions import Condition
from rules.facts import CUSTOMER_FIELDS, VIEWS
from rules.operators import Kind
from rules.views import (
    Columns,
    View,
    json_columns,
    view_json,
    view_number,
    view_text,
)
from segments.facts import Facts

# Everything that changes a customer's row changes this one.
ANY_CHANGE = "updated_at"


@dataclass(frozen=True, slots=True)
class Field(ABC):
    """A field of a filter, and the conditions that must all hold of it."""

    conditions: tuple[Condition, ...]

    @property
    @abstractmethod
    def depends_on(self) -> str:
        """What has to change for the answer to change: a column or `metadata.<key>` as `customer.updated` names it,
        `event:<key of the definition>`, or `facts:<path of the source>`.
        """

    @abstractmethod
    def holds(self, facts: Facts, clock: Clock) -> bool: ...

    @abstractmethod
    def where(self, project: Project, clock: Clock) -> Q:
        """The same over rows of customers."""

    def needs(self, project: Project, clock: Clock) -> dict[Any, Any]:
        """What has to be loaded to judge a customer, beside its row: {need: expression}."""
        return {}

    @abstractmethod
    def turns(self, facts: Facts, clock: Clock) -> Iterator[date]:
        """Days at whose beginning the answer may change without anything happening."""


@dataclass(frozen=True, slots=True)
class ValueField(Field):
    """A field with one value, and conditions on it."""

    def view(self, facts: Facts) -> View:
        raise NotImplementedError

    def columns(self, project: Project) -> Columns:
        raise NotImplementedError

    def holds(self, facts: Facts, clock: Clock) -> bool:
        view = self.view(facts)
        return all(condition.holds(view, clock) for condition in self.conditions)

    def where(self, project: Project, clock: Clock) -> Q:
        columns = self.columns(project)
        return reduce(and_, [condition.where(columns, clock) for condition in self.conditions])

    def turns(self, facts: Facts, clock: Clock) -> Iterator[date]:
        view = self.view(facts)
        for condition in self.conditions:
            yield from condition.turns(view, clock)


@dataclass(frozen=True, slots=True)
class ColumnField(ValueField):
    """A column of the customer: text, date or moment."""

    column: str

    @property
    def depends_on(self) -> str:
        return self.column

    def view(self, facts: Facts) -> View:
        return VIEWS[CUSTOMER_FIELDS[self.column]](getattr(facts.customer, self.column))

    def columns(self, project: Project) -> Columns:
        column, kind = F(self.column), CUSTOMER_FIELDS[self.column]
        if kind == Kind.TEXT:
            return Columns(known=column, text=column)
        return Columns(known=column, day=column) if kind == Kind.DAY else Columns(known=column, moment=column)


@dataclass(frozen=True, slots=True)
class AddressField(ValueField):
    part: str

    @property
    def depends_on(self) -> str:
        return "address"

    def view(self, facts: Facts) -> View:
        return view_text((facts.customer.address or {}).get(self.part))

    def columns(self, project: Project) -> Columns:
        columns = json_columns("address", [self.part])
        return Columns(known=columns.known, text=columns.text)


@dataclass(frozen=True, slots=True)
class MetadataField(ValueField):
    key: str

    @property
    def depends_on(self) -> str:
        return f"metadata.{self.key}"

    def view(self, facts: Facts) -> View:
        return view_json(facts.customer.metadata.get(self.key))

    def columns(self, project: Project) -> Columns:
        return json_columns("metadata", [self.key])


@dataclass(frozen=True, slots=True)
class FactField(ValueField):
    """A number that another feature knows of the customer (customers/facts.py)."""

    source: str
    name: str

    @property
    def depends_on(self) -> str:
        return f"facts:{self.source}"

    def needs(self, project: Project, clock: Clock) -> dict[Any, Any]:
        return {self.name: self._expression(project)}

    def view(self, facts: Facts) -> View:
        return view_number(facts.loaded[self.name])

    def columns(self, project: Project) -> Columns:
        expression = self._expression(project)
        return Columns(known=expression, number=expression)

    def _expression(self, project: Project) -> Any:
        return fact_sources()[self.source].expression(project, self.name)


@dataclass(frozen=True, slots=True)
class Gone(Field):
    """What a stored filter named and is gone since: nobody has it."""

    @property
    def depends_on(self) -> str:
        return "gone"

    def holds(self, facts: Facts, clock: Clock) -> bool:
        return False

    def where(self, project: Project, clock: Clock) -> Q:
        return Q(pk__in=[])

    def turns(self, facts: Facts, clock: Clock) -> Iterator[date]:
        return iter(())


def event_token(definition_id: UUID) -> str:
    return f"event:{definition_id}"
