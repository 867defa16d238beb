"""Making, changing and switching single codes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction

from campaigns.codes import LONGEST_CODE, NO_CHANGE, code_key, make_vouchers, new_voucher, random_code
from campaigns.creation import check_window, no_such_codes
from campaigns.generation import check_can_generate
from campaigns.models import CAMPAIGN_TYPE_OF, Campaign, CampaignType, CodeSupply, Voucher, VoucherType
from campaigns.telling import tell_of_codes, tell_of_new_code
from campaigns.voucher_fields import VoucherChange, merged_validity
from common.ids import parse_public_id
from common.jsons import JsonObject
from common.refusals import Duplicate, InvalidPayload, NotFound, Refusal
from eventschema.resources import check_metadata
from projects.audit import Actor
from projects.models import Project

# Guesses for one code before its configuration counts as used up.
MOST_TRIES = 20


@dataclass(frozen=True, slots=True)
class NewVoucher:
    """A code to be made: this very one, or one by the configuration of the campaign or, without any, of its own."""

    change: VoucherChange = NO_CHANGE
    code: str | None = None
    code_config: JsonObject | None = None


def create_voucher(project: Project, campaign: Campaign | None, new: NewVoucher, *, by: Actor) -> Voucher:
    """A code of the campaign, or one that stands alone.

    Raises Duplicate where the project has the code, InvalidPayload, MetadataInvalid, Refusal for what cannot be.
    """
    change = checked_change(project, campaign, new.change)
    with transaction.atomic():
        if campaign is not None:
            _check_has_room(campaign)
        voucher = _made(project, campaign, new, change)
        tell_of_new_code(project, voucher, by=by, now=datetime.now(UTC))
    return voucher


def _made(project: Project, campaign: Campaign | None, new: NewVoucher, change: VoucherChange) -> Voucher:
    if new.code is not None:
        return _insert(project, campaign, new.code, change)
    if campaign is not None and new.code_config is None:
        made = make_vouchers(campaign, 1, change)
    else:
        made = _guessed(project, campaign, new.code_config or {}, change)
    if not made:
        raise no_such_codes("The code configuration allows no further code")
    return made[0]


def add_code(campaign: Campaign, code: str, *, by: Actor) -> Voucher:
    """`create_voucher` for a code of the sender's choice."""
    return create_voucher(campaign.project, campaign, NewVoucher(code=code), by=by)


def add_random_code(campaign: Campaign, *, by: Actor) -> Voucher:
    """`create_voucher` for a code of the campaign's pattern."""
    return create_voucher(campaign.project, campaign, NewVoucher(), by=by)


def change_voucher(voucher: Voucher, change: VoucherChange, *, by: Actor, now: datetime) -> Voucher:
    """Changes what was sent: nulls clear, metadata is merged. A code in use keeps what it is worth.

    Raises InvalidPayload, MetadataInvalid, Refusal for another offer than it can have, NotFound where it is deleted.
    """
    with transaction.atomic():
        voucher = _locked(voucher)
        columns = dict(change.columns)
        # A code keeps its type; the official SDK sends one whatever the code is.
        columns.pop("type", None)
        _check_worth(voucher, columns)
        if "metadata" in columns:
            check_metadata(voucher.project, "voucher", columns["metadata"], before=voucher.metadata)
            columns["metadata"] = {**voucher.metadata, **columns["metadata"]}
        if "validity" in columns:
            columns["validity"] = merged_validity(voucher.validity, columns["validity"])
        for name, value in columns.items():
            setattr(voucher, name, value)
        check_window(voucher.start_date, voucher.expiration_date, voucher.validity)
        voucher.updated_at = now
        voucher.save(update_fields=[*columns, "updated_at"])
        names = ["enabled" if voucher.active else "disabled"] if "active" in columns else []
        names += ["updated"] if columns.keys() - {"active"} else []
        tell_of_codes(voucher.project, [voucher], *names, by=by, now=now)
    return voucher


def switch_voucher(voucher: Voucher, *, active: bool, by: Actor, now: datetime) -> Voucher:
    """Lets a code be used, or not."""
    return change_voucher(voucher, VoucherChange({"active": active}), by=by, now=now)


def invalid_voucher(details: str) -> Refusal:
    return Refusal(details, key="invalid_voucher", message="Invalid Voucher")


def check_code(code: str) -> None:
    """Raises InvalidPayload. A code that looks like an id would hide the one that has it."""
    if not 1 <= len(code) <= LONGEST_CODE:
        raise InvalidPayload.at("code", f"A code has 1 to {LONGEST_CODE} characters", code)
    if parse_public_id("v", code):
        raise InvalidPayload.at("code", "A code cannot look like the id of a voucher", code)


def _locked(voucher: Voucher) -> Voucher:
    rows = Voucher.objects.select_for_update(no_key=True, of=("self",)).select_related("campaign", "project")
    locked = rows.filter(pk=voucher.pk, deleted_at=None).first()
    if locked is None:
        raise NotFound.of("voucher", voucher.public_id)
    if locked.campaign is not None:
        locked.campaign.project = locked.project
    return locked


def _check_worth(voucher: Voucher, columns: Mapping[str, Any]) -> None:
    for name, kind in OFFERS.items():
        if name in columns and voucher.type != kind:
            raise invalid_voucher(f"A voucher of type {voucher.type} has no '{name}'")
        if name in columns and voucher.holder_id is not None:
            raise invalid_voucher("The voucher is published already")


OFFERS = {"discount": VoucherType.DISCOUNT_VOUCHER, "gift": VoucherType.GIFT_VOUCHER}


def checked_change(project: Project, campaign: Campaign | None, change: VoucherChange) -> VoucherChange:
    """The columns of a code that is to be made, its type among them.

    Raises InvalidPayload, MetadataInvalid, and Refusal where its parts contradict each other or the campaign.
    """
    fit = _fitting(campaign, change)
    columns = fit.columns
    check_window(columns.get("start_date"), columns.get("expiration_date"), columns.get("validity", {}))
    check_metadata(project, "voucher", columns.get("metadata", {}))
    return fit


def _fitting(campaign: Campaign | None, change: VoucherChange) -> VoucherChange:
    """The change with the type that follows from it. Raises Refusal where its parts contradict each other."""
    columns: Mapping[str, Any] = change.columns
    worth = {kind for name, kind in OFFERS.items() if name in columns}
    own = campaign.voucher_template.get("type") if campaign else None
    kind = columns.get("type") or own or (min(worth) if worth else None)
    if campaign is not None:
        fits = CAMPAIGN_TYPE_OF.get(VoucherType(kind)) == campaign.campaign_type if kind else False
        referral = campaign.campaign_type == CampaignType.REFERRAL_PROGRAM and kind == VoucherType.DISCOUNT_VOUCHER
        if not (fits or referral) or worth - {kind}:
            raise invalid_voucher("Voucher type does not match provided campaign type")
    elif kind == VoucherType.LOYALTY_CARD:
        raise invalid_voucher("A loyalty card needs a campaign")
    elif kind is None or worth != {kind}:
        raise invalid_voucher("A voucher without a campaign needs either 'discount' or 'gift'")
    return replace(change, columns={**columns, "type": kind})


def _check_has_room(campaign: Campaign) -> None:
    """The one code of a STANDALONE campaign is added here, and no second. Locks the campaign where it counts."""
    if campaign.type != CodeSupply.STANDALONE:
        check_can_generate(campaign)
        return
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if Voucher.objects.filter(campaign=campaign, deleted_at=None).exists():
        check_can_generate(campaign)


def _insert(project: Project, campaign: Campaign | None, code: str, change: VoucherChange) -> Voucher:
    check_code(code)
    voucher = new_voucher(project, campaign, code, code_key(project, code), change)
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


def _guessed(project: Project, campaign: Campaign | None, config: JsonObject, change: VoucherChange) -> list[Voucher]:
    for _ in range(MOST_TRIES):
        try:
            return [_insert(project, campaign, random_code(config), change)]
        except Duplicate:
            continue
    return []
