"""Erasing keys from the metadata of many rows: what the async actions of a purge share (contract c.4)."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from common.statements import Update
from outbox.actions import Progress

CHUNK = 1_000


def purge_keys(rows: QuerySet[Any], names: Collection[str], progress: Progress) -> None:
    """Takes these keys out of the `metadata` of all rows, which have `updated_at`, too.

    A chunk at a time by three statements, two where nothing in it has such a key. Every row that was looked at counts
    as done, so a run that begins anew counts as the first did. Only rows that change are locked, in the order of keys.
    """
    rows = rows.exclude(metadata={})
    write = Update(rows.model, {name: f"new.{name}" for name in ("metadata", "updated_at")})
    progress.total(rows.count())
    chunk = _after(rows, None)
    while chunk:
        holding = [key for key, metadata in chunk if not metadata.keys().isdisjoint(names)]
        if holding:
            _erase(rows.model, holding, names, write)
        progress.done(len(chunk))
        chunk = _after(rows, chunk[-1][0])


def _after(rows: QuerySet[Any], last: UUID | None) -> Sequence[tuple[UUID, dict[str, Any]]]:
    later = rows if last is None else rows.filter(pk__gt=last)
    return list(later.order_by("pk").values_list("pk", "metadata")[:CHUNK])


def _erase(model: Any, keys: Sequence[UUID], names: Collection[str], write: Update[Any]) -> None:
    with transaction.atomic():
        rows = model.objects.select_for_update(no_key=True).filter(pk__in=keys)
        locked = list(rows.only("metadata", "updated_at").order_by("pk"))
        for row in locked:
            row.metadata = {key: value for key, value in row.metadata.items() if key not in names}
            row.updated_at = datetime.now(UTC)
        write(locked)
