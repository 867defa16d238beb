"""`/v1/customers/{customerId}/redeemables`: the codes that a customer has to do with (contract d.4)."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import (
    FILTER_PARAMETERS,
    ChoiceFilter,
    Filters,
    IdFilter,
    Malformed,
    MomentFilter,
    OwnFilter,
    filtered,
    unknown,
)
from api.object_schemas import REDEEMABLE, cursor_of
from api.pagination import CURSOR_PARAMETERS, Query, cursor_listing, slice_of
from api.v1.rendering import render_holders, render_vouchers
from api.views import ServerView
from campaigns.models import CampaignType, Holder, HolderRole, VoucherType
from common.jsons import JsonObject
from customers.reading import find_customer

VOUCHER = "voucher"


def _of_object(operator: str, values: Sequence[str]) -> Q:
    """Everything is a voucher here."""
    if operator not in ("$is", "$is_not", "$in", "$not_in"):
        raise unknown(operator)
    if any(value != VOUCHER for value in values):
        raise Malformed(f"must be {VOUCHER}")
    return Q() if operator in ("$is", "$in") else Q(pk__in=[])


FILTERS: Filters = {
    "id": IdFilter("pk", "rh"),
    "created_at": MomentFilter("created_at"),
    "redeemable_id": IdFilter("voucher", "v"),
    "redeemable_object": OwnFilter(_of_object),
    "holder_role": ChoiceFilter("role", HolderRole.values),
    "campaign_id": IdFilter("voucher__campaign", "camp"),
    "campaign_type": ChoiceFilter("voucher__campaign__campaign_type", CampaignType.values),
    "voucher_type": ChoiceFilter("voucher__type", VoucherType.values),
}


class CustomerRedeemables(ServerView):
    answers = {"get": cursor_of(REDEEMABLE)}
    queries = {"get": (*CURSOR_PARAMETERS, *FILTER_PARAMETERS, "order")}

    def get(self, request: Request, customer_id: str) -> Response:
        """List the codes that a customer owns, refers by, or came through; newest first."""
        customer = find_customer(self.project, customer_id)
        query = Query(request)
        rows = Holder.objects.filter(project=self.project, customer=customer).select_related("voucher__campaign")
        holders, has_more = slice_of(filtered(rows, query, FILTERS), query, "rh", orders=("id",))
        vouchers = render_vouchers(self.project, [holder.voucher for holder in holders])
        shown = [
            {**rendered, "redeemable": _redeemable(holder, voucher, self.now)}
            for holder, rendered, voucher in zip(holders, render_holders(holders), vouchers, strict=True)
        ]
        return Response(cursor_listing(shown, has_more))


def _redeemable(holder: Holder, voucher: JsonObject, now: datetime) -> JsonObject:
    return {"type": VOUCHER, "voucher": voucher, "status": _status(holder, voucher, now)}


def _status(holder: Holder, voucher: JsonObject, now: datetime) -> str:
    """The first of the contract's words that holds."""
    code = holder.voucher
    if not code.active:
        return "DISABLED"
    if code.expiration_date is not None and code.expiration_date <= now:
        return "EXPIRED"
    if code.start_date is not None and code.start_date > now:
        return "NOT_ACTIVE_YET"
    card = voucher["loyalty_card"]
    return "NO_BALANCE" if card is not None and not card["balance"] else "ACTIVE"
