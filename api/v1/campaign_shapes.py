"""The shape of a campaign as it is created (contract e.2, f.1; our `tiers`), and its fields for the domain."""

from rest_framework import serializers

from api.shapes import LEFT_OUT, Document, Flag, Integer, Moment, Shape, Text, Unsupported
from campaigns.codes import parse_code_config
from campaigns.creation import CampaignFields
from campaigns.models import Campaign, CampaignType, CodeSupply
from campaigns.reading import find_campaign
from common.ids import parse_public_id
from common.jsons import JsonObject
from common.refusals import InvalidPayload, NotFound
from eventschema.models import EventDefinition
from projects.models import Project
from referrals.models import ConversionEvent, Criterion
from referrals.programs import ProgramFields, Reward, TierFields


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
    loyalty_card = LoyaltyCardShape(**LEFT_OUT)
    redemption = RedemptionShape(**LEFT_OUT)
    code_config = Document(**LEFT_OUT)
    is_referral_code = Flag(**LEFT_OUT)


class CampaignShape(Shape):
    name = Text()
    description = Text(max_length=2000, allow_blank=True, **LEFT_OUT)
    campaign_type = serializers.ChoiceField(choices=CampaignType.values, **LEFT_OUT)
    type = serializers.ChoiceField(choices=CodeSupply.values, **LEFT_OUT)
    join_once = Flag(**LEFT_OUT)
    auto_join = Flag(**LEFT_OUT)
    use_voucher_metadata_schema = Flag(**LEFT_OUT)
    vouchers_count = Integer(**LEFT_OUT)
    start_date = Moment(**LEFT_OUT)
    expiration_date = Moment(**LEFT_OUT)
    active = Flag(**LEFT_OUT)
    category = Text(allow_blank=True, **LEFT_OUT)
    metadata = Document(**LEFT_OUT)
    voucher = VoucherShape()
    referral_program = ReferralProgramShape(**LEFT_OUT)
    validity_timeframe = Unsupported()
    validity_day_of_week = Unsupported()
    validity_hours = Unsupported()
    activity_duration_after_publishing = Unsupported()
    validation_rules = Unsupported()
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
)


def parse_campaign_fields(body: JsonObject, campaign_type: str) -> CampaignFields:
    """The fields that every campaign has. Raises InvalidPayload."""
    voucher = body["voucher"]
    code_config, errors = parse_code_config(voucher.get("code_config"), "voucher.code_config")
    if errors:
        raise InvalidPayload.of(errors)
    if campaign_type == CampaignType.REFERRAL_PROGRAM and "discount" not in voucher:
        raise InvalidPayload(
            "Property 'discount' is required for REFERRAL_PROGRAM campaign",
            key="invalid_campaign_params",
            message="Invalid Campaign",
        )
    is_loyalty = campaign_type == CampaignType.LOYALTY_PROGRAM
    template = {"type": "LOYALTY_CARD" if is_loyalty else "DISCOUNT_VOUCHER"}
    template |= {name: voucher[name] for name in ("discount", "loyalty_card", "redemption") if name in voucher}
    sent = {name: body[name] for name in SIMPLE_FIELDS if name in body}
    return CampaignFields(
        campaign_type=campaign_type, voucher_template=template, code_config=code_config, **{"join_once": False} | sent
    )


def parse_initial_points(body: JsonObject) -> int:
    """Raises InvalidPayload where the loyalty card is missing."""
    card = body["voucher"].get("loyalty_card")
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
