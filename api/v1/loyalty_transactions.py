"""The transactions of loyalty cards: of one member, of a programme, and as files."""

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import FILTER_PARAMETERS, filtered
from api.object_schemas import EXPORT, TRANSACTION, cursor_of
from api.pagination import CURSOR_PARAMETERS, Query, cursor_listing, slice_of
from api.v1.exports import ExportShape, render_export
from api.v1.loyalties import find_member, find_programme
from api.v1.transactions import (
    OF_PRESENT_HOLDER,
    POINTS_EXPORT,
    TRANSACTION_FILTERS,
    render_transactions,
    start_file,
)
from api.views import ServerView
from exports.kinds import TRANSACTION_FIELDS
from loyalty.models import LedgerEntry

# The SDKs know no campaign among the fields of a campaign's file, and can read none among its filters.
FIELDS_OF_PROGRAMMES = [name for name in TRANSACTION_FIELDS if name != "campaign_id"]
PARAMETERS = (*CURSOR_PARAMETERS, "order", *FILTER_PARAMETERS)


class MemberTransactions(ServerView):
    queries = {"get": PARAMETERS}
    answers = {"get": cursor_of(TRANSACTION)}

    def get(self, request: Request, member_id: str, campaign_id: str | None = None) -> Response:
        """List the transactions of a card, newest first."""
        voucher = find_member(self.project, member_id, campaign_id)
        return _listed(LedgerEntry.objects.filter(OF_PRESENT_HOLDER, card=voucher.pk), Query(request))


class ProgrammeTransactions(ServerView):
    queries = {"get": PARAMETERS}
    answers = {"get": cursor_of(TRANSACTION)}

    def get(self, request: Request, campaign_id: str) -> Response:
        """List the transactions of a programme, newest first."""
        campaign = find_programme(self.project, campaign_id)
        return _listed(LedgerEntry.objects.filter(card__program=campaign.pk), Query(request))


class MemberTransactionsExport(ServerView):
    answers = {"post": EXPORT}
    bodies = {"post": ExportShape}

    def post(self, request: Request, member_id: str, campaign_id: str | None = None) -> Response:
        """Let the worker write the transactions of a card to a CSV file."""
        voucher = find_member(self.project, member_id, campaign_id)
        named = {"voucher_id": {"conditions": {"$in": [voucher.public_id]}}}
        export = start_file(self, POINTS_EXPORT, {"voucher": str(voucher.pk)}, told=named)
        return Response(render_export(export, request))


class ProgrammeTransactionsExport(ServerView):
    answers = {"post": EXPORT}
    bodies = {"post": ExportShape}

    def post(self, request: Request, campaign_id: str) -> Response:
        """Let the worker write the transactions of a programme's cards to a CSV file."""
        campaign = find_programme(self.project, campaign_id)
        scope = {"campaign": str(campaign.pk)}
        export = start_file(self, POINTS_EXPORT, scope, told={}, fields=FIELDS_OF_PROGRAMMES)
        return Response(render_export(export, request))


def _listed(entries: QuerySet[LedgerEntry], query: Query) -> Response:
    rows = filtered(entries.select_related("card"), query, TRANSACTION_FILTERS)
    found, has_more = slice_of(rows, query, "vtx", orders=("id",))
    return Response(cursor_listing(render_transactions(found), has_more))
