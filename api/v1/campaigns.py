"""`/v1/campaigns`: referral and loyalty campaigns, and the codes that are added to them."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import PAGE_PARAMETERS, Query, listing, ordered, page_of
from api.shapes import checked
from api.v1.campaign_shapes import (
    CampaignShape,
    parse_campaign_fields,
    parse_initial_points,
    parse_referral_program,
)
from api.v1.rendering import render_campaigns, render_vouchers
from api.views import ServerView
from campaigns.codes import LONGEST_CODE
from campaigns.models import CAMPAIGN_TYPE_OF, Campaign, CampaignType
from campaigns.reading import find_campaign
from campaigns.vouchers import add_code, add_random_code
from common.jsons import JsonObject
from common.refusals import InvalidPayload
from loyalty.programs import create_loyalty_campaign
from referrals.programs import create_referral_campaign

SERVED_TYPES = (CampaignType.REFERRAL_PROGRAM, CampaignType.LOYALTY_PROGRAM)


class Campaigns(ServerView):
    bodies = {"post": CampaignShape}
    queries = {"get": (*PAGE_PARAMETERS, "campaign_type")}

    def post(self, request: Request) -> Response:
        """Create a referral or loyalty campaign."""
        body = checked(CampaignShape, self.body())
        campaign = self._create(body, _campaign_type(body))
        return Response(render_campaigns([campaign])[0])

    def get(self, request: Request) -> Response:
        """List campaigns."""
        query = Query(request)
        campaigns = Campaign.objects.filter(project=self.project)
        if campaign_type := query.choice("campaign_type", CampaignType.values):
            campaigns = campaigns.filter(campaign_type=campaign_type)
        order = query.order(("created_at", "updated_at"), "-created_at")
        page = page_of(ordered(campaigns, order), query)
        return Response(listing("campaigns", render_campaigns(page.rows), page))

    def _create(self, body: JsonObject, campaign_type: str) -> Campaign:
        fields = parse_campaign_fields(body, campaign_type)
        if campaign_type == CampaignType.LOYALTY_PROGRAM:
            return create_loyalty_campaign(self.project, fields, parse_initial_points(body), by=self.actor)
        program = parse_referral_program(self.project, body)
        return create_referral_campaign(self.project, fields, program, by=self.actor)


class OneCampaign(ServerView):
    def get(self, request: Request, campaign_id: str) -> Response:
        """Get a campaign by id or name."""
        return Response(render_campaigns([find_campaign(self.project, campaign_id)])[0])


class CampaignVouchers(ServerView):
    def post(self, request: Request, campaign_id: str) -> Response:
        """Add one code of the campaign's pattern."""
        query = Query(request)
        query.integer("vouchers_count", 1, 1, 1)
        query.done()
        voucher = add_random_code(find_campaign(self.project, campaign_id))
        return Response(render_vouchers(self.project, [voucher])[0])


class OneCampaignVoucher(ServerView):
    def post(self, request: Request, campaign_id: str, code: str) -> Response:
        """Add this very code."""
        if len(code) > LONGEST_CODE:
            raise InvalidPayload.at("code", f"A code has at most {LONGEST_CODE} characters", code)
        campaign = find_campaign(self.project, campaign_id)
        return Response(render_vouchers(self.project, [add_code(campaign, code, by=self.actor)])[0])


def _campaign_type(body: JsonObject) -> str:
    """What was said, or what the type of voucher means (contract h.5). Raises InvalidPayload."""
    voucher = body["voucher"]
    derived = CAMPAIGN_TYPE_OF.get(voucher.get("type", ""), "")
    if voucher.get("is_referral_code") or "referral_program" in body:
        derived = CampaignType.REFERRAL_PROGRAM
    campaign_type: str = body.get("campaign_type") or derived
    if campaign_type not in SERVED_TYPES:
        raise InvalidPayload.at(
            "campaign_type", f"Property .campaign_type must be one of {', '.join(SERVED_TYPES)}", campaign_type
        )
    return campaign_type
