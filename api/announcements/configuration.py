"""Bodies of what was configured: campaigns, their rules and tiers, and codes."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import QuerySet

from api.announcements.told import Body, Told
from api.v1.earning_rules import render_rules
from api.v1.rendering import render_campaigns, render_tier, render_vouchers
from campaigns.models import Campaign, Voucher
from common.ids import parse_public_id, time_of
from common.jsons import JsonObject
from gifts.models import GiftEntry
from gifts.rendering import render_credits
from loyalty.models import EarningRule
from projects.models import Project
from referrals.models import ReferralTier

# What a code that is gone left behind, beside its id and its campaign (campaigns/telling.py).
LEFT_BEHIND = ("code", "type", "discount", "gift", "metadata")


def campaigns(project: Project, told: Sequence[Told]) -> list[Body | None]:
    """{campaign}, and with it the earning rule, the tier, or how many codes; campaigns keep their rows."""
    found = _campaigns(project, told)
    rules = _rules(project, told)
    tiers = _tiers(project, told)
    vouchers = _vouchers(project, told)
    bodies: list[Body | None] = []
    for each in told:
        data: JsonObject = {"campaign": found.get(each.about["campaign"])}
        if "rule" in each.about:
            data["earning_rule"] = rules.get(each.about["rule"])
        if "tier" in each.about:
            data["referral_tier"] = tiers.get(each.about["tier"])
        if "count" in each.about:
            data |= {"vouchers_count": each.about["count"], "voucher": vouchers.get(each.about.get("voucher", ""))}
            data["async_action_id"] = each.about.get("action")
        bodies.append(Body(data))
    return bodies


def codes(project: Project, told: Sequence[Told]) -> list[Body | None]:
    """{voucher, campaign}; of a code whose row is gone, what it left behind."""
    vouchers, found = _vouchers(project, told), _campaigns(project, told)
    return [
        Body(
            {"voucher": vouchers[each.about["voucher"]], "campaign": found.get(each.about["campaign"])},
            _holder_of(vouchers[each.about["voucher"]]),
        )
        for each in told
    ]


def gift_credits(project: Project, told: Sequence[Told]) -> list[Body | None]:
    """{voucher, balance, campaign, holder, transaction} of changed gift cards; the holder by id alone."""
    rows = GiftEntry.objects.filter(project=project, pk__in=_keys(told, "transaction", "vtx"))
    entries = list(rows.select_related("card__voucher__campaign"))
    vouchers = render_vouchers(project, [entry.card.voucher for entry in entries])
    owners = {entry.card.voucher.campaign for entry in entries if entry.card.voucher.campaign}
    shown = {body["id"]: body for body in render_campaigns(list(owners))}
    bodies = {
        transaction["id"]: Body(
            {
                "voucher": voucher,
                "balance": transaction["details"]["balance"],
                "campaign": shown.get(voucher["campaign_id"]),
                "holder": {"id": voucher["holder_id"], "object": "customer"} if voucher["holder_id"] else None,
                "transaction": transaction,
            },
            _holder_of(voucher),
        )
        for transaction, voucher in zip(render_credits(entries), vouchers, strict=True)
    }
    return [bodies.get(each.about["transaction"]) for each in told]


def _holder_of(voucher: JsonObject) -> UUID | None:
    return parse_public_id("cust", voucher["holder_id"])


def _keys(told: Sequence[Told], name: str, prefix: str) -> set[UUID]:
    return {key for each in told if (key := each.key(name, prefix))}


def _campaigns(project: Project, told: Sequence[Told]) -> Mapping[str, JsonObject]:
    rows = Campaign.objects.filter(project=project, pk__in=_keys(told, "campaign", "camp"))
    return {body["id"]: body for body in render_campaigns(list(rows))}


def _rules(project: Project, told: Sequence[Told]) -> Mapping[str, JsonObject]:
    rows = EarningRule.objects.filter(project=project, pk__in=_keys(told, "rule", "ern"))
    loaded = list(rows.select_related("definition", "program__campaign"))
    return {body["id"]: body for body in render_rules(loaded)}


def _tiers(project: Project, told: Sequence[Told]) -> Mapping[str, JsonObject]:
    rows = ReferralTier.objects.filter(project=project, pk__in=_keys(told, "tier", "rtier"))
    return {tier.public_id: render_tier(tier) for tier in rows.select_related("reward_campaign")}


def _vouchers(project: Project, told: Sequence[Told]) -> Mapping[str, JsonObject]:
    rows: QuerySet[Voucher] = Voucher.objects.filter(project=project, pk__in=_keys(told, "voucher", "v"))
    found = {row.public_id: row for row in rows.select_related("campaign")}
    gone = {name: each for each in told if (name := each.about.get("voucher")) and name not in found}
    owners = Campaign.objects.in_bulk(_keys(list(gone.values()), "campaign", "camp")) if gone else {}
    for name, each in gone.items():
        found[name] = _gone(project, each, owners)
    return dict(zip(found, render_vouchers(project, list(found.values())), strict=True))


def _gone(project: Project, told: Told, owners: Mapping[UUID, Campaign]) -> Voucher:
    """A code as it was, not stored."""
    left = {name: told.about[name] for name in LEFT_BEHIND if name in told.about}
    key, campaign = told.key("voucher", "v"), told.key("campaign", "camp")
    assert key is not None  # it was found by it
    owner = owners.get(campaign) if campaign else None
    return Voucher(id=key, project=project, campaign=owner, active=False, created_at=time_of(key), **left)
