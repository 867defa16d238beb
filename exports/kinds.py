"""What can be exported, by dotted path: exports know none of the apps whose rows they write."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string

from common.jsons import JsonObject
from exports.models import Export

M = TypeVar("M", bound=Model)
PAGE = 1_000


class ExportKind:
    """One kind of file; EXPORT_KINDS gives it its name."""

    # The contract's word for what is in the file: "voucher_transactions".
    exported_object: ClassVar[str]
    # Every column that a file may have, in the order of a file for which nobody chose any.
    fields: ClassVar[Sequence[str]]
    orders: ClassVar[Sequence[str]] = ("-created_at", "created_at")

    def pages(self, export: Export) -> Iterator[Sequence[Mapping[str, Any]]]:
        """The rows, a list at a time, each with a value for every one of `fields`; in `export.order`.

        `export.scope` says whose rows, as the caller of `start_export` put it; see `by_key` for reading them.
        """
        raise NotImplementedError


def kind_named(name: str) -> ExportKind:
    """Raises ImproperlyConfigured for a name that EXPORT_KINDS does not have."""
    path = settings.EXPORT_KINDS.get(name)
    if path is None:
        raise ImproperlyConfigured(f"EXPORT_KINDS has no “{name}”")
    kind: ExportKind = import_string(path)()
    return kind


def by_key(rows: QuerySet[M], *, descending: bool) -> Iterator[list[M]]:
    """All rows in the order of their keys, which is that of time, a page at a time by one statement each."""
    rows = rows.order_by("-pk" if descending else "pk")
    page = list(rows[:PAGE])
    while page:
        yield page
        after = {"pk__lt" if descending else "pk__gt": page[-1].pk}
        page = list(rows.filter(**after)[:PAGE]) if len(page) == PAGE else []


def scope_key(export: Export, name: str) -> UUID | None:
    """A key that the scope names, or None."""
    text = export.scope.get(name)
    return UUID(text) if text else None


def row_of(rendered: JsonObject, created_at: datetime) -> JsonObject:
    """A transaction as the API renders it (contract f.6), as a row of a file: the balance's parts beside the rest."""
    balance = rendered["details"]["balance"]
    amount = balance.get("amount", balance.get("points"))
    return {**rendered, "amount": amount, "balance": balance["balance"], "created_at": created_at}


# The contract's columns of a file of transactions, of gift cards and of loyalty cards alike.
TRANSACTION_FIELDS = (
    "id",
    "campaign_id",
    "voucher_id",
    "type",
    "source_id",
    "reason",
    "source",
    "balance",
    "amount",
    "related_transaction_id",
    "created_at",
    "details",
)
