"""What moved on gift and loyalty cards: of one voucher, of a campaign, and as a file."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import FILTER_PARAMETERS, Filters, IdFilter, MomentFilter, filtered
from api.object_schemas import EXPORT, TRANSACTION, cursor_of
from api.pagination import CURSOR_PARAMETERS, Query, cursor_listing, slice_of
from api.v1.exports import ExportShape, render_export
from api.v1.transactions import OF_PRESENT_HOLDER, TransactionExport, render_transactions, start_file
from api.views import ServerView
from campaigns.models import Campaign, CampaignType, Voucher
from campaigns.reading import find_campaign, find_voucher
from common.jsons import JsonObject
from common.refusals import Refusal
from gifts.models import GiftEntry
from gifts.rendering import render_credits
from loyalty.models import LedgerEntry

ORDERS = ("id", "created_at")
# Of the journals of either kind of card.
FILTERS: Filters = {
    "id": IdFilter("pk", "vtx"),
    "voucher_id": IdFilter("card", "v"),
    "campaign_id": IdFilter("card__voucher__campaign", "camp"),
    "created_at": MomentFilter("created_at"),
}
Rendering = Callable[[Sequence[Any]], list[JsonObject]]


class VoucherTransactions(ServerView):
    answers = {"get": cursor_of(TRANSACTION)}
    queries = {"get": (*CURSOR_PARAMETERS, "order")}

    def get(self, request: Request, code: str) -> Response:
        """List the transactions of a gift or loyalty card."""
        voucher = find_voucher(self.project, code)
        rows, render = _of_voucher(voucher)
        found, has_more = slice_of(rows, Query(request), "vtx", orders=ORDERS)
        return Response(cursor_listing(render(found), has_more))


class CampaignTransactions(ServerView):
    answers = {"get": cursor_of(TRANSACTION)}
    queries = {"get": (*CURSOR_PARAMETERS, *FILTER_PARAMETERS, "order")}

    def get(self, request: Request, campaign_id: str) -> Response:
        """List the transactions of the gift or loyalty cards of a campaign."""
        rows, render = _of_campaign(find_campaign(self.project, campaign_id))
        query = Query(request)
        found, has_more = slice_of(filtered(rows, query, FILTERS), query, "vtx", orders=ORDERS)
        return Response(cursor_listing(render(found), has_more))


class VoucherTransactionsExport(ServerView):
    answers = {"post": EXPORT}
    bodies = {"post": ExportShape}

    def post(self, request: Request, code: str) -> Response:
        """Let the worker write the transactions of a card to a CSV file."""
        voucher = find_voucher(self.project, code)
        # Not `$in`, of which the official Python SDK parses no id: its models let them have one character.
        filters = {"voucher_id": {"conditions": {"$is": voucher.public_id}}}
        scope = {"voucher": str(voucher.pk)}
        export = start_file(self, _export_of(voucher.campaign_type), scope, told=filters)
        return Response(render_export(export, request))


class CampaignTransactionsExport(ServerView):
    answers = {"post": EXPORT}
    bodies = {"post": ExportShape}

    def post(self, request: Request, campaign_id: str) -> Response:
        """Let the worker write the transactions of a campaign's cards to a CSV file."""
        campaign = find_campaign(self.project, campaign_id)
        filters = {"campaign_id": {"conditions": {"$is": campaign.public_id}}}
        scope = {"campaign": str(campaign.pk)}
        export = start_file(self, _export_of(campaign.campaign_type), scope, told=filters)
        return Response(render_export(export, request))


# By the type of campaign: the name of the export.
EXPORTS = {
    CampaignType.GIFT_VOUCHERS: "gift_transactions",
    CampaignType.LOYALTY_PROGRAM: "loyalty_transactions",
}


def _export_of(campaign_type: str) -> str:
    """Raises Refusal for codes without a balance."""
    kind = EXPORTS.get(CampaignType(campaign_type))
    if kind is None:
        raise _without_balance(campaign_type)
    return kind


class GiftTransactions(TransactionExport):
    filters = FILTERS
    campaign = "card__voucher__campaign"

    def entries(self) -> QuerySet[GiftEntry]:
        return GiftEntry.objects.select_related("card__voucher")

    def render(self, entries: Sequence[GiftEntry]) -> list[JsonObject]:
        return render_credits(entries)


def _of_voucher(voucher: Voucher) -> tuple[QuerySet[Any], Rendering]:
    rows, render = _entries(voucher.campaign_type)
    return rows.filter(card=voucher.pk), render


def _of_campaign(campaign: Campaign) -> tuple[QuerySet[Any], Rendering]:
    rows, render = _entries(campaign.campaign_type)
    return rows.filter(card__voucher__campaign=campaign), render


def _entries(campaign_type: str) -> tuple[QuerySet[Any], Rendering]:
    """The journal of a type of cards, and how it is rendered. Raises Refusal for codes without a balance."""
    if campaign_type == CampaignType.GIFT_VOUCHERS:
        return GiftEntry.objects.select_related("card__voucher"), render_credits
    if campaign_type == CampaignType.LOYALTY_PROGRAM:
        return LedgerEntry.objects.filter(OF_PRESENT_HOLDER).select_related("card"), render_transactions
    raise _without_balance(campaign_type)


def _without_balance(campaign_type: str) -> Refusal:
    return Refusal(
        f"Vouchers of {campaign_type} campaigns have no balance", key="invalid_voucher", message="Invalid Voucher"
    )
