"""The contract's campaigns, vouchers, publications and holders: lists in, lists out, a fixed number of statements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db.models import Count, Prefetch

from api.v1.customers import render_customers
from campaigns.kinds import describe
from campaigns.models import Campaign, CampaignType, Holder, Publication, Voucher
from campaigns.validity import FIELDS as VALIDITY_FIELDS
from common.ids import public_id
from common.jsons import JsonObject
from projects.models import ActionStatus, AsyncAction, OperationStatus, Project
from referrals.models import ReferralProgram, ReferralTier
from rules.assigning import assigned
from rules.models import Assignment, ObjectType
from rules.rendering import render_assignments

NO_RULES: JsonObject = {"object": "list", "data_ref": "data", "data": [], "total": 0}
NO_TIERS: JsonObject = {"object": "list", "data_ref": "tiers", "tiers": [], "total": 0, "has_more": False}
OFFERS = ("discount", "gift", "loyalty_card")


def render_campaigns(campaigns: Sequence[Campaign]) -> list[JsonObject]:
    """Campaigns with their referral part (e.2); four statements, and one where the worker has made codes."""
    keys = [campaign.pk for campaign in campaigns]
    vouchers = Voucher.objects.filter(campaign__in=keys, deleted_at=None)
    counts = dict(vouchers.values_list("campaign").annotate(count=Count("id")).order_by())
    tiers = ReferralTier.objects.filter(deleted_at=None).select_related("reward_campaign")
    programs = {
        program.pk: program
        for program in ReferralProgram.objects.filter(campaign__in=keys)
        .select_related("definition", "referee_reward_campaign")
        .prefetch_related(Prefetch("tiers", tiers))
    }
    statuses = _generation_statuses(campaigns)
    assignments = assigned(ObjectType.CAMPAIGN, keys)
    return [
        {
            **_campaign(
                campaign, counts.get(campaign.pk, 0), statuses.get(campaign.generation_id), programs.get(campaign.pk)
            ),
            "validation_rules_assignments": _rules(assignments.get(campaign.pk)),
        }
        for campaign in campaigns
    ]


def _rules(assignment: Assignment | None) -> JsonObject:
    if assignment is None:
        return NO_RULES
    return {**NO_RULES, "data": render_assignments([assignment]), "total": 1}


def _generation_statuses(campaigns: Sequence[Campaign]) -> Mapping[UUID | None, str]:
    """How far the worker is with the codes of each campaign, by the key of its action (contract e.2)."""
    keys = [campaign.generation_id for campaign in campaigns if campaign.generation_id]
    actions = AsyncAction.objects.filter(pk__in=keys).only("status", "operation_status") if keys else ()
    return {action.pk: _generation_status(action) for action in actions}


def _generation_status(action: AsyncAction) -> str:
    if action.status in (ActionStatus.ENQUEUED, ActionStatus.IN_PROGRESS):
        return "IN_PROGRESS"
    failed = action.status == ActionStatus.FAILED or action.operation_status == OperationStatus.FAILED
    return "FAILED" if failed else "DONE"


def _campaign(
    campaign: Campaign, vouchers_count: int, generation: str | None, program: ReferralProgram | None
) -> JsonObject:
    body: JsonObject = {
        "id": campaign.public_id,
        "name": campaign.name,
        "description": campaign.description or None,
        "campaign_type": campaign.campaign_type,
        "type": campaign.type,
        "auto_join": campaign.auto_join,
        "join_once": campaign.join_once,
        "use_voucher_metadata_schema": campaign.use_voucher_metadata_schema,
        **_validity(campaign),
        "activity_duration_after_publishing": campaign.activity_duration_after_publishing or None,
        "vouchers_count": vouchers_count,
        "start_date": campaign.start_date,
        "expiration_date": campaign.expiration_date,
        "active": campaign.active,
        "metadata": campaign.metadata,
        "created_at": campaign.created_at,
        "updated_at": campaign.updated_at,
        "category": campaign.category or None,
        "creation_status": generation or "DONE",
        "vouchers_generation_status": generation or "DONE",
        "readonly": False,
        "protected": False,
        "category_id": None,
        "categories": [],
        "object": "campaign",
    }
    if campaign.campaign_type == CampaignType.PROMOTION:
        body["promotion"] = NO_TIERS
    else:
        body["voucher"] = _campaign_voucher(campaign)
    if program is not None:
        body["referral_program"] = _referral_program(program)
    return body


def _validity(window: Campaign | Voucher) -> JsonObject:
    return {name: window.validity.get(name) for name in VALIDITY_FIELDS}


def _campaign_voucher(campaign: Campaign) -> JsonObject:
    template: JsonObject = campaign.voucher_template
    body: JsonObject = {
        "type": template["type"],
        "redemption": {"quantity": template.get("redemption", {}).get("quantity")},
        "code_config": campaign.code_config,
        "is_referral_code": campaign.gives_referral_codes,
    }
    return body | {name: template[name] for name in OFFERS if name in template}


def _referral_program(program: ReferralProgram) -> JsonObject:
    body: JsonObject = {"conversion_event_type": program.conversion_event_type}
    if program.definition is not None:
        body["custom_event"] = {"id": program.definition.public_id, "name": program.definition.name}
    if program.referee_reward_campaign is not None:
        body["referee_reward"] = {
            "related_object_parent": _reward_parent(program.referee_reward_campaign),
            "type": program.referee_reward_type,
            # A string, as the official Python SDK parses it (contract k.2).
            "amount": str(program.referee_reward_amount),
        }
    body["tiers"] = [render_tier(tier) for tier in program.tiers.all()]
    return body


def render_tier(tier: ReferralTier) -> JsonObject:
    return {
        "id": tier.public_id,
        "criterion": tier.criterion,
        "banner": tier.banner or None,
        "reward": {
            "type": tier.reward_type,
            "related_object_parent": _reward_parent(tier.reward_campaign),
            "amount": tier.amount,
        },
        "active": tier.active,
        "created_at": tier.created_at,
        "object": "referral_tier",
    }


def render_simple_tier(tier: ReferralTier) -> JsonObject:
    """The tier beside a reward that it paid (contract d.8)."""
    return {
        "id": tier.public_id,
        "campaign_id": public_id("camp", tier.program_id),
        "banner": tier.banner or None,
        "parameters": {"criterion": tier.criterion},
    }


def _reward_parent(campaign: Campaign) -> JsonObject:
    return {"id": campaign.public_id, "name": campaign.name, "object": "CAMPAIGN"}


def render_vouchers(project: Project, vouchers: Sequence[Voucher]) -> list[JsonObject]:
    """Vouchers with what their kind shows (h.4, f.2); their campaigns must be loaded. At most four statements."""
    published = Publication.objects.filter(voucher__in=vouchers, revoked_at=None)
    counts = dict(published.values_list("voucher").annotate(count=Count("id")).order_by())
    described = describe(vouchers)
    return [_voucher(item, counts.get(item.pk, 0), described.get(item.pk, {})) for item in vouchers]


def _voucher(voucher: Voucher, published: int, described: JsonObject) -> JsonObject:
    campaign = voucher.campaign
    holder_id = public_id("cust", voucher.holder_id) if voucher.holder_id else None
    body: JsonObject = {
        "id": voucher.public_id,
        "code": voucher.code,
        "campaign": campaign.name if campaign else None,
        "campaign_id": campaign.public_id if campaign else None,
        "category": voucher.category or (campaign.category if campaign else "") or None,
        "category_id": None,
        "categories": [],
        "type": voucher.type,
        "discount": voucher.discount,
        "gift": described.get("gift"),
        "loyalty_card": described.get("loyalty_card"),
        "start_date": voucher.start_date,
        "expiration_date": voucher.expiration_date,
        **_validity(voucher),
        "active": voucher.active,
        "additional_info": voucher.additional_info or None,
        "metadata": voucher.metadata,
        "assets": None,
        "is_referral_code": voucher.is_referral_code,
        "created_at": voucher.created_at,
        "updated_at": voucher.updated_at,
        "holder_id": holder_id,
        "validation_rules_assignments": NO_RULES,
        "redemption": _redemption(voucher, described),
        "publish": {"object": "list", "count": published, "url": f"{_url(voucher)}/publications?page=1&limit=10"},
        "object": "voucher",
    }
    if voucher.is_referral_code:
        body["referrer_id"] = holder_id
    return body


def _redemption(voucher: Voucher, described: JsonObject) -> JsonObject:
    quantity = voucher.quantity
    if quantity is None and voucher.campaign:
        quantity = voucher.campaign.voucher_template.get("redemption", {}).get("quantity")
    body: JsonObject = {
        "quantity": quantity,
        "redeemed_quantity": 0,
        "redeemed_points": described.get("redeemed_points"),
        "object": "list",
        "url": f"{_url(voucher)}/redemptions?page=1&limit=10",
    }
    return body | {"redeemed_amount": 0} if "gift" in described else body


def _url(voucher: Voucher) -> str:
    return f"/v1/vouchers/{quote(voucher.code, safe='')}"


def render_publications(project: Project, publications: Sequence[Publication]) -> list[JsonObject]:
    """Publications with customer and code (h.3); both must be loaded. At most nine statements."""
    customers = dict(
        zip(
            [publication.customer_id for publication in publications],
            render_customers(project, [publication.customer for publication in publications]),
            strict=True,
        )
    )
    vouchers = render_vouchers(project, [publication.voucher for publication in publications])
    parts = _parts_of(publications)
    return [
        _publication(publication, customers, voucher, parts[publication.pk])
        for publication, voucher in zip(publications, vouchers, strict=True)
    ]


def _parts_of(publications: Sequence[Publication]) -> Mapping[UUID, list[Voucher]]:
    """The further codes of each publication; one statement."""
    parts: defaultdict[UUID, list[Voucher]] = defaultdict(list)
    keys = [publication.pk for publication in publications]
    for part in Publication.objects.filter(part_of__in=keys).select_related("voucher").order_by("pk"):
        assert part.part_of_id is not None
        parts[part.part_of_id].append(part.voucher)
    return parts


def _publication(
    publication: Publication, customers: Mapping[UUID, JsonObject], voucher: JsonObject, further: Sequence[Voucher]
) -> JsonObject:
    customer = customers[publication.customer_id]
    body: JsonObject = {
        "id": publication.public_id,
        "object": "publication",
        "created_at": publication.created_at,
        "customer_id": customer["id"],
        "tracking_id": customer["source_id"],
        "metadata": publication.metadata,
        "channel": publication.channel,
        "source_id": publication.source_id,
        "result": "SUCCESS",
        "customer": customer,
        "vouchers_id": [voucher["id"], *(other.public_id for other in further)],
    }
    if further:
        return body | {"vouchers": [voucher["code"], *(other.code for other in further)]}
    return body | {"voucher": voucher}


def render_holders(holders: Sequence[Holder]) -> list[JsonObject]:
    """Holders of codes (e.6); voucher and campaign must be loaded. Runs no statement."""
    return [_holder(holder) for holder in holders]


def _holder(holder: Holder) -> JsonObject:
    campaign: Any = holder.voucher.campaign
    return {
        "id": holder.public_id,
        "created_at": holder.created_at,
        "redeemable_id": holder.voucher.public_id,
        "redeemable_object": "voucher",
        "campaign_id": campaign.public_id if campaign else None,
        "campaign_type": campaign.campaign_type if campaign else None,
        "voucher_type": holder.voucher.type,
        "publication_id": public_id("pub", holder.publication_id) if holder.publication_id else None,
        "customer_id": public_id("cust", holder.customer_id),
        "holder_role": holder.role,
        "metadata": holder.metadata,
        "updated_at": None,
        "object": "redeemable_holder",
    }
