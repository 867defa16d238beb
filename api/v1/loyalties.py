"""`/v1/loyalties`: programmes, their members (cards), balances and transactions."""

from django.db.models import F, Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import FILTER_PARAMETERS, Filters, IdFilter, MetadataFilter, MomentFilter, TextFilter, filtered
from api.json_schemas import PUBLICATION
from api.pagination import (
    CURSOR_PARAMETERS,
    PAGE_PARAMETERS,
    Query,
    cursor_listing,
    listing,
    ordered,
    page_of,
    slice_of,
)
from api.shapes import LEFT_OUT, Integer, Shape, Text, Unsupported, checked
from api.v1.campaign_shapes import CampaignShape, parse_campaign_fields, parse_initial_points
from api.v1.publications import parse_publication
from api.v1.rendering import render_campaigns, render_vouchers
from api.v1.transactions import render_transactions
from api.views import ServerView
from campaigns.codes import code_key
from campaigns.models import Campaign, CampaignType, Voucher
from campaigns.reading import find_campaign, find_voucher
from common.ids import parse_public_id
from common.refusals import NotFound, Refusal
from customers.reading import find_customer
from loyalty.balances import adjust_balance
from loyalty.cards import find_card
from loyalty.models import LedgerEntry
from loyalty.programs import create_loyalty_campaign
from projects.models import Project
from publications.publishing import PublicationRequest, publish

PROGRAMME_FILTERS: Filters = {
    "id": IdFilter("pk", "camp"),
    "name": TextFilter("name"),
    "created_at": MomentFilter("created_at"),
    "updated_at": MomentFilter("updated_at"),
    "metadata": MetadataFilter("metadata"),
}
MEMBER_FILTERS: Filters = {
    "id": IdFilter("pk", "v"),
    "code": TextFilter("code"),
    "customer_id": IdFilter("holder", "cust"),
    "created_at": MomentFilter("created_at"),
    "updated_at": MomentFilter("updated_at"),
    "metadata": MetadataFilter("metadata"),
}
# What members may be sorted by, and the column behind it. The cards of one programme share type, name and category.
MEMBER_ORDERS = {
    "created_at": "created_at",
    "updated_at": "updated_at",
    "code": "code_key",
    "type": "id",
    "campaign": "id",
    "category": "id",
}
TRANSACTION_FILTERS: Filters = {
    "id": IdFilter("pk", "vtx"),
    "created_at": MomentFilter("created_at"),
    "voucher_id": IdFilter("card", "v"),
}
TRANSACTION_PARAMETERS = (*CURSOR_PARAMETERS, "order", *FILTER_PARAMETERS)


class BalanceShape(Shape):
    points = Integer()
    reason = Text(max_length=500, allow_blank=True, **LEFT_OUT)
    source_id = Text(**LEFT_OUT)
    # Points do not expire yet, so that the programme's rules and none are the same; what asks for a day is refused.
    expiration_type = serializers.ChoiceField(choices=["PROGRAM_RULES", "CUSTOM_DATE", "NON_EXPIRING"], **LEFT_OUT)
    expiration_date = Unsupported()


class Programmes(ServerView):
    bodies = {"post": CampaignShape}
    queries = {"get": (*PAGE_PARAMETERS, *FILTER_PARAMETERS, "expand")}

    def post(self, request: Request) -> Response:
        """Create a loyalty programme."""
        body = checked(CampaignShape, self.body())
        fields = parse_campaign_fields(body, CampaignType.LOYALTY_PROGRAM)
        campaign = create_loyalty_campaign(self.project, fields, parse_initial_points(body), by=self.actor)
        return Response(render_campaigns([campaign])[0])

    def get(self, request: Request) -> Response:
        """List loyalty programmes."""
        query = Query(request)
        order = query.order(("created_at", "updated_at"), "-created_at")
        # What may be expanded is always there: nothing is hidden from answers.
        query.choice("expand", ("category", "access_settings_assignments"))
        rows = Campaign.objects.filter(project=self.project, campaign_type=CampaignType.LOYALTY_PROGRAM)
        rows = filtered(rows, query, PROGRAMME_FILTERS)
        page = page_of(ordered(rows, order), query)
        return Response(listing("campaigns", render_campaigns(page.rows), page))


class OneProgramme(ServerView):
    def get(self, request: Request, campaign_id: str) -> Response:
        """Get a loyalty programme by id or name."""
        return Response(render_campaigns([find_programme(self.project, campaign_id)])[0])


class Members(ServerView):
    bodies = {"post": {"application/json": PUBLICATION}}
    queries = {
        "get": (
            *PAGE_PARAMETERS,
            *FILTER_PARAMETERS,
            "customer",
            "code",
            "ids",
            "created_at[before]",
            "created_at[after]",
            "updated_at[before]",
            "updated_at[after]",
        )
    }

    def post(self, request: Request, campaign_id: str) -> Response:
        """Give a customer a card of the programme; one who has a card is answered with it."""
        campaign = find_programme(self.project, campaign_id)
        fields, profile = parse_publication(self.body())
        asked_for = PublicationRequest(customer=profile, campaign=campaign.public_id, **fields)
        publication = publish(self.project, asked_for, group_id=self.request_id, now=self.now)
        return Response(render_vouchers(self.project, [publication.voucher])[0])

    def get(self, request: Request, campaign_id: str) -> Response:
        """List the cards of the programme."""
        query = Query(request)
        campaign = find_programme(self.project, campaign_id)
        rows = _members(self.project, query).filter(campaign=campaign).select_related("campaign")
        order = query.order(list(MEMBER_ORDERS), "-created_at")
        sign, name = order[: order.startswith("-")], order.removeprefix("-")
        page = page_of(ordered(filtered(rows, query, MEMBER_FILTERS), sign + MEMBER_ORDERS[name]), query)
        return Response(listing("vouchers", render_vouchers(self.project, page.rows), page))


class OneMember(ServerView):
    def get(self, request: Request, member_id: str, campaign_id: str | None = None) -> Response:
        """Get a card by code or id."""
        return Response(render_vouchers(self.project, [find_member(self.project, member_id, campaign_id)])[0])


class Balance(ServerView):
    bodies = {"post": BalanceShape}

    def post(self, request: Request, member_id: str, campaign_id: str | None = None) -> Response:
        """Add points to a card, or take them with a negative number."""
        voucher = find_member(self.project, member_id, campaign_id)
        body = checked(BalanceShape, self.body())
        if body.get("expiration_type", "NON_EXPIRING") == "CUSTOM_DATE":
            raise Refusal(
                "Points do not expire", key="invalid_add_balance_params", message="Invalid add balance params"
            )
        entry = adjust_balance(
            find_card(voucher),
            body["points"],
            reason=body.get("reason", ""),
            source_id=body.get("source_id"),
            group_id=self.request_id,
            now=self.now,
        )
        return Response(
            {
                "points": entry.points,
                "total": entry.lifetime_after,
                "balance": entry.balance_after,
                "type": "loyalty_card",
                "object": "balance",
                "related_object": {"type": "voucher", "id": voucher.public_id},
                "operation_type": "MANUAL",
            }
        )


class MemberTransactions(ServerView):
    queries = {"get": TRANSACTION_PARAMETERS}

    def get(self, request: Request, member_id: str, campaign_id: str | None = None) -> Response:
        """List the transactions of a card, newest first."""
        voucher = find_member(self.project, member_id, campaign_id)
        own = Q(card__starts_after=None) | Q(pk__gt=F("card__starts_after"))
        return _transactions(_entries().filter(own, card=voucher.pk), Query(request))


class ProgrammeTransactions(ServerView):
    queries = {"get": TRANSACTION_PARAMETERS}

    def get(self, request: Request, campaign_id: str) -> Response:
        """List the transactions of a programme, newest first."""
        campaign = find_programme(self.project, campaign_id)
        return _transactions(_entries().filter(card__program=campaign.pk), Query(request))


def find_programme(project: Project, name: str) -> Campaign:
    """A loyalty campaign by id or name. Raises NotFound."""
    campaign = find_campaign(project, name)
    if campaign.campaign_type != CampaignType.LOYALTY_PROGRAM:
        raise NotFound.of("campaign", name)
    return campaign


def find_member(project: Project, member_id: str, campaign_id: str | None) -> Voucher:
    """A loyalty card by code or id, of that programme where one is named. Raises NotFound."""
    campaign = find_programme(project, campaign_id) if campaign_id is not None else None
    voucher = find_voucher(project, member_id, campaign)
    if voucher.campaign_type != CampaignType.LOYALTY_PROGRAM:
        raise NotFound.of("voucher", member_id)
    return voucher


def _members(project: Project, query: Query) -> QuerySet[Voucher]:
    """The cards that the query's own parameters leave."""
    rows = Voucher.objects.filter(project=project)
    if customer := query.text("customer"):
        rows = rows.filter(holder=find_customer(project, customer))
    if code := query.text("code"):
        rows = rows.filter(code_key=code_key(project, code))
    if ids := query.texts("ids"):
        rows = rows.filter(pk__in=[key for text in ids if (key := parse_public_id("v", text))])
    return rows.filter(**query.period("created_at", "created_at"), **query.period("updated_at", "updated_at"))


def _entries() -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.select_related("card")


def _transactions(entries: QuerySet[LedgerEntry], query: Query) -> Response:
    narrowed = filtered(entries, query, TRANSACTION_FILTERS)
    rows, has_more = slice_of(narrowed, query, "vtx", orders=("id",))
    return Response(cursor_listing(render_transactions(rows), has_more))
