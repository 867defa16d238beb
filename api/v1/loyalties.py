"""`/v1/loyalties`: programmes, their members (cards) and balances."""

from dataclasses import replace

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import FILTER_PARAMETERS, filtered
from api.json_schemas import PUBLICATION
from api.object_schemas import BALANCE, CAMPAIGN, STARTED, VOUCHER
from api.object_schemas import page_of as page_of_objects
from api.pagination import PAGE_PARAMETERS, Query, listing, ordered, page_of
from api.shapes import LEFT_OUT, Integer, Shape, Text, Unsupported, checked
from api.v1.campaign_shapes import (
    CampaignShape,
    CampaignUpdateShape,
    change_validation_rule,
    parse_campaign_change,
    parse_campaign_fields,
    parse_initial_points,
)
from api.v1.campaigns import FILTERS as CAMPAIGN_FILTERS
from api.v1.publications import parse_publication
from api.v1.rendering import render_campaigns, render_vouchers
from api.v1.vouchers import ORDERS as VOUCHER_ORDERS
from api.v1.vouchers import chosen_vouchers, voucher_filters
from api.v1.windows import period_parameters
from api.views import ServerView
from campaigns.changing import change_campaign
from campaigns.deletion import delete_campaign
from campaigns.models import Campaign, CampaignType, Voucher
from campaigns.reading import find_campaign, find_voucher
from common.refusals import InvalidPayload, NotFound, Refusal
from loyalty.balances import adjust_balance
from loyalty.cards import find_card
from loyalty.programs import create_loyalty_campaign
from projects.models import Project
from publications.publishing import PublicationRequest, publish

# What members may be sorted by, and the column behind it. The cards of one programme share type, name and category.
MEMBER_ORDERS = VOUCHER_ORDERS | {"type": "id", "campaign": "id", "category": "id"}


class PointsChangeShape(Shape):
    points = Integer()
    reason = Text(max_length=500, allow_blank=True, **LEFT_OUT)
    source_id = Text(**LEFT_OUT)
    # Points do not expire yet, so that the programme's rules and none are the same; what asks for a day is refused.
    expiration_type = serializers.ChoiceField(choices=["PROGRAM_RULES", "CUSTOM_DATE", "NON_EXPIRING"], **LEFT_OUT)
    expiration_date = Unsupported()


class Programmes(ServerView):
    bodies = {"post": CampaignShape}
    answers = {"post": CAMPAIGN, "get": page_of_objects("campaigns", CAMPAIGN)}
    queries = {"get": (*PAGE_PARAMETERS, *FILTER_PARAMETERS, "expand")}

    def post(self, request: Request) -> Response:
        """Create a loyalty programme."""
        body = checked(CampaignShape, self.body())
        kind = CampaignType.LOYALTY_PROGRAM
        if body.get("campaign_type", kind) != kind:
            raise InvalidPayload.at("campaign_type", f"Property .campaign_type must be {kind}", body["campaign_type"])
        fields = parse_campaign_fields(body, kind, request_id=self.request_id)
        with transaction.atomic():
            campaign = create_loyalty_campaign(self.project, fields, parse_initial_points(body), by=self.actor)
            change_validation_rule(campaign, body, by=self.actor, now=self.now)
        return Response(render_campaigns([campaign])[0])

    def get(self, request: Request) -> Response:
        """List loyalty programmes."""
        query = Query(request)
        order = query.order(("created_at", "updated_at"), "-created_at")
        # What may be expanded is always there: nothing is hidden from answers.
        query.choice("expand", ("category", "access_settings_assignments"))
        kind = CampaignType.LOYALTY_PROGRAM
        rows = Campaign.objects.filter(project=self.project, campaign_type=kind, deleted_at=None)
        rows = filtered(rows, query, CAMPAIGN_FILTERS)
        page = page_of(ordered(rows, order), query)
        return Response(listing("campaigns", render_campaigns(page.rows), page))


class OneProgramme(ServerView):
    bodies = {"put": CampaignUpdateShape}
    answers = {"get": CAMPAIGN, "put": CAMPAIGN, "delete": STARTED}
    queries = {"delete": ("force",)}
    successes = {"delete": "200"}

    def get(self, request: Request, campaign_id: str) -> Response:
        """Get a loyalty programme by id or name."""
        return Response(render_campaigns([find_programme(self.project, campaign_id)])[0])

    def put(self, request: Request, campaign_id: str) -> Response:
        """Change a loyalty programme: what is left out stays, nulls clear. It is joined once, whatever is said."""
        campaign = find_programme(self.project, campaign_id)
        change = parse_campaign_change(self.body())
        columns = {name: value for name, value in change.columns.items() if name != "join_once"}
        with transaction.atomic():
            changed = change_campaign(campaign, replace(change, columns=columns), by=self.actor, now=self.now)
            change_validation_rule(changed, self.body(), by=self.actor, now=self.now)
        return Response(render_campaigns([changed])[0])

    def delete(self, request: Request, campaign_id: str) -> Response:
        """Delete a loyalty programme and its cards; every point stays in the books."""
        query = Query(request)
        force = query.flag("force")
        query.done()
        campaign = find_programme(self.project, campaign_id)
        action = delete_campaign(campaign, force=force, by=self.actor, request_id=self.request_id, now=self.now)
        return Response({"async_action_id": action.public_id})


class Members(ServerView):
    bodies = {"post": {"application/json": PUBLICATION}}
    answers = {"post": VOUCHER, "get": page_of_objects("vouchers", VOUCHER)}
    queries = {
        "get": (
            *PAGE_PARAMETERS,
            *FILTER_PARAMETERS,
            *("customer", "code", "ids"),
            *period_parameters("created_at", "updated_at"),
        )
    }

    def post(self, request: Request, campaign_id: str) -> Response:
        """Give a customer a card of the programme; one who has a card is answered with it."""
        campaign = find_programme(self.project, campaign_id)
        fields, profile = parse_publication(self.body())
        asked_for = PublicationRequest(customer=profile, campaign=campaign.public_id, **fields)
        publication = publish(self.project, asked_for, group_id=self.request_id, now=self.now, by=self.actor)
        return Response(render_vouchers(self.project, [publication.voucher])[0])

    def get(self, request: Request, campaign_id: str) -> Response:
        """List the cards of the programme."""
        query = Query(request)
        campaign = find_programme(self.project, campaign_id)
        rows = filtered(
            chosen_vouchers(self.project, query).filter(campaign=campaign), query, voucher_filters(self.project)
        )
        order = query.order(list(MEMBER_ORDERS), "-created_at")
        sign, name = order[: order.startswith("-")], order.removeprefix("-")
        page = page_of(ordered(rows, sign + MEMBER_ORDERS[name]), query)
        return Response(listing("vouchers", render_vouchers(self.project, page.rows), page))


class OneMember(ServerView):
    answers = {"get": VOUCHER}

    def get(self, request: Request, member_id: str, campaign_id: str | None = None) -> Response:
        """Get a card by code or id."""
        return Response(render_vouchers(self.project, [find_member(self.project, member_id, campaign_id)])[0])


class Balance(ServerView):
    bodies = {"post": PointsChangeShape}
    answers = {"post": BALANCE}

    def post(self, request: Request, member_id: str, campaign_id: str | None = None) -> Response:
        """Add points to a card, or take them with a negative number."""
        voucher = find_member(self.project, member_id, campaign_id)
        body = checked(PointsChangeShape, self.body())
        if body.get("expiration_type", "NON_EXPIRING") == "CUSTOM_DATE":
            raise Refusal(
                "Points do not expire", key="invalid_add_balance_params", message="Invalid add balance params"
            )
        entry = adjust_balance(
            find_card(voucher),
            body["points"],
            reason=body.get("reason", ""),
            source_id=body.get("source_id"),
            by=self.actor,
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
