"""`/v1/referrals`: the holders of a referral code, the tiers and conversions of a campaign."""

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import (
    FILTER_PARAMETERS,
    ChoiceFilter,
    Filters,
    IdFilter,
    MetadataFilter,
    MomentFilter,
    filtered,
)
from api.json_schemas import HOLDERS
from api.object_schemas import (
    CONVERSION,
    COUNT,
    FLAG,
    HOLDER,
    MAYBE_TEXT,
    TIER,
    array_of,
    cursor_of,
    fields,
    listed,
)
from api.pagination import CURSOR_PARAMETERS, Query, cursor_listing, slice_of, total_of
from api.shapes import LEFT_OUT, Document, Shape, checked
from api.v1.campaign_shapes import TierShape, parse_tier
from api.v1.rendering import render_holders, render_tier
from api.views import ServerView
from campaigns.models import Campaign, CampaignType, Holder, HolderRole, Voucher, VoucherType
from campaigns.reading import find_campaign, find_voucher
from common.ids import parse_public_id, public_id
from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError, InvalidPayload, NotFound
from customers.profiles import Profile, parse_profile
from projects.models import Project
from referrals.holders import add_referees, remove_referee
from referrals.models import Conversion, ReferralProgram, ReferralTier
from referrals.programs import add_tier, change_tier, delete_tier

MOST_HOLDERS = 100
FILTERS: Filters = {
    "id": IdFilter("pk", "rh"),
    "customer_id": IdFilter("customer", "cust"),
    "holder_role": ChoiceFilter("role", HolderRole.values),
    "created_at": MomentFilter("created_at"),
    # Those of a code share these.
    "redeemable_id": IdFilter("voucher", "v"),
    "campaign_id": IdFilter("voucher__campaign", "camp"),
    "campaign_type": ChoiceFilter("voucher__campaign__campaign_type", CampaignType.values),
    "voucher_type": ChoiceFilter("voucher__type", VoucherType.values),
    "metadata": MetadataFilter("metadata"),
}


class HoldersShape(Shape):
    """The part beside `holders`, which are customers."""

    metadata = Document(**LEFT_OUT)


class Holders(ServerView):
    bodies = {"post": {"application/json": HOLDERS}}
    answers = {
        "post": fields(holders=array_of(HOLDER)),
        "get": listed("data", HOLDER, total=COUNT, has_more=FLAG, more_starting_after=MAYBE_TEXT),
    }
    queries = {"get": (*CURSOR_PARAMETERS, "order", *FILTER_PARAMETERS)}

    def post(self, request: Request, member_id: str, campaign_id: str | None = None) -> Response:
        """Add referees to a published code: all of the list, or none."""
        voucher = find_code(self.project, member_id, campaign_id)
        body = self.body()
        profiles, errors = _parse_holders(body.get("holders"))
        metadata = checked(HoldersShape, body, more=errors).get("metadata", {})
        holders = add_referees(self.project, voucher, profiles, metadata, group_id=self.request_id, now=self.now)
        return Response({"holders": render_holders(holders)})

    def get(self, request: Request, member_id: str, campaign_id: str | None = None) -> Response:
        """List the referrer and the referees of a code."""
        voucher = find_code(self.project, member_id, campaign_id)
        query = Query(request)
        rows = filtered(Holder.objects.filter(voucher=voucher), query, FILTERS)
        holders, has_more = slice_of(rows.select_related("voucher__campaign"), query, "rh", orders=("id",))
        return Response(cursor_listing(render_holders(holders), has_more) | {"total": total_of(rows)})


class OneHolder(ServerView):
    forbids = ("delete",)

    def delete(self, request: Request, member_id: str, holder_id: str, campaign_id: str | None = None) -> Response:
        """Take a referee off a code."""
        voucher = find_code(self.project, member_id, campaign_id)
        key = parse_public_id("rh", holder_id)
        holder = Holder.objects.filter(voucher=voucher, pk=key).first() if key else None
        if holder is None:
            raise NotFound.of("holder", holder_id)
        holder.voucher, holder.project = voucher, self.project
        remove_referee(holder, group_id=self.request_id, now=self.now)
        return Response(status=204)


class Tiers(ServerView):
    bodies = {"post": TierShape}
    answers = {"post": TIER, "get": listed("data", TIER, total=COUNT)}

    def get(self, request: Request, campaign_id: str) -> Response:
        """List the tiers by which referrers are rewarded."""
        tiers = [render_tier(tier) for tier in _tiers(self.project, campaign_id)]
        return Response({"object": "list", "data_ref": "data", "data": tiers, "total": len(tiers)})

    def post(self, request: Request, campaign_id: str) -> Response:
        """Add a tier."""
        program = find_program(self.project, campaign_id)
        fields = parse_tier(self.project, checked(TierShape, self.body()))
        return Response(render_tier(add_tier(program, fields, by=self.actor)))


class OneTier(ServerView):
    bodies = {"put": TierShape}
    answers = {"get": TIER, "put": TIER}

    def get(self, request: Request, campaign_id: str, tier_id: str) -> Response:
        """Get a tier."""
        return Response(render_tier(self._tier(campaign_id, tier_id)))

    def put(self, request: Request, campaign_id: str, tier_id: str) -> Response:
        """Replace a tier; what it paid stays paid."""
        tier = self._tier(campaign_id, tier_id)
        fields = parse_tier(self.project, checked(TierShape, self.body()))
        return Response(render_tier(change_tier(tier, fields, by=self.actor, now=self.now)))

    def delete(self, request: Request, campaign_id: str, tier_id: str) -> Response:
        """Delete a tier; what it paid stays paid."""
        delete_tier(self._tier(campaign_id, tier_id), by=self.actor, now=self.now)
        return Response(status=204)

    def _tier(self, campaign_id: str, tier_id: str) -> ReferralTier:
        key = parse_public_id("rtier", tier_id)
        tier = _tiers(self.project, campaign_id).filter(pk=key).first() if key else None
        if tier is None:
            raise NotFound.of("referral_tier", tier_id)
        return tier


class Conversions(ServerView):
    queries = {"get": CURSOR_PARAMETERS}
    answers = {"get": cursor_of(CONVERSION)}

    def get(self, request: Request, campaign_id: str) -> Response:
        """List who was referred by whom, newest first."""
        rows = Conversion.objects.filter(program=find_program(self.project, campaign_id))
        found, has_more = slice_of(rows.select_related("voucher"), Query(request), "conv")
        return Response(cursor_listing([render_conversion(conversion) for conversion in found], has_more))


def find_code(project: Project, member_id: str, campaign_id: str | None) -> Voucher:
    """A referral code by code or id, of that campaign where one is named. Raises NotFound."""
    campaign = find_program(project, campaign_id).campaign if campaign_id is not None else None
    voucher = find_voucher(project, member_id, campaign)
    if not voucher.is_referral_code:
        raise NotFound.of("voucher", member_id)
    return voucher


def find_program(project: Project, campaign_id: str) -> ReferralProgram:
    """The referral part of a campaign by id or name. Raises NotFound."""
    campaign: Campaign = find_campaign(project, campaign_id)
    if campaign.campaign_type != CampaignType.REFERRAL_PROGRAM:
        raise NotFound.of("campaign", campaign_id)
    program: ReferralProgram = campaign.referral_program
    program.project = project
    return program


def render_conversion(conversion: Conversion) -> JsonObject:
    return {
        "id": conversion.public_id,
        "campaign_id": public_id("camp", conversion.program_id),
        "code": conversion.voucher.code,
        "referrer_id": public_id("cust", conversion.referrer_id),
        "referee_id": public_id("cust", conversion.referee_id),
        "event_id": public_id("event", conversion.event_id) if conversion.event_id else None,
        "status": conversion.status,
        "reason": conversion.reason or None,
        "converted_at": conversion.converted_at,
        "object": "referral_conversion",
    }


def _tiers(project: Project, campaign_id: str) -> QuerySet[ReferralTier]:
    tiers = ReferralTier.objects.filter(program=find_program(project, campaign_id), deleted_at=None)
    return tiers.select_related("reward_campaign", "project")


def _parse_holders(raw: JsonValue) -> tuple[list[Profile], list[FieldError]]:
    """The customers of the list, and an error for every offending field."""
    if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_HOLDERS:
        raise InvalidPayload.at("holders", f"Property .holders must be array of 1 to {MOST_HOLDERS} customers")
    profiles: list[Profile] = []
    errors: list[FieldError] = []
    for position, item in enumerate(raw):
        path = f"holders.{position}"
        profile, found = parse_profile(item, path)
        if not found and profile.is_empty:
            found = [FieldError(path, "required", f"Property .{path} must have 'id' or 'source_id'")]
        profiles.append(profile)
        errors.extend(found)
    return profiles, errors
