"""A validation rule as a tree that is judged in Python: what each rule asks for, and how they are joined."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from rules.conditions import Condition
from rules.facts import CUSTOMER_FIELDS, VIEWS, Facts
from rules.logic import Joined, Logic
from rules.operators import Kind
from rules.views import View, view_json

EVENT_METADATA = "custom_event.metadata"
CUSTOMER_METADATA = "customer.metadata"
CUSTOMER_SEGMENT = "customer.segment"


@dataclass(frozen=True, slots=True)
class SegmentTest:
    """Whether the customer is in any of these segments or, where it denies, in none."""

    segments: frozenset[UUID]
    denies: bool = False

    def holds(self, facts: Facts) -> bool:
        return bool(self.segments & facts.segments) is not self.denies


@dataclass(frozen=True, slots=True)
class One:
    """One rule of the grammar: a thing that is asked for, conditions that must all hold of it, and its sub-rules."""

    name: str
    property: str = ""
    conditions: tuple[Condition, ...] = ()
    segments: tuple[SegmentTest, ...] = ()
    inner: "Tree | None" = None

    def holds(self, facts: Facts) -> bool:
        if not all(test.holds(facts) for test in self.segments):
            return False
        if self.conditions:
            view = self._view(facts)
            if not all(condition.holds(view, facts.clock) for condition in self.conditions):
                return False
        return self.inner is None or self.inner.holds(facts)

    def _view(self, facts: Facts) -> View:
        if self.name == EVENT_METADATA:
            return view_json(facts.event(self.property))
        if self.name == CUSTOMER_METADATA:
            return view_json(facts.customer.metadata.get(self.property))
        column = self.name.removeprefix("customer.")
        return VIEWS[CUSTOMER_FIELDS[column]](getattr(facts.customer, column))


@dataclass(frozen=True, slots=True)
class Tree:
    """Rules by their keys, and how they are joined."""

    rules: Mapping[str, One] = field(default_factory=dict)
    logic: Logic = field(default_factory=lambda: Joined(()))

    def holds(self, facts: Facts) -> bool:
        return self.logic.holds(lambda name: self.rules[name].holds(facts))

    def properties(self) -> Iterator[tuple[str, str]]:
        """(where, name) of every property of the event that is read: ("1.rules.2", "amount")."""
        for key, one in self.rules.items():
            if one.name == EVENT_METADATA:
                yield key, one.property
            if one.inner is not None:
                yield from ((f"{key}.rules.{where}", name) for where, name in one.inner.properties())

    def every(self) -> Iterator[One]:
        """Every rule, with those within."""
        for one in self.rules.values():
            yield one
            if one.inner is not None:
                yield from one.inner.every()


def kind_of(name: str) -> Kind | None:
    """What a rule of that name asks of; None for segments, and for what cannot be asked."""
    if name in (EVENT_METADATA, CUSTOMER_METADATA):
        return Kind.JSON
    prefix, _, column = name.partition(".")
    return CUSTOMER_FIELDS.get(column) if prefix == "customer" else None
