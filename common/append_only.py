"""Rows that are written once and never changed: versions, events, effects, ledger entries."""

from typing import Any, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model, covariant=True)


class InsertOnlyQuerySet(models.QuerySet[M, M]):
    """Refuses `update` and `delete`."""

    def update(self, **values: Any) -> int:
        raise TypeError(f"{self.model.__name__} rows are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError(f"{self.model.__name__} rows are never deleted")


class AppendOnly(models.Model):
    """Refuses to save an existing row and to delete any."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__} rows are never changed")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        raise TypeError(f"{type(self).__name__} rows are never deleted")
