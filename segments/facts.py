"""What is known of customers when segments are judged: their rows, and what else the fields ask for."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Subquery, TextField

from customers.models import Customer
from projects.models import Project


@dataclass(frozen=True, slots=True)
class Facts:
    """A customer, and what was loaded besides: {what a field needs: value}."""

    customer: Customer
    loaded: Mapping[Any, Any] = field(default_factory=dict)


def load_facts(project: Project, keys: Collection[UUID], needs: Mapping[Any, Any]) -> list[Facts]:
    """The facts of those customers that are living, in key order; `needs` gives each need its expression.

    One statement.
    """
    rows: QuerySet[Customer] = Customer.objects.filter(project=project, deleted_at=None, pk__in=keys)
    aliases = {f"need_{place}": need for place, need in enumerate(needs)}
    rows = rows.annotate(**{alias: needs[need] for alias, need in aliases.items()}).order_by("pk")
    return [Facts(row, {need: getattr(row, alias) for alias, need in aliases.items()}) for row in rows]


class Times(Subquery):
    """The `occurred_at` of the rows of a subquery, as one value of the outer row: a list, on SQLite as JSON."""

    def __init__(self, queryset: Any, **extra: Any) -> None:
        super().__init__(queryset, output_field=TextField(), **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "(SELECT json_group_array(occurred_at) FROM (%(subquery)s))"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="ARRAY(%(subquery)s)", **context)


def times_of(raw: Any) -> list[datetime]:
    """What Times brought, newest first, in UTC."""
    listed: Sequence[Any] = json.loads(raw) if isinstance(raw, str) else raw or ()
    times = [
        datetime.fromisoformat(item).replace(tzinfo=UTC) if isinstance(item, str) else item.astimezone(UTC)
        for item in listed
    ]
    return sorted(times, reverse=True)
