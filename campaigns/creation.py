"""Making campaigns and adding codes to them."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction

from campaigns.codes import code_key, make_vouchers, new_voucher
from campaigns.models import Campaign, CampaignType, CodeSupply, Voucher
from common.jsons import JsonObject
from common.refusals import Duplicate, InvalidPayload, Refusal
from projects.audit import Actor, Target, record_change
from projects.models import Project

# Codes made while the sender waits.
MOST_CODES = 5_000


@dataclass(frozen=True, slots=True)
class CampaignFields:
    """The fields that campaigns of every type have (contract e.2)."""

    name: str
    campaign_type: str
    voucher_template: JsonObject
    type: str = CodeSupply.STATIC
    description: str = ""
    category: str = ""
    join_once: bool = True
    auto_join: bool = False
    active: bool = True
    start_date: datetime | None = None
    expiration_date: datetime | None = None
    vouchers_count: int = 0
    code_config: JsonObject = field(default_factory=dict)
    metadata: JsonObject = field(default_factory=dict)
    use_voucher_metadata_schema: bool = True


def create_campaign(project: Project, fields: CampaignFields, *, by: Actor) -> Campaign:
    """A campaign with its first codes. Raises Duplicate for a name in use, InvalidPayload, Refusal for too few codes.

    Call it in the transaction in which the campaign's kind adds its own part.
    """
    if fields.start_date and fields.expiration_date and fields.expiration_date <= fields.start_date:
        raise InvalidPayload.at("expiration_date", "Property .expiration_date must be after .start_date")
    if not 0 <= fields.vouchers_count <= MOST_CODES:
        raise InvalidPayload.at(
            "vouchers_count", f"Property .vouchers_count must be from 0 to {MOST_CODES}", fields.vouchers_count
        )
    columns = {name: getattr(fields, name) for name in CampaignFields.__slots__ if name != "vouchers_count"}
    campaign = Campaign(project=project, **columns)
    try:
        with transaction.atomic():
            campaign.save(force_insert=True)
    except IntegrityError as error:
        raise Duplicate.of("campaign", fields.name) from error
    if len(make_vouchers(campaign, fields.vouchers_count)) < fields.vouchers_count:
        raise Refusal(
            "The code configuration does not allow that many codes",
            key="invalid_code_config",
            message="Invalid code config",
        )
    record_change(project, by=by, action="campaign.created", target=campaign_target(campaign))
    return campaign


def add_code(campaign: Campaign, code: str, *, by: Actor) -> Voucher:
    """Adds one code of the sender's choice. Raises Duplicate where the project already has it."""
    voucher = new_voucher(campaign, code, code_key(campaign.project, code))
    try:
        with transaction.atomic():
            voucher.save(force_insert=True)
    except IntegrityError as error:
        raise Duplicate(
            f"Voucher with code {code} already exists",
            key="duplicate_resource_key",
            message="Resource with this key already exists",
            resource_type="voucher",
            resource_id=code,
        ) from error
    return voucher


def add_random_code(campaign: Campaign) -> Voucher:
    """Adds one code of the campaign's pattern. Raises Refusal where the pattern is used up."""
    made = make_vouchers(campaign, 1)
    if not made:
        raise Refusal(
            "The code configuration allows no further code", key="invalid_code_config", message="Invalid code config"
        )
    return made[0]


def set_active(campaign: Campaign, active: bool, *, by: Actor, now: datetime) -> None:
    """Switches a campaign on or off: an inactive one neither pays nor converts."""
    with transaction.atomic():
        campaign.active = active
        campaign.updated_at = now
        campaign.save(update_fields=["active", "updated_at"])
        action = "campaign.enabled" if active else "campaign.disabled"
        record_change(campaign.project, by=by, action=action, target=campaign_target(campaign))


def campaign_target(campaign: Campaign) -> Target:
    return Target("campaign", campaign.public_id, campaign.name)


VOUCHER_TYPE_OF = {
    "LOYALTY_CARD": CampaignType.LOYALTY_PROGRAM,
    "GIFT_VOUCHER": CampaignType.GIFT_VOUCHERS,
    "DISCOUNT_VOUCHER": CampaignType.DISCOUNT_COUPONS,
}
