"""Ledger entries as the contract's transactions (f.6), answered and exported."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F, Q, QuerySet

from api.filters import Filters, IdFilter, MomentFilter, filtered, query_of
from api.v1.exports import parse_export
from api.views import ServerView
from common.ids import public_id
from common.jsons import JsonObject
from common.refusals import InvalidPayload
from events.models import Event
from exports.kinds import TRANSACTION_FIELDS, ExportKind, by_key, row_of, scope_key
from exports.models import Export
from exports.starting import ExportRequest, start_export
from loyalty.models import EarningRule, EntryKind, LedgerEntry

TYPE_OF_KIND = {
    EntryKind.EARN: "POINTS_ACCRUAL",
    EntryKind.REWARD: "POINTS_ADDITION",
    EntryKind.ADDITION: "POINTS_ADDITION",
    EntryKind.REMOVAL: "POINTS_REMOVAL",
    EntryKind.REVERSAL: "POINTS_REMOVAL",
}


# By this name EXPORT_KINDS knows LoyaltyTransactions.
POINTS_EXPORT = "loyalty_transactions"
TRANSACTION_FILTERS: Filters = {
    "id": IdFilter("pk", "vtx"),
    "created_at": MomentFilter("created_at"),
    "voucher_id": IdFilter("card", "v"),
    "campaign_id": IdFilter("card__program", "camp"),
}


# Of a card that was given back and given out again: what its present holder has moved.
OF_PRESENT_HOLDER = Q(card__starts_after=None) | Q(pk__gt=F("card__starts_after"))


def check_filters(sent: JsonObject) -> None:
    """Whether a file can be narrowed by these filters. Raises InvalidPayload with every error."""
    query = query_of(sent)
    filtered(LedgerEntry.objects.none(), query, TRANSACTION_FILTERS)
    if query.errors:
        raise InvalidPayload.of(query.errors)


def start_file(
    view: ServerView, kind: str, scope: Mapping[str, str], *, told: JsonObject, fields: Sequence[str] = ()
) -> Export:
    """Starts the export of what the scope names, as the body of the call asks for it.

    `told` is what the answer adds to the filters, `fields` those of a file for which nobody chose any.
    """
    asked_for = parse_export(view.body())
    check_filters(asked_for.filters)
    request = ExportRequest(asked_for.fields or fields, asked_for.order, {**asked_for.filters, **told})
    return start_export(view.project, kind, request, scope=scope, now=view.now)


def render_transactions(entries: Sequence[LedgerEntry]) -> list[JsonObject]:
    """Transactions with the event and rule behind them; two statements for any number (cards must be loaded)."""
    rules = EarningRule.objects.in_bulk({entry.rule_id for entry in entries if entry.rule_id})
    events = Event.objects.in_bulk({entry.event_id for entry in entries if entry.event_id})
    return [_rendered(entry, rules, events) for entry in entries]


def _rendered(entry: LedgerEntry, rules: Mapping[UUID, EarningRule], events: Mapping[UUID, Event]) -> JsonObject:
    details: JsonObject = {"balance": _balance(entry)}
    if entry.rule_id:
        rule = rules[entry.rule_id]
        details["earning_rule"] = {"id": rule.public_id, "source": {"banner": rule.banner or None}}
    event = events.get(entry.event_id) if entry.event_id else None
    if event is not None:
        details["custom_event"] = {"id": event.public_id, "type": event.name}
        if event.definition_id:
            details["event_schema"] = {"id": public_id("ms", event.definition_id), "name": event.name}
    return {
        "id": entry.public_id,
        "source_id": entry.source_id,
        "voucher_id": public_id("v", entry.card_id),
        "campaign_id": public_id("camp", entry.card.program_id),
        "source": "API" if _is_by_hand(entry) else None,
        "reason": entry.reason or None,
        "type": TYPE_OF_KIND[EntryKind(entry.kind)],
        "details": details,
        "related_transaction_id": public_id("vtx", entry.reverses_id) if entry.reverses_id else None,
        "created_at": entry.created_at,
    }


def _balance(entry: LedgerEntry) -> JsonObject:
    return {
        "points": entry.points,
        "total": entry.lifetime_after,
        "balance": entry.balance_after,
        "type": "loyalty_card",
        "object": "balance",
        "related_object": {"type": "voucher", "id": public_id("v", entry.card_id)},
        "operation_type": "MANUAL" if _is_by_hand(entry) else "AUTOMATIC",
    }


def _is_by_hand(entry: LedgerEntry) -> bool:
    return entry.source.startswith("manual:")


class TransactionExport(ExportKind):
    """The journal of one kind of card as a file; `scope` names a `voucher` or a `campaign` by its key."""

    exported_object = "voucher_transactions"
    fields = TRANSACTION_FIELDS
    filters: ClassVar[Filters]
    # How an entry leads to its campaign.
    campaign: ClassVar[str]

    def entries(self) -> QuerySet[Any]:
        """All entries, with what `render` reads of their cards."""
        raise NotImplementedError

    def render(self, entries: Sequence[Any]) -> list[JsonObject]:
        raise NotImplementedError

    def pages(self, export: Export) -> Iterator[Sequence[Mapping[str, Any]]]:
        entries = self.entries().filter(project=export.project_id)
        rows: QuerySet[Any] = filtered(entries, query_of(export.filters), self.filters)
        if voucher := scope_key(export, "voucher"):
            rows = rows.filter(card=voucher)
        if campaign := scope_key(export, "campaign"):
            rows = rows.filter(**{self.campaign: campaign})
        for page in by_key(rows, descending=export.order.startswith("-")):
            yield [row_of(rendered, entry.created_at) for rendered, entry in zip(self.render(page), page, strict=True)]


class LoyaltyTransactions(TransactionExport):
    filters = TRANSACTION_FILTERS
    campaign = "card__program"

    def entries(self) -> QuerySet[LedgerEntry]:
        return LedgerEntry.objects.select_related("card")

    def render(self, entries: Sequence[LedgerEntry]) -> list[JsonObject]:
        return render_transactions(entries)
