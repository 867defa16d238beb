"""Making campaigns, and switching them on and off."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import IntegrityError, transaction

from campaigns.codes import make_vouchers, possible_codes
from campaigns.generation import MOST_CODES, start_generation
from campaigns.models import Campaign, CampaignType, CodeSupply
from campaigns.telling import tell_of_campaign
from common.jsons import JsonObject
from common.refusals import Duplicate, InvalidPayload, Refusal
from eventschema.resources import check_metadata
from projects.audit import Actor, Target, record_change
from projects.models import Project

# Codes made while the sender waits; more are made by the worker.
MADE_AT_ONCE = 100
STANDALONE_TYPES = (CampaignType.DISCOUNT_COUPONS, CampaignType.GIFT_VOUCHERS)
NOT_COLUMNS = ("vouchers_count", "request_id")


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
    validity: JsonObject = field(default_factory=dict)
    activity_duration_after_publishing: str = ""
    # The request that asks for it.
    request_id: str = ""


def create_campaign(project: Project, fields: CampaignFields, *, by: Actor) -> Campaign:
    """A campaign with its first codes, a few at once or many by the worker.

    Raises Duplicate for a name in use, InvalidPayload, MetadataInvalid, Refusal for codes that cannot be. Call it in
    the transaction in which the campaign's kind adds its own part.
    """
    check_window(fields.start_date, fields.expiration_date, fields.validity)
    _check_count(project, fields)
    check_metadata(project, metadata_resource(fields), fields.metadata)
    columns = {name: getattr(fields, name) for name in CampaignFields.__slots__ if name not in NOT_COLUMNS}
    campaign = Campaign(project=project, **columns)
    try:
        with transaction.atomic():
            campaign.save(force_insert=True)
    except IntegrityError as error:
        raise Duplicate.of("campaign", fields.name) from error
    record_change(project, by=by, action="campaign.created", target=campaign_target(campaign))
    now = datetime.now(UTC)
    tell_of_campaign(campaign, "created", by=by, now=now)
    if fields.vouchers_count > MADE_AT_ONCE:
        start_generation(campaign, fields.vouchers_count, by=by, request_id=fields.request_id, now=now)
    else:
        _make_at_once(campaign, fields.vouchers_count, by, now)
    return campaign


def _make_at_once(campaign: Campaign, count: int, by: Actor, now: datetime) -> None:
    if len(make_vouchers(campaign, count)) < count:
        raise no_such_codes("The code configuration does not allow that many codes")
    if count:
        # Whoever waits for the codes of a campaign need not know how many are made by the worker.
        tell_of_campaign(campaign, "vouchers.generation.started", by=by, now=now, count=count)
        tell_of_campaign(campaign, "vouchers.generation.completed", by=by, now=now, count=count)


def metadata_resource(campaign: Campaign | CampaignFields) -> str:
    """By which schema the campaign's own metadata is checked (contract e.2)."""
    return "voucher" if campaign.use_voucher_metadata_schema else "campaign"


def check_window(start: datetime | None, end: datetime | None, validity: JsonObject) -> None:
    """Raises InvalidPayload for a window that ends before it starts, or recurs from no start on."""
    if start and end and end <= start:
        raise InvalidPayload.at("expiration_date", "Property .expiration_date must be after .start_date")
    if "validity_timeframe" in validity and start is None:
        raise InvalidPayload.at(
            "start_date", "Property .start_date is required by validity_timeframe", code="required"
        )


def no_such_codes(details: str) -> Refusal:
    return Refusal(details, key="invalid_code_config", message="Invalid code config")


def invalid_campaign(details: str) -> Refusal:
    return Refusal(details, key="invalid_campaign_params", message="Invalid Campaign")


def _check_count(project: Project, fields: CampaignFields) -> None:
    count = fields.vouchers_count
    if not 0 <= count <= MOST_CODES:
        raise InvalidPayload.at("vouchers_count", f"Property .vouchers_count must be from 0 to {MOST_CODES}", count)
    if fields.type == CodeSupply.STANDALONE:
        if fields.campaign_type not in STANDALONE_TYPES:
            raise invalid_campaign("Only discount and gift campaigns may be of type STANDALONE")
        if count > 1:
            raise invalid_campaign("A STANDALONE campaign has one code")
    if fields.campaign_type == CampaignType.PROMOTION and count:
        raise invalid_campaign("A PROMOTION campaign has no codes")
    if count > possible_codes(project, fields.code_config):
        raise no_such_codes("The code configuration does not allow that many codes")


def set_active(campaign: Campaign, active: bool, *, by: Actor, now: datetime) -> None:
    """Switches a campaign on or off: an inactive one neither pays nor converts."""
    with transaction.atomic():
        campaign.active = active
        campaign.updated_at = now
        campaign.save(update_fields=["active", "updated_at"])
        action = "campaign.enabled" if active else "campaign.disabled"
        record_change(campaign.project, by=by, action=action, target=campaign_target(campaign))
        tell_of_campaign(campaign, "enabled" if active else "disabled", by=by, now=now)


def campaign_target(campaign: Campaign) -> Target:
    return Target("campaign", campaign.public_id, campaign.name)
