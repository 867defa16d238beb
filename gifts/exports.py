"""The credits of gift cards as a file."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exports.kinds import TRANSACTION_FIELDS, ExportKind, by_key, row_of, scope_key
from exports.models import Export
from gifts.models import GiftEntry
from gifts.rendering import render_credits


class GiftTransactions(ExportKind):
    """`scope` names a `voucher` or a `campaign` by its key."""

    exported_object = "voucher_transactions"
    fields = TRANSACTION_FIELDS

    def pages(self, export: Export) -> Iterator[Sequence[Mapping[str, Any]]]:
        rows = GiftEntry.objects.filter(project=export.project_id).select_related("card__voucher")
        if voucher := scope_key(export, "voucher"):
            rows = rows.filter(card=voucher)
        if campaign := scope_key(export, "campaign"):
            rows = rows.filter(card__voucher__campaign=campaign)
        for page in by_key(rows, descending=export.order.startswith("-")):
            yield [
                row_of(rendered, entry.created_at) for rendered, entry in zip(render_credits(page), page, strict=True)
            ]
