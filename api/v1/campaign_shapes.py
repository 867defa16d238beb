"""The shape of a campaign as it is created (contract e.2, f.1; our `tiers`), and its fields for the domain."""

from datetime import datetime

from rest_framework import serializers

from api.shapes import LEFT_OUT, Document, Flag, Integer, Moment, Shape, Text, Unsupported, checked
from campaigns.changing import OFFER_OF, CampaignChange
from campaigns.codes import parse_code_config
from campaigns.creation import CampaignFields, invalid_campaign
from campaigns.models import Campaign, CampaignType, CodeSupply, VoucherType
from campaigns.offers import parse_discount, parse_gift
from campaigns.reading import find_campaign
from campaigns.validity import FIELDS as VALIDITY_FIELDS
from campaigns.validity import parse_validity
from common.durations import read_duration
from common.ids import parse_public_id
from common.jsons import JsonObject
from common.refusals import FieldError, InvalidPayload, NotFound
from eventschema.models import EventDefinition
from projects.audit import Actor
from projects.models import Project
from referrals.models import ConversionEvent, Criterion
from referrals.programs import ProgramFields, Reward, TierFields
from referrals.validating import give_validation_rule


class RewardParent(Shape):
    id = Text(**LEFT_OUT)
    name = Text(**LEFT_OUT)


class RewardShape(Shape):
    type = Text()
    related_object_parent = RewardParent()
    # The official Python SDK's model has it as a string (contract k.2).
    amount = Integer(from_text=True)


class TierShape(Shape):
    criterion = serializers.ChoiceField(choices=Criterion.values, **LEFT_OUT)
    minimum = Unsupported()
    segment = Unsupported()
    banner = Text(allow_blank=True, **LEFT_OUT)
    reward = RewardShape()
    active = Flag(**LEFT_OUT)


class CustomEventShape(Shape):
    id = Text(**LEFT_OUT)
    name = Text(max_length=300, **LEFT_OUT)


class ReferralProgramShape(Shape):
    conversion_event_type = serializers.ChoiceField(choices=ConversionEvent.values)
    custom_event = CustomEventShape(**LEFT_OUT)
    referee_reward = RewardShape(**LEFT_OUT)
    # Not `many=True`, which would let an item be null as well.
    tiers = serializers.ListSerializer(child=TierShape(), **LEFT_OUT)


class LoyaltyCardShape(Shape):
    points = Integer(from_text=True)
    expiration_rules = Unsupported()


class RedemptionShape(Shape):
    quantity = Integer(**LEFT_OUT)


class VoucherShape(Shape):
    type = Text(**LEFT_OUT)
    discount = Document(**LEFT_OUT)
    gift = Document(**LEFT_OUT)
    loyalty_card = LoyaltyCardShape(**LEFT_OUT)
    redemption = RedemptionShape(**LEFT_OUT)
    code_config = Document(**LEFT_OUT)
    is_referral_code = Flag(**LEFT_OUT)


class WindowShape(Shape):
    """When something is open; campaigns/validity.py reads the three parts of the validity."""

    start_date = Moment(**LEFT_OUT)
    expiration_date = Moment(**LEFT_OUT)
    validity_timeframe = Document(**LEFT_OUT)
    validity_day_of_week = serializers.ListField(child=Integer(least=0, most=6), **LEFT_OUT)
    validity_hours = Document(**LEFT_OUT)


class CampaignShape(WindowShape):
    name = Text()
    description = Text(max_length=2000, allow_blank=True, **LEFT_OUT)
    campaign_type = serializers.ChoiceField(choices=CampaignType.values, **LEFT_OUT)
    type = serializers.ChoiceField(choices=CodeSupply.values, **LEFT_OUT)
    join_once = Flag(**LEFT_OUT)
    auto_join = Flag(**LEFT_OUT)
    use_voucher_metadata_schema = Flag(**LEFT_OUT)
    vouchers_count = Integer(**LEFT_OUT)
    active = Flag(**LEFT_OUT)
    category = Text(allow_blank=True, **LEFT_OUT)
    category_id = Unsupported()
    metadata = Document(**LEFT_OUT)
    # A PROMOTION campaign has none.
    voucher = VoucherShape(**LEFT_OUT)
    referral_program = ReferralProgramShape(**LEFT_OUT)
    promotion = Document(**LEFT_OUT)
    activity_duration_after_publishing = Text(**LEFT_OUT)
    validation_rules = serializers.ListField(child=Text(), max_length=1, **LEFT_OUT)
    loyalty_tiers_expiration = Unsupported()


class CampaignUpdateShape(WindowShape):
    """What of a campaign can be changed (h.5); the rest is skipped."""

    description = Text(max_length=2000, allow_blank=True, **LEFT_OUT)
    type = serializers.ChoiceField(choices=[CodeSupply.AUTO_UPDATE, CodeSupply.STATIC], **LEFT_OUT)
    join_once = Flag(**LEFT_OUT)
    auto_join = Flag(**LEFT_OUT)
    category = Text(allow_blank=True, **LEFT_OUT)
    category_id = Unsupported()
    metadata = Document(**LEFT_OUT)
    unset_metadata_fields = serializers.ListField(child=Text(), **LEFT_OUT)
    activity_duration_after_publishing = Text(**LEFT_OUT)
    discount = Document(**LEFT_OUT)
    gift = Document(**LEFT_OUT)
    referral_program = ReferralProgramShape(**LEFT_OUT)
    validation_rules = serializers.ListField(child=Text(), max_length=1, **LEFT_OUT)
    loyalty_tiers_expiration = Unsupported()


SIMPLE_FIELDS = (
    "name",
    "type",
    "description",
    "category",
    "auto_join",
    "join_once",
    "active",
    "start_date",
    "expiration_date",
    "vouchers_count",
    "metadata",
    "use_voucher_metadata_schema",
    "activity_duration_after_publishing",
)
VOUCHER_TYPE_OF = {
    CampaignType.LOYALTY_PROGRAM: VoucherType.LOYALTY_CARD,
    CampaignType.GIFT_VOUCHERS: VoucherType.GIFT_VOUCHER,
    CampaignType.DISCOUNT_COUPONS: VoucherType.DISCOUNT_VOUCHER,
    CampaignType.REFERRAL_PROGRAM: VoucherType.DISCOUNT_VOUCHER,
}
PARSERS = {"discount": parse_discount, "gift": parse_gift}
# What a null clears, and to what.
CLEARED: JsonObject = {
    "description": "",
    "category": "",
    "start_date": None,
    "expiration_date": None,
    "activity_duration_after_publishing": "",
}
KEPT_ON_NULL = ("type", "join_once", "auto_join", "metadata")


def parse_campaign_fields(body: JsonObject, campaign_type: str, *, request_id: str = "") -> CampaignFields:
    """The fields that every campaign has. Raises InvalidPayload."""
    voucher = body.get("voucher", {})
    code_config, errors = parse_code_config(voucher.get("code_config"), "voucher.code_config")
    validity, more = parse_validity(body, has_start="start_date" in body)
    errors += more + _duration_errors(body)
    template, more = _template(voucher, CampaignType(campaign_type))
    errors += more
    if errors:
        raise InvalidPayload.of(errors)
    sent = {name: body[name] for name in SIMPLE_FIELDS if name in body}
    return CampaignFields(
        campaign_type=campaign_type,
        voucher_template=template,
        code_config=code_config,
        validity=validity,
        request_id=request_id,
        **{"join_once": False} | sent,
    )


def _template(voucher: JsonObject, campaign_type: CampaignType) -> tuple[JsonObject, list[FieldError]]:
    """What every code of the campaign is. Raises Refusal where it is not said what a code is worth."""
    if campaign_type == CampaignType.PROMOTION:
        return {}, []
    offer = OFFER_OF.get(campaign_type)
    if offer is not None and offer not in voucher:
        raise invalid_campaign(f"Property '{offer}' is required for {campaign_type} campaign")
    template: JsonObject = {"type": str(VOUCHER_TYPE_OF[campaign_type])}
    template |= {name: voucher[name] for name in ("loyalty_card", "redemption") if name in voucher}
    if offer is None:
        return template, []
    template[offer], errors = PARSERS[offer](voucher[offer], f"voucher.{offer}")
    return template, errors


def _duration_errors(body: JsonObject) -> list[FieldError]:
    name = "activity_duration_after_publishing"
    text = body.get(name)
    if text is None or read_duration(text):
        return []
    return [FieldError(name, "invalid", f"Property .{name} must be an ISO 8601 duration such as P24D", text)]


def parse_campaign_change(body: JsonObject) -> CampaignChange:
    """What a PUT changes: nulls clear, and what is unknown is skipped. Raises InvalidPayload."""
    sent = checked(CampaignUpdateShape, body, keep_nulls=True)
    columns = {name: CLEARED[name] if sent[name] is None else sent[name] for name in CLEARED if name in sent}
    columns |= {name: sent[name] for name in KEPT_ON_NULL if sent.get(name) is not None}
    validity, errors = parse_validity(sent, has_start=True)
    errors += _duration_errors(sent)
    said = [name for name in VALIDITY_FIELDS if name in sent]
    if said:
        columns["validity"] = {**dict.fromkeys(said), **validity}
    offer: tuple[str, JsonObject] | None = None
    for name, parse in PARSERS.items():
        if sent.get(name) is not None:
            value, more = parse(sent[name], name)
            offer, errors = (name, value), errors + more
    if errors:
        raise InvalidPayload.of(errors)
    return CampaignChange(columns, tuple(sent.get("unset_metadata_fields") or ()), offer)


def check_no_tiers(body: JsonObject) -> None:
    """Promotion tiers are not served. Raises InvalidPayload where some are sent."""
    if body.get("promotion", {}).get("tiers"):
        raise InvalidPayload.at("promotion.tiers", "Property .promotion.tiers is not supported", code="unsupported")


def parse_initial_points(body: JsonObject) -> int:
    """Raises InvalidPayload where the loyalty card is missing."""
    card = body.get("voucher", {}).get("loyalty_card")
    if card is None:
        raise InvalidPayload.at(
            "voucher.loyalty_card", "Property .voucher must have required property 'loyalty_card'", code="required"
        )
    points: int = card["points"]
    return points


def parse_referral_program(project: Project, body: JsonObject) -> ProgramFields:
    """Raises InvalidPayload, NotFound (the event, a reward's campaign)."""
    program = body.get("referral_program")
    if program is None:
        raise InvalidPayload.at(
            "referral_program", "Payload must have required property 'referral_program'", code="required"
        )
    by_event = program["conversion_event_type"] == ConversionEvent.CUSTOM_EVENT
    reward = program.get("referee_reward")
    return ProgramFields(
        definition=find_definition(project, program.get("custom_event") or {}) if by_event else None,
        referee_reward=parse_reward(project, reward) if reward else None,
        tiers=[parse_tier(project, tier) for tier in program.get("tiers", ())],
    )


def change_validation_rule(campaign: Campaign, body: JsonObject, *, by: Actor, now: datetime) -> None:
    """Gives a campaign the rule of `validation_rules`, where these were sent; a null or none takes its rule away.

    Call it in a transaction, once the body is checked. Raises InvalidPayload, InvalidRules.
    """
    if body.get("validation_rules") or ("validation_rules" in body and campaign.gives_referral_codes):
        give_validation_rule(campaign, body["validation_rules"] or (), by=by, now=now)


def parse_tier(project: Project, tier: JsonObject) -> TierFields:
    named = {name: tier[name] for name in ("criterion", "banner", "active") if tier.get(name) is not None}
    return TierFields(reward=parse_reward(project, tier["reward"]), **named)


def parse_reward(project: Project, reward: JsonObject) -> Reward:
    parent = reward["related_object_parent"]
    return Reward(reward["type"], _campaign(project, parent), reward["amount"])


def find_definition(project: Project, named: JsonObject) -> EventDefinition:
    """By `id` (`ms_…`) or `name`. Raises NotFound, InvalidPayload where neither is there."""
    definitions = EventDefinition.objects.filter(project=project, deleted_at=None)
    name = named.get("id") or named.get("name")
    if name is None:
        raise InvalidPayload.at(
            "referral_program.custom_event",
            "Property .referral_program must have required property 'custom_event'",
            code="required",
        )
    key = parse_public_id("ms", named.get("id"))
    found = definitions.filter(pk=key).first() if key else definitions.filter(name=named.get("name")).first()
    if found is None:
        raise NotFound.of("custom_event_schema", name)
    return found


def _campaign(project: Project, parent: JsonObject) -> Campaign:
    name = parent.get("id") or parent.get("name")
    if name is None:
        raise InvalidPayload.at("related_object_parent", "A reward's related_object_parent needs 'id' or 'name'")
    return find_campaign(project, name)
