"""Changing a campaign: what was sent, and with it the codes that nobody has yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.creation import campaign_target, check_window, invalid_campaign, metadata_resource
from campaigns.models import Campaign, CampaignType, CodeSupply, Voucher
from campaigns.telling import tell_of_campaign
from campaigns.voucher_fields import merged_validity
from common.jsons import JsonObject
from eventschema.resources import check_metadata
from projects.audit import Actor, record_change

# By the type of a campaign, the offers that its codes may have.
OFFER_OF = {
    CampaignType.DISCOUNT_COUPONS: "discount",
    CampaignType.REFERRAL_PROGRAM: "discount",
    CampaignType.GIFT_VOUCHERS: "gift",
}


@dataclass(frozen=True, slots=True)
class CampaignChange:
    """The columns that were sent; metadata is merged, without the keys of `unset`; `offer` replaces what codes are
    worth: ("discount", {…}) or ("gift", {…}).
    """

    columns: Mapping[str, Any] = field(default_factory=dict)
    unset: Sequence[str] = ()
    offer: tuple[str, JsonObject] | None = None


def change_campaign(campaign: Campaign, change: CampaignChange, *, by: Actor, now: datetime) -> Campaign:
    """Changes a campaign. Codes that are published or redeemed stay as they are; a fixed number of statements.

    Raises InvalidPayload, MetadataInvalid, Refusal for what a campaign of its type cannot be.
    """
    with transaction.atomic():
        rows = Campaign.objects.select_for_update(no_key=True, of=("self",)).select_related("project", "generation")
        campaign = rows.get(pk=campaign.pk)
        columns = dict(change.columns)
        _merge(campaign, columns, change)
        for name, value in columns.items():
            setattr(campaign, name, value)
        check_window(campaign.start_date, campaign.expiration_date, campaign.validity)
        if change.offer is not None:
            _offer(campaign, change.offer, now)
        campaign.updated_at = now
        campaign.save(update_fields=[*columns, "voucher_template", "updated_at"])
        record_change(campaign.project, by=by, action="campaign.updated", target=campaign_target(campaign))
        tell_of_campaign(campaign, "updated", by=by, now=now)
    return campaign


def _merge(campaign: Campaign, columns: dict[str, Any], change: CampaignChange) -> None:
    if columns.get("type", campaign.type) != campaign.type and campaign.type == CodeSupply.STANDALONE:
        raise invalid_campaign("The type of a STANDALONE campaign cannot be changed")
    if "metadata" in columns or change.unset:
        sent = columns.get("metadata", {})
        kept = {name: value for name, value in campaign.metadata.items() if name not in change.unset}
        check_metadata(campaign.project, metadata_resource(campaign), sent, before=kept)
        columns["metadata"] = {**kept, **sent}
    if "validity" in columns:
        columns["validity"] = merged_validity(campaign.validity, columns["validity"])


def _offer(campaign: Campaign, offer: tuple[str, JsonObject], now: datetime) -> None:
    name, value = offer
    if OFFER_OF.get(CampaignType(campaign.campaign_type)) != name:
        raise invalid_campaign(f"A campaign of type {campaign.campaign_type} has no '{name}'")
    campaign.voucher_template = {**campaign.voucher_template, name: value}
    free = Voucher.objects.filter(campaign=campaign, holder=None, deleted_at=None)
    free.update(**{name: value, "updated_at": now})
