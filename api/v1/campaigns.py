"""`/v1/campaigns`: campaigns of every type, and the codes that are added to them."""

from django.db import transaction
from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import (
    FILTER_PARAMETERS,
    ChoiceFilter,
    Filters,
    FlagFilter,
    IdFilter,
    Malformed,
    MetadataFilter,
    MomentFilter,
    OwnFilter,
    TextFilter,
    filtered,
    unknown,
)
from api.json_schemas import VOUCHER_CHANGE
from api.object_schemas import CAMPAIGN, NOTHING, STARTED, VOUCHER
from api.object_schemas import page_of as listed_pages
from api.pagination import PAGE_PARAMETERS, Query, listing, ordered, page_of
from api.shapes import checked
from api.v1.campaign_shapes import (
    CampaignShape,
    CampaignUpdateShape,
    ReferralProgramShape,
    change_validation_rule,
    check_no_tiers,
    parse_campaign_change,
    parse_campaign_fields,
    parse_initial_points,
    parse_referral_program,
)
from api.v1.rendering import render_campaigns, render_vouchers
from api.v1.windows import period_parameters, switch_filter
from api.views import ServerView
from campaigns.codes import parse_code_config
from campaigns.creation import create_campaign, set_active
from campaigns.deletion import delete_campaign
from campaigns.generation import MOST_CODES, start_generation
from campaigns.models import CAMPAIGN_TYPE_OF, Campaign, CampaignType, CodeSupply, VoucherType
from campaigns.reading import find_campaign
from campaigns.voucher_fields import parse_voucher
from campaigns.vouchers import NewVoucher, create_voucher
from common.jsons import JsonObject
from common.refusals import InvalidPayload
from loyalty.programs import create_loyalty_campaign
from projects.models import ActionStatus, OperationStatus
from referrals.programs import change_program, create_referral_campaign

STATUSES = ("DONE", "IN_PROGRESS", "FAILED", "DRAFT", "MODIFYING")
IS_IN_PROGRESS = Q(generation__status__in=[ActionStatus.ENQUEUED, ActionStatus.IN_PROGRESS])
HAS_FAILED = Q(generation__status=ActionStatus.FAILED) | Q(generation__operation_status=OperationStatus.FAILED)


def has_status(status: str) -> Q:
    """Whether the making of a campaign's codes is so far. Nothing is ever a draft, or being modified."""
    if status == "IN_PROGRESS":
        return IS_IN_PROGRESS
    if status == "FAILED":
        return HAS_FAILED
    if status == "DONE":
        # A campaign without such an action is done, and has NULLs that no comparison holds for.
        return Q(generation=None) | ~(IS_IN_PROGRESS | HAS_FAILED)
    return Q(pk__in=())


def _status_filter(operator: str, values: object) -> Q:
    assert isinstance(values, list | tuple)
    if any(value not in STATUSES for value in values):
        raise Malformed(f"must be one of {', '.join(STATUSES)}")
    among = Q(pk__in=())
    for value in values:
        among |= has_status(value)
    if operator in ("$is", "$in"):
        return among
    if operator in ("$is_not", "$not_in"):
        return ~among
    raise unknown(operator)


def _referral_filter(operator: str, values: object) -> Q:
    assert isinstance(values, list | tuple)
    if operator not in ("$is", "$is_not") or values[0] not in ("true", "false"):
        raise Malformed("must be $is or $is_not of true or false")
    is_referral = Q(campaign_type=CampaignType.REFERRAL_PROGRAM)
    return is_referral if (operator == "$is") == (values[0] == "true") else ~is_referral


FILTERS: Filters = {
    "campaigns": TextFilter("name"),
    "name": TextFilter("name"),
    "campaign_ids": IdFilter("pk", "camp"),
    "campaigns_id": IdFilter("pk", "camp"),
    "campaign_type": ChoiceFilter("campaign_type", CampaignType.values),
    "type": ChoiceFilter("type", CodeSupply.values),
    "campaign_status": OwnFilter(_status_filter),
    "active": OwnFilter(switch_filter),
    "is_active": FlagFilter("active"),
    "is_referral_code": OwnFilter(_referral_filter),
    "voucher_type": ChoiceFilter("voucher_template__type", VoucherType.values),
    "categories": TextFilter("category"),
    "created_date": MomentFilter("created_at"),
    "created_at": MomentFilter("created_at"),
    "updated_at": MomentFilter("updated_at"),
    "start_date": MomentFilter("start_date"),
    "expiration_date": MomentFilter("expiration_date"),
    "metadata": MetadataFilter("metadata"),
}


class Campaigns(ServerView):
    answers = {"get": listed_pages("campaigns", CAMPAIGN), "post": CAMPAIGN}
    bodies = {"post": CampaignShape}
    queries = {
        "get": (
            *PAGE_PARAMETERS,
            *FILTER_PARAMETERS,
            "campaign_type",
            "campaign_status",
            "is_referral_code",
            "expand",
            *period_parameters("created_at", "updated_at"),
        )
    }

    def post(self, request: Request) -> Response:
        """Create a campaign. More than a hundred codes are made by the worker, and the answer says so."""
        body = checked(CampaignShape, self.body())
        with transaction.atomic():
            campaign = self._create(body, _campaign_type(body))
            change_validation_rule(campaign, body, by=self.actor, now=self.now)
        return Response(render_campaigns([campaign])[0])

    def get(self, request: Request) -> Response:
        """List campaigns."""
        query = Query(request)
        rows = Campaign.objects.filter(project=self.project, deleted_at=None)
        if campaign_type := query.choice("campaign_type", CampaignType.values):
            rows = rows.filter(campaign_type=campaign_type)
        if status := query.choice("campaign_status", STATUSES):
            rows = rows.filter(has_status(status))
        if is_referral := query.choice("is_referral_code", ("true", "false")):
            rows = rows.filter(_referral_filter("$is", [is_referral]))
        # Categories are texts and there are no areas, so there is nothing more to show.
        query.choice("expand", ("category", "access_settings_assignments"))
        rows = rows.filter(**query.period("created_at", "created_at"), **query.period("updated_at", "updated_at"))
        order = query.order(("created_at", "updated_at"), "-created_at")
        page = page_of(ordered(filtered(rows, query, FILTERS), order), query)
        return Response(listing("campaigns", render_campaigns(page.rows), page))

    def _create(self, body: JsonObject, campaign_type: str) -> Campaign:
        fields = parse_campaign_fields(body, campaign_type, request_id=self.request_id)
        if campaign_type == CampaignType.LOYALTY_PROGRAM:
            return create_loyalty_campaign(self.project, fields, parse_initial_points(body), by=self.actor)
        if campaign_type == CampaignType.REFERRAL_PROGRAM:
            program = parse_referral_program(self.project, body)
            return create_referral_campaign(self.project, fields, program, by=self.actor)
        check_no_tiers(body)
        return create_campaign(self.project, fields, by=self.actor)


class OneCampaign(ServerView):
    answers = {"get": CAMPAIGN, "put": CAMPAIGN, "delete": STARTED}
    bodies = {"put": CampaignUpdateShape}
    queries = {"delete": ("force",)}
    successes = {"delete": "202"}

    def get(self, request: Request, campaign_id: str) -> Response:
        """Get a campaign by id or name."""
        return Response(render_campaigns([find_campaign(self.project, campaign_id)])[0])

    def put(self, request: Request, campaign_id: str) -> Response:
        """Change a campaign: what is left out stays, nulls clear; codes in use stay as they are."""
        campaign = find_campaign(self.project, campaign_id)
        body = self.body()
        change = parse_campaign_change(body)
        program = None
        if body.get("referral_program") is not None and campaign.gives_referral_codes:
            sent = checked(ReferralProgramShape, body["referral_program"])
            program = parse_referral_program(self.project, {"referral_program": sent})
        with transaction.atomic():
            campaign = change_program(campaign, change, program, by=self.actor, now=self.now)
            change_validation_rule(campaign, body, by=self.actor, now=self.now)
        return Response(render_campaigns([campaign])[0])

    def delete(self, request: Request, campaign_id: str) -> Response:
        """Delete a campaign and its codes; what was published and posted stays in the books."""
        query = Query(request)
        force = query.flag("force")
        query.done()
        campaign = find_campaign(self.project, campaign_id)
        action = delete_campaign(campaign, force=force, by=self.actor, request_id=self.request_id, now=self.now)
        return Response({"async_action_id": action.public_id}, status=202)


class CampaignSwitch(ServerView):
    answers = {"post": NOTHING}
    active = True

    def post(self, request: Request, campaign_id: str) -> Response:
        """Switch a campaign on or off."""
        set_active(find_campaign(self.project, campaign_id), self.active, by=self.actor, now=self.now)
        return Response({})


class CampaignVouchers(ServerView):
    answers = {"post": {"anyOf": [VOUCHER, STARTED]}}
    bodies = {"post": {"application/json": VOUCHER_CHANGE}}
    queries = {"post": ("vouchers_count",)}
    successes = {"post": "200 or 202"}

    def post(self, request: Request, campaign_id: str) -> Response:
        """Add a code of the campaign's pattern, or let the worker add up to 100,000."""
        query = Query(request)
        count = query.integer("vouchers_count", 1, 1, MOST_CODES)
        query.done()
        campaign = find_campaign(self.project, campaign_id)
        body = self.body()
        new = parse_addition(body)
        if count == 1:
            return Response(
                render_vouchers(self.project, [create_voucher(self.project, campaign, new, by=self.actor)])[0]
            )
        if new.code is not None:
            raise InvalidPayload.at("code", "Only one voucher can have this code", new.code)
        if new.code_config is not None:
            raise InvalidPayload.at("code_config", "Property .code_config is that of the campaign for several codes")
        action = start_generation(
            campaign, count, by=self.actor, request_id=self.request_id, now=self.now, overrides=body
        )
        return Response({"async_action_id": action.public_id}, status=202)


class OneCampaignVoucher(ServerView):
    answers = {"post": VOUCHER}
    bodies = {"post": {"application/json": VOUCHER_CHANGE}}

    def post(self, request: Request, campaign_id: str, code: str) -> Response:
        """Add this very code."""
        campaign = find_campaign(self.project, campaign_id)
        new = parse_addition({**self.body(), "code": code})
        return Response(render_vouchers(self.project, [create_voucher(self.project, campaign, new, by=self.actor)])[0])


def parse_addition(body: JsonObject) -> NewVoucher:
    """A code as a body has it. Raises InvalidPayload."""
    change, errors = parse_voucher(body)
    config, more = parse_code_config(body.get("code_config"), "code_config")
    code = body.get("code")
    if errors + more:
        raise InvalidPayload.of(errors + more)
    if code is not None and not isinstance(code, str):
        raise InvalidPayload.at("code", "Property .code must be string", code, code="type")
    return NewVoucher(change, code, config or None)


def _campaign_type(body: JsonObject) -> str:
    """What was said, or what the type of voucher means (contract h.5). Raises InvalidPayload."""
    voucher = body.get("voucher", {})
    kind = voucher.get("type") or ("GIFT_VOUCHER" if "gift" in voucher else "")
    derived: str = CAMPAIGN_TYPE_OF[VoucherType(kind)] if kind in VoucherType.values else ""
    if voucher.get("is_referral_code") or "referral_program" in body:
        derived = CampaignType.REFERRAL_PROGRAM
    elif "promotion" in body and not voucher:
        derived = CampaignType.PROMOTION
    campaign_type: str = body.get("campaign_type") or derived
    if not campaign_type:
        raise InvalidPayload.at(
            "campaign_type", f"Property .campaign_type must be one of {', '.join(CampaignType.values)}", campaign_type
        )
    if "voucher" not in body and campaign_type != CampaignType.PROMOTION:
        raise InvalidPayload.at("voucher", "Payload must have required property 'voucher'", code="required")
    return campaign_type
