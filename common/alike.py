"""Inserting many rows that differ in a few columns."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db import connection, models

from common.statements import JsonRows, execute


class InsertAlike:
    """Inserts rows of a model that have all but the columns `varying` in common, but for those that are there already.

    One statement; what they share is sent and read once, so that a hundred thousand rows cost little more than the
    database takes to store them.
    """

    def __init__(self, model: type[models.Model], varying: Sequence[str]) -> None:
        self._model = model
        self._varying = varying

    @cached_property
    def _rows(self) -> JsonRows:
        return JsonRows([self._model._meta.get_field(name) for name in self._varying])

    @cached_property
    def _shared(self) -> JsonRows:
        fields = [field for field in self._model._meta.concrete_fields if field.attname not in self._varying]
        return JsonRows(fields, name="shared")

    @cached_property
    def _sql(self) -> str:
        quoted = connection.ops.quote_name
        columns = [*self._rows.columns, *self._shared.columns]
        values = [f"new.{quoted(name)}" for name in self._rows.columns]
        values += [f"shared.{quoted(name)}" for name in self._shared.columns]
        return (
            f"INSERT INTO {quoted(self._model._meta.db_table)} ({', '.join(map(quoted, columns))})"
            f" SELECT {', '.join(values)} FROM {self._rows.relation} CROSS JOIN {self._shared.relation}"
            # WHERE: without it SQLite takes ON for a part of the join.
            " WHERE true ON CONFLICT DO NOTHING RETURNING 1"
        )

    def __call__(self, shared: models.Model, rows: Sequence[Mapping[str, Any]]) -> int:
        """How many were inserted. `shared` is an instance of which the common columns are taken."""
        if not rows:
            return 0
        return len(execute(self._sql, [self._rows.encode(rows), self._shared.encode([shared])]))
