"""`/v1/vouchers`: codes, of campaigns or on their own."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import (
    FILTER_PARAMETERS,
    ChoiceFilter,
    Filters,
    FlagFilter,
    IdFilter,
    MetadataFilter,
    MomentFilter,
    OwnFilter,
    TextFilter,
    filtered,
)
from api.json_schemas import VOUCHER, VOUCHER_CHANGE
from api.object_schemas import BALANCE
from api.object_schemas import VOUCHER as VOUCHER_ANSWER
from api.object_schemas import page_of as listed_pages
from api.pagination import PAGE_PARAMETERS, Query, listing, ordered, page_of
from api.shapes import LEFT_OUT, Integer, Shape, Text, checked
from api.v1.campaigns import parse_addition
from api.v1.rendering import render_vouchers
from api.v1.windows import period_parameters, switch_filter
from api.views import ServerView
from campaigns.codes import code_key
from campaigns.deletion import delete_voucher
from campaigns.kinds import BalanceChange, kind_of
from campaigns.models import Voucher, VoucherType
from campaigns.reading import find_campaign, find_voucher
from campaigns.voucher_fields import parse_voucher
from campaigns.vouchers import change_voucher, create_voucher, switch_voucher
from common.ids import parse_public_id
from common.jsons import JsonObject
from common.refusals import InvalidPayload, NotFound
from customers.reading import find_customer
from projects.audit import Actor
from projects.models import Project

HIGHEST_PAGE = 99
# What a list is ordered by, and the column that an index has for it.
ORDERS = {"created_at": "created_at", "updated_at": "updated_at", "code": "code_key"}


def voucher_filters(project: Project) -> Filters:
    """The filters of a list of codes; codes are compared by the project's rule."""
    return {
        "code": TextFilter("code_key", lambda text: code_key(project, text)),
        "voucher_code": TextFilter("code_key", lambda text: code_key(project, text)),
        "campaign": TextFilter("campaign__name"),
        "campaign_id": IdFilter("campaign", "camp"),
        "campaign_ids": IdFilter("campaign", "camp"),
        "category": TextFilter("category"),
        "type": ChoiceFilter("type", VoucherType.values),
        "voucher_type": ChoiceFilter("type", VoucherType.values),
        "holder_id": IdFilter("holder", "cust"),
        "customer_id": IdFilter("holder", "cust"),
        "is_referral_code": FlagFilter("is_referral_code"),
        "active": OwnFilter(switch_filter),
        "additional_info": TextFilter("additional_info"),
        "created_at": MomentFilter("created_at"),
        "updated_at": MomentFilter("updated_at"),
        "start_date": MomentFilter("start_date"),
        "expiration_date": MomentFilter("expiration_date"),
        "metadata": MetadataFilter("metadata"),
    }


class VoucherBalanceShape(Shape):
    amount = Integer()
    reason = Text(max_length=500, allow_blank=True, **LEFT_OUT)
    source_id = Text(**LEFT_OUT)


class Vouchers(ServerView):
    answers = {"get": listed_pages("vouchers", VOUCHER_ANSWER), "post": VOUCHER_ANSWER}
    bodies = {"post": {"application/json": VOUCHER}}
    queries = {
        "get": (
            *PAGE_PARAMETERS,
            *FILTER_PARAMETERS,
            *("category", "campaign_id", "campaign", "customer", "code", "ids"),
            *period_parameters("created_at", "updated_at"),
        )
    }

    def post(self, request: Request) -> Response:
        """Create a voucher: in a campaign, or one that stands alone."""
        return Response(create_from(self.project, self.body(), by=self.actor))

    def get(self, request: Request) -> Response:
        """List vouchers."""
        query = Query(request)
        rows = chosen_vouchers(self.project, query)
        rows = filtered(rows, query, voucher_filters(self.project))
        order = query.order(tuple(ORDERS), "-created_at")
        sign, name = order[: order.startswith("-")], order.removeprefix("-")
        page = page_of(ordered(rows, sign + ORDERS[name]), query, highest_page=HIGHEST_PAGE)
        return Response(listing("vouchers", render_vouchers(self.project, page.rows), page))


class OneVoucher(ServerView):
    answers = {"get": VOUCHER_ANSWER, "post": VOUCHER_ANSWER, "put": VOUCHER_ANSWER}
    bodies = {"post": {"application/json": VOUCHER}, "put": {"application/json": VOUCHER_CHANGE}}
    queries = {"delete": ("force",)}

    def get(self, request: Request, code: str) -> Response:
        """Get a voucher by code or id."""
        return Response(render_vouchers(self.project, [find_voucher(self.project, code)])[0])

    def post(self, request: Request, code: str) -> Response:
        """Create a voucher with this very code."""
        return Response(create_from(self.project, {**self.body(), "code": code}, by=self.actor))

    def put(self, request: Request, code: str) -> Response:
        """Change a voucher: what is left out stays, nulls clear, metadata is merged."""
        voucher = find_voucher(self.project, code)
        change, errors = parse_voucher(self.body(), nulls_clear=True)
        if errors:
            raise InvalidPayload.of(errors)
        return Response(
            render_vouchers(self.project, [change_voucher(voucher, change, by=self.actor, now=self.now)])[0]
        )

    def delete(self, request: Request, code: str) -> Response:
        """Delete a voucher; what was published and posted stays in the books, with and without `force`."""
        query = Query(request)
        query.flag("force")
        query.done()
        delete_voucher(find_voucher(self.project, code), by=self.actor, now=self.now)
        return Response(status=204)


class VoucherSwitch(ServerView):
    answers = {"post": VOUCHER_ANSWER}
    active = True

    def post(self, request: Request, code: str) -> Response:
        """Let a voucher be used, or not."""
        voucher = switch_voucher(find_voucher(self.project, code), active=self.active, by=self.actor, now=self.now)
        return Response(render_vouchers(self.project, [voucher])[0])


class VoucherBalance(ServerView):
    answers = {"post": BALANCE}
    bodies = {"post": VoucherBalanceShape}

    def post(self, request: Request, code: str) -> Response:
        """Add to the balance of a gift or loyalty card, or take from it with a negative amount."""
        voucher = find_voucher(self.project, code)
        body = checked(VoucherBalanceShape, self.body())
        change = BalanceChange(body["amount"], body.get("reason", ""), body.get("source_id"))
        balance = kind_of(voucher).adjust(voucher, change, by=self.actor, group_id=self.request_id, now=self.now)
        return Response(
            {
                "amount": balance.amount,
                "total": balance.total,
                "balance": balance.balance,
                "type": balance.type,
                "operation_type": "MANUAL",
                "object": "balance",
                "related_object": {"type": "voucher", "id": voucher.public_id},
            }
        )


def create_from(project: Project, body: JsonObject, *, by: Actor) -> JsonObject:
    """The rendered voucher of a body that may name a campaign. Raises InvalidPayload, NotFound, Duplicate, Refusal."""
    name = body.get("campaign_id") or body.get("campaign")
    if name is not None and not isinstance(name, str):
        raise InvalidPayload.at("campaign", "Property .campaign must be string", name, code="type")
    new = parse_addition(body)
    campaign = find_campaign(project, name) if name else None
    return render_vouchers(project, [create_voucher(project, campaign, new, by=by)])[0]


def chosen_vouchers(project: Project, query: Query) -> QuerySet[Voucher]:
    """What the parameters beside the filters leave."""
    rows = Voucher.objects.filter(project=project, deleted_at=None).select_related("campaign")
    if category := query.text("category"):
        rows = rows.filter(Q(category=category) | Q(category="", campaign__category=category))
    if campaign := query.text("campaign_id") or query.text("campaign"):
        rows = _of_campaign(rows, project, campaign)
    if customer := query.text("customer"):
        rows = _of_holder(rows, project, customer)
    if code := query.text("code"):
        rows = rows.filter(code_key=code_key(project, code))
    if ids := query.texts("ids"):
        rows = rows.filter(pk__in=_keys(ids))
    return rows.filter(**query.period("created_at", "created_at"), **query.period("updated_at", "updated_at"))


def _of_campaign(rows: QuerySet[Voucher], project: Project, name: str) -> QuerySet[Voucher]:
    try:
        return rows.filter(campaign=find_campaign(project, name))
    except NotFound:
        return rows.none()


def _of_holder(rows: QuerySet[Voucher], project: Project, name: str) -> QuerySet[Voucher]:
    try:
        return rows.filter(holder=find_customer(project, name))
    except NotFound:
        return rows.none()


def _keys(ids: Sequence[str]) -> list[UUID]:
    return [key for text in ids if (key := parse_public_id("v", text))]
