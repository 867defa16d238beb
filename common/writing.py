"""Set-based writing that reports exactly what it did."""

from collections.abc import Sequence
from typing import TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


def insert_new(model: type[M], rows: Sequence[M]) -> list[M]:
    """Insert `rows`, skipping those that already exist; return exactly the rows that this call inserted.

    Two statements, safe under concurrency: a row is ours if and only if *our* primary key is there afterwards.
    Pass rows sorted by their unique key: concurrent writers in different orders deadlock (seen on PostgreSQL).
    Validate first: on SQLite the statement swallows every violated constraint, not the unique ones alone.
    """
    if not rows:
        return []
    manager = model._default_manager
    manager.bulk_create(rows, ignore_conflicts=True)
    ours = set(manager.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    return [row for row in rows if row.pk in ours]
