"""From a filter as it is sent to one compiled once: judged in Python, written as SQL, and asked when it may change."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError
from customers.facts import fact_sources
from customers.models import Customer
from customers.profiles import ADDRESS_FIELDS
from eventschema.schema import EventSchema, schemas_of
from projects.models import Project
from rules.clock import Clock
from rules.facts import CUSTOMER_FIELDS
from rules.operators import MOST_DAYS, Kind, parse_conditions
from segments.event_fields import MOST_COUNTED, EventCount, EventTime, Property, Which, most_named
from segments.facts import Facts
from segments.fields import AddressField, ColumnField, FactField, Field, Gone, MetadataField

MOST_CONDITIONS = 40
# Days looked at for the next change of a customer; beyond them the customer is looked at again.
MOST_TURNS = 400
# Names may hold dots and blanks; a number tells several fields about one event apart.
EVENT_FIELD = re.compile(r"events\.(?P<name>.+)\.(?P<what>count|last_at|first_at)(_[2-9])?\Z", re.DOTALL)
_PARTS = ("conditions", "within_days", "where")


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of a project. With `is_any` one field has to hold, otherwise all."""

    project: Project
    fields: tuple[Field, ...]
    is_any: bool = False

    @property
    def depends_on(self) -> frozenset[str]:
        return frozenset(field.depends_on for field in self.fields)

    @property
    def definitions(self) -> frozenset[UUID]:
        return frozenset(
            field.which.definition_id for field in self.fields if isinstance(field, EventCount | EventTime)
        )

    def needs(self, clock: Clock) -> dict[Any, Any]:
        """What load_facts has to bring."""
        return {need: sql for field in self.fields for need, sql in field.needs(self.project, clock).items()}

    def holds(self, facts: Facts, clock: Clock) -> bool:
        judged = (field.holds(facts, clock) for field in self.fields)
        return any(judged) if self.is_any else all(judged)

    def changes_at(self, facts: Facts, clock: Clock) -> datetime | None:
        """The next moment at which the answer changes if nothing happens; None if it never does."""
        days = {day for field in self.fields for day in field.turns(facts, clock)}
        turns = sorted(moment for day in days if (moment := clock.midnight(day)) > clock.at)
        now = self.holds(facts, clock) if turns else False
        for moment in turns[:MOST_TURNS]:
            if self.holds(facts, clock.moved_to(moment)) is not now:
                return moment
        return turns[MOST_TURNS] if len(turns) > MOST_TURNS else None

    def customers(self, clock: Clock) -> QuerySet[Customer]:
        """Everybody who fits, as one statement."""
        living = Customer.objects.filter(project=self.project, deleted_at=None)
        wheres = [field.where(self.project, clock) for field in self.fields]
        if not self.is_any or len(wheres) == 1:
            return living.filter(reduce(and_, wheres))
        # Alternatives as a union: under an OR PostgreSQL would look everything up for each row.
        first, *others = [living.filter(where).order_by().values("pk") for where in wheres]
        return living.filter(pk__in=first.union(*others))

    def count(self, clock: Clock) -> int:
        """How many fit; at most two statements."""
        field = self.fields[0]
        alone = field.count(self.project, clock) if isinstance(field, EventCount) and len(self.fields) == 1 else None
        return self.customers(clock).count() if alone is None else alone


def parse_filter(project: Project, raw: JsonValue, path: str = "filter") -> tuple[Filter, list[FieldError]]:
    """The filter, and an error for everything that is wrong with it. Runs statements where it names points."""
    parser = _Parser(project, path)
    found = parser.filter(raw)
    return found, parser.errors


def compile_filter(project: Project, stored: JsonObject) -> Filter:
    """A filter that was checked when it was stored; what it named and is gone since, nobody has."""
    parser = _Parser(project, "filter", is_checking=False)
    return parser.filter(stored)


def event_of(field: str) -> str | None:
    """The name of the event that a field is about."""
    match = EVENT_FIELD.match(field)
    return match["name"] if match else None


class _Parser:
    def __init__(self, project: Project, path: str, *, is_checking: bool = True) -> None:
        self.project = project
        self.path = path
        self.is_checking = is_checking
        self.schemas: Mapping[str, EventSchema] = schemas_of(project)
        self.errors: list[FieldError] = []

    def filter(self, raw: JsonValue) -> Filter:
        if not isinstance(raw, dict):
            self._complain(self.path, "must be object", raw)
            return Filter(self.project, ())
        is_any = self._junction(raw, self.path)
        names = [name for name in raw if name != "junction"]
        if not 1 <= len(names) <= MOST_CONDITIONS:
            self._complain(self.path, f"must have from 1 to {MOST_CONDITIONS} fields", None)
            return Filter(self.project, ())
        fields = [self._field(name, raw[name]) for name in names]
        return Filter(self.project, tuple(field or Gone(()) for field in fields), is_any)

    def _junction(self, raw: JsonObject, path: str) -> bool:
        word = raw.get("junction", "and")
        if not isinstance(word, str) or word.lower() not in ("and", "or"):
            self._complain(f"{path}.junction", "must be one of and, or", word)
            return False
        return word.lower() == "or"

    def _field(self, name: str, raw: JsonValue) -> Field | None:
        path = f"{self.path}.{name}"
        if not isinstance(raw, dict):
            self._complain(path, "must be object", raw)
            return None
        event = EVENT_FIELD.match(name)
        for part in raw:
            if part not in _PARTS or (part != "conditions" and not event):
                self._complain(f"{path}.{part}", "is not known", None)
        if event:
            return self._event_field(event, raw, path)
        return self._plain_field(name, raw.get("conditions"), path)

    def _plain_field(self, name: str, raw: JsonValue, path: str) -> Field | None:
        prefix, _, rest = name.partition(".")
        if name in CUSTOMER_FIELDS:
            return ColumnField(self._conditions(raw, CUSTOMER_FIELDS[name], path), name)
        if prefix == "address" and rest in ADDRESS_FIELDS:
            return AddressField(self._conditions(raw, Kind.TEXT, path), rest)
        if prefix == "metadata" and rest:
            return MetadataField(self._conditions(raw, Kind.JSON, path), rest)
        source = self._source(name)
        if source is not None:
            return FactField(self._conditions(raw, Kind.NUMBER, path), source, name)
        self._complain(path, "is not a field of customers, their events, points or referrals", None)
        return None

    def _source(self, name: str) -> str | None:
        for path, source in fact_sources().items():
            if source.has_form(name) and (not self.is_checking or source.is_known(self.project, name)):
                return path
        return None

    def _event_field(self, event: re.Match[str], raw: JsonObject, path: str) -> Field | None:
        schema = self.schemas.get(event["name"])
        if schema is None or schema.definition_id is None:
            self._complain(path, f"names no event of this project: '{event['name']}'", None)
            return None
        which = Which(schema.definition_id, *self._properties(schema, raw, path), self._within(event, raw, path))
        if event["what"] == "count":
            conditions = self._conditions(raw.get("conditions"), Kind.NUMBER, path)
            if most_named(conditions) > MOST_COUNTED:
                self._complain(f"{path}.conditions", f"cannot count beyond {MOST_COUNTED}", None)
            return EventCount(conditions, which)
        conditions = self._conditions(raw.get("conditions"), Kind.MOMENT, path)
        return EventTime(conditions, which, event["what"] == "first_at")

    def _within(self, event: re.Match[str], raw: JsonObject, path: str) -> int | None:
        days = raw.get("within_days")
        if days is None:
            return None
        if event["what"] != "count":
            self._complain(f"{path}.within_days", "belongs to a count", None)
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
            self._complain(f"{path}.within_days", f"must be a whole number from 1 to {MOST_DAYS}", days)
            return None
        return days

    def _properties(self, schema: EventSchema, raw: JsonObject, path: str) -> tuple[tuple[Property, ...], bool]:
        where = raw.get("where")
        if where is None:
            return (), False
        if not isinstance(where, dict) or not 1 <= len(where.keys() - {"junction"}) <= MOST_CONDITIONS:
            self._complain(f"{path}.where", f"must be an object with 1 to {MOST_CONDITIONS} fields", None)
            return (), False
        is_any = self._junction(where, f"{path}.where")
        found = [
            self._property(schema, name, part, f"{path}.where.{name}")
            for name, part in where.items()
            if name != "junction"
        ]
        return tuple(item for item in found if item is not None), is_any

    def _property(self, schema: EventSchema, name: str, raw: JsonValue, path: str) -> Property | None:
        prefix, _, key = name.partition(".")
        if prefix != "metadata" or not key:
            self._complain(path, "must be metadata.<property>", None)
            return None
        if not isinstance(raw, dict) or raw.keys() - {"conditions"}:
            self._complain(path, "must be an object with conditions alone", None)
            return None
        present = schema.present_name(key)
        names = schema.properties.keys_of.get(present)
        if names is None and self.is_checking and not schema.takes_unknown:
            self._complain(path, f"is no property of '{schema.name}'", None)
            return None
        return Property(names or (key,), self._conditions(raw.get("conditions"), Kind.JSON, path))

    def _conditions(self, raw: JsonValue, kind: Kind, path: str) -> Any:
        conditions, errors = parse_conditions(raw, kind, f"{path}.conditions")
        self.errors += errors
        return conditions

    def _complain(self, path: str, words: str, actual: JsonValue) -> None:
        self.errors.append(FieldError(path, "invalid", f"Property .{path} {words}", actual))
