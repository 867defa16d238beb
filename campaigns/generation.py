"""Making many codes by the worker: in chunks, each of which counts itself in its own transaction."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from campaigns.codes import make_many, possible_codes
from campaigns.models import Campaign, CampaignType, CodeSupply
from campaigns.telling import tell_of_campaign
from campaigns.voucher_fields import VoucherChange, parse_voucher
from common.jsons import JsonObject
from common.refusals import InvalidPayload, Refusal
from eventschema.resources import check_metadata
from outbox.actions import Progress, start_action
from projects.audit import Actor
from projects.models import AsyncAction

ACTION = "CAMPAIGN.VOUCHERS_GENERATE"
MOST_CODES = 100_000
CHUNK = 5_000
USED_UP = "invalid_code_config: the code configuration allows no further code"


def start_generation(
    campaign: Campaign,
    count: int,
    *,
    by: Actor,
    request_id: str,
    now: datetime,
    overrides: JsonObject | None = None,
) -> AsyncAction:
    """Lets the worker make so many codes; the campaign shows how far that is.

    `overrides` is what the codes have of their own, as a body writes it (campaigns/voucher_fields.py).
    Raises InvalidPayload, MetadataInvalid, Refusal where the campaign can have none, or not so many.
    """
    check_can_generate(campaign)
    check_metadata(campaign.project, "voucher", _change_of(overrides or {}).columns.get("metadata", {}))
    if not 1 <= count <= MOST_CODES:
        raise InvalidPayload.at("vouchers_count", f"Property .vouchers_count must be from 1 to {MOST_CODES}", count)
    if count > possible_codes(campaign.project, campaign.code_config):
        raise Refusal(
            "The code configuration does not allow that many codes",
            key="invalid_code_config",
            message="Invalid code config",
        )
    payload: JsonObject = {
        "campaign": str(campaign.pk),
        "count": count,
        "made": 0,
        "overrides": overrides or {},
        "by": by.as_json(),
    }
    with transaction.atomic():
        action = start_action(campaign.project, type=ACTION, payload=payload, request_id=request_id, now=now)
        campaign.generation = action
        campaign.save(update_fields=["generation"])
        _tell(campaign, action, "started", count, now)
    return action


def _change_of(overrides: JsonObject) -> VoucherChange:
    """What a code may have of its own; what it is worth is its campaign's. Raises InvalidPayload."""
    change, errors = parse_voucher(overrides)
    if errors:
        raise InvalidPayload.of(errors)
    own = {name: value for name, value in change.columns.items() if name not in ("type", "discount", "gift")}
    return VoucherChange(own)


def check_can_generate(campaign: Campaign) -> None:
    """Raises Refusal for a campaign that has one code, or none."""
    if campaign.type == CodeSupply.STANDALONE or campaign.campaign_type == CampaignType.PROMOTION:
        kind = campaign.type if campaign.type == CodeSupply.STANDALONE else campaign.campaign_type
        raise Refusal(
            f"You can not generate vouchers for {kind} type campaign.",
            key="invalid_campaign",
            message="Invalid Campaign",
        )


def run(action: AsyncAction, progress: Progress) -> None:
    """For ASYNC_ACTIONS. What an earlier run has made stands in the payload, written with the codes themselves."""
    count: int = action.payload["count"]
    progress.total(count)
    made = int(action.payload["made"])
    progress.done(made)
    while made < count:
        wanted = min(CHUNK, count - made)
        chunk = _make_chunk(action.pk, wanted)
        if chunk is None:
            return
        made, found = chunk
        progress.done(found)
        if found < wanted and made < count:
            progress.failed(action.payload["campaign"], USED_UP)
            return


def tell_given_up(action: AsyncAction, now: datetime) -> None:
    """For GIVEN_UP_ACTIONS; needs `action.project`. At most three statements."""
    campaign = Campaign.objects.get(project=action.project, pk=UUID(action.payload["campaign"]))
    campaign.project = action.project
    _tell(campaign, action, "failed", action.payload["made"], now)


def _tell(campaign: Campaign, action: AsyncAction, what: str, count: int, now: datetime) -> None:
    """`count` is how many codes are wanted at the start, and how many there are at the end."""
    name, cause = f"vouchers.generation.{what}", str(action.pk)
    by = Actor.of(action.payload)
    tell_of_campaign(campaign, name, by=by, now=now, cause=cause, count=count, action=action.public_id)


def _make_chunk(action_id: Any, wanted: int) -> tuple[int, int] | None:
    """(codes made in all, codes made now); None where another run has finished, and forgotten, the action meanwhile.

    Whoever else runs this action waits for the lock on its row.
    """
    with transaction.atomic():
        action = AsyncAction.objects.select_for_update(no_key=True).get(pk=action_id)
        payload: JsonObject = action.payload
        if not payload:
            return None
        campaign = Campaign.objects.select_related("project").get(pk=UUID(payload["campaign"]))
        now = datetime.now(UTC)
        if campaign.deleted_at is not None:
            _tell(campaign, action, "failed", payload["made"], now)
            return payload["made"], 0
        change = _change_of(payload["overrides"])
        wanted = min(wanted, payload["count"] - payload["made"])
        found = make_many(campaign, wanted, change, now=now)
        payload["made"] += found
        action.save(update_fields=["payload"])
        if payload["made"] >= payload["count"] or found < wanted:
            is_whole = payload["made"] >= payload["count"]
            _tell(campaign, action, "completed" if is_whole else "failed", payload["made"], now)
    return payload["made"], found
