"""Set-based writing that reports exactly what it did."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import models

from common.statements import Insert

M = TypeVar("M", bound=models.Model)


def insert_new(model: type[M], rows: Sequence[M]) -> list[M]:
    """Insert `rows`, skipping those that already exist; return exactly the rows that this call inserted.

    One statement, safe under concurrency. Pass rows sorted by their unique key: concurrent writers in different orders
    deadlock (seen on PostgreSQL).
    """
    return _insert_unless_there(model)(rows)


@cache
def _insert_unless_there(model: type[models.Model]) -> Insert[Any]:
    return Insert(model, unless_there=True)
