"""What webhooks are told of campaigns and codes, in the transaction of the change."""

from collections.abc import Sequence
from datetime import datetime

from campaigns.models import Campaign, Voucher
from common.ids import public_id
from common.jsons import JsonObject
from projects.audit import Actor
from projects.models import Project
from webhooks.announcing import Announcement, announce, source_of


def tell_of_campaign(
    campaign: Campaign, name: str, *, by: Actor, now: datetime, cause: str = "", **more: object
) -> None:
    """`name` is a type behind "campaign.", `more` what else the body shows: `count`, `action`, `voucher`."""
    about: JsonObject = {"campaign": campaign.public_id, **more}
    told = Announcement(f"campaign.{name}", campaign.public_id, about, cause, source_of(by))
    announce(campaign.project, [told], now=now)


def tell_of_codes(project: Project, vouchers: Sequence[Voucher], *names: str, by: Actor, now: datetime) -> None:
    """`names` are types behind "voucher."; at most one statement."""
    told = [
        Announcement(f"voucher.{name}", voucher.public_id, _said(voucher, name), source=source_of(by))
        for voucher in vouchers
        for name in names
    ]
    announce(project, told, now=now)


def tell_of_new_code(project: Project, voucher: Voucher, *, by: Actor, now: datetime) -> None:
    tell_of_codes(project, [voucher], "created", by=by, now=now)
    if voucher.campaign is not None:
        voucher.campaign.project = project
        tell_of_campaign(voucher.campaign, "vouchers.added", by=by, now=now, count=1, voucher=voucher.public_id)


def _said(voucher: Voucher, name: str) -> JsonObject:
    """What is told of a code whose row is gone when the body is made."""
    said: JsonObject = {
        "voucher": voucher.public_id,
        "campaign": public_id("camp", voucher.campaign_id) if voucher.campaign_id else None,
        "code": voucher.code,
        "type": voucher.type,
    }
    if name == "deleted":
        said |= {"discount": voucher.discount, "gift": voucher.gift, "metadata": voucher.metadata}
    return said
