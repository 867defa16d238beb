"""Programmes, definitions and events for tests, made by the domain functions that the API calls."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from campaigns.creation import CampaignFields, create_campaign
from campaigns.models import Campaign, CampaignType, CodeSupply, Voucher
from campaigns.vouchers import add_code
from customers.models import Customer
from customers.profiles import Profile
from events.acceptance import accept_events
from events.outcomes import Accepted, Outcome
from events.payloads import Source, parse_event
from eventschema.models import EventDefinition
from eventschema.publishing import DefinitionChange, create_definition
from eventschema.spec import parse_properties
from loyalty.models import EarningRule, Formula, LoyaltyCard
from loyalty.programs import create_loyalty_campaign
from loyalty.rules import RuleFields, create_rule
from projects.audit import Actor
from projects.keys import create_key
from projects.models import Project
from projects.tokens import issue_token
from publications.publishing import PublicationRequest, publish
from referrals.programs import ProgramFields, Reward, TierFields, create_referral_campaign

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TESTER = Actor("command", "tests")
SOURCE = Source("API", "v-000000000000000000")


def a_definition(
    project: Project, name: str, properties: Mapping[str, Any] | None = None, **parts: Any
) -> EventDefinition:
    """A published definition; `properties` as the management API writes them."""
    specs, errors = parse_properties(dict(properties or {}), "schema.properties")
    assert errors == []
    return create_definition(project, name, DefinitionChange(specs, **parts), by=TESTER, now=NOW)


def a_loyalty_programme(project: Project, name: str = "Club", **fields: Any) -> Campaign:
    template = {"type": "LOYALTY_CARD", "loyalty_card": {"points": fields.pop("initial_points", 0)}}
    defaults = {"type": CodeSupply.AUTO_UPDATE, "auto_join": True}
    campaign_fields = CampaignFields(
        name=name,
        campaign_type=CampaignType.LOYALTY_PROGRAM,
        voucher_template=template,
        **defaults | fields,
    )
    return create_loyalty_campaign(project, campaign_fields, template["loyalty_card"]["points"], by=TESTER)


def an_access_token(
    project: Project,
    scope: str = "",
    *,
    kind: str = "server",
    domains: Sequence[str] = (),
    now: datetime | None = None,
) -> str:
    """The token of a new key."""
    key, _ = create_key(project, kind=kind, by=TESTER, trusted_domains=domains)
    return issue_token(key, scope, now=now or datetime.now(UTC)).token


def a_coupon_campaign(project: Project, name: str = "Sale", **fields: Any) -> Campaign:
    template = {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}}
    campaign_fields = CampaignFields(
        name=name, campaign_type=CampaignType.DISCOUNT_COUPONS, voucher_template=template, **fields
    )
    return create_campaign(project, campaign_fields, by=TESTER)


def a_gift_campaign(project: Project, name: str = "Gifts", amount: int = 1_000, **fields: Any) -> Campaign:
    template = {"type": "GIFT_VOUCHER", "gift": {"amount": amount, "effect": "APPLY_TO_ORDER"}}
    campaign_fields = CampaignFields(
        name=name, campaign_type=CampaignType.GIFT_VOUCHERS, voucher_template=template, **fields
    )
    return create_campaign(project, campaign_fields, by=TESTER)


def a_rule(campaign: Campaign, definition: EventDefinition, points: int = 10, **fields: Any) -> EarningRule:
    return create_rule(campaign.loyalty_program, definition, RuleFields(Formula.FIXED, points, **fields), by=TESTER)


def a_proportional_rule(
    campaign: Campaign, definition: EventDefinition, *, points: int, every: str, of: str, **fields: Any
) -> EarningRule:
    rule = RuleFields(Formula.PROPORTIONAL, points, every=Decimal(every), property_name=of, **fields)
    return create_rule(campaign.loyalty_program, definition, rule, by=TESTER)


def a_referral_programme(
    project: Project,
    definition: EventDefinition | None,
    *,
    club: Campaign | None = None,
    referee_points: int = 0,
    referrer_points: int = 0,
    name: str = "Bring a friend",
    **fields: Any,
) -> Campaign:
    """A programme converting on the definition's event, paying both sides on the club's cards."""
    template = {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}}
    reward = Reward("LOYALTY_CARD", club, referee_points) if club and referee_points else None
    tiers = [TierFields(Reward("LOYALTY_CARD", club, referrer_points))] if club and referrer_points else []
    campaign_fields = CampaignFields(
        name=name, campaign_type=CampaignType.REFERRAL_PROGRAM, voucher_template=template, **fields
    )
    return create_referral_campaign(project, campaign_fields, ProgramFields(definition, reward, tiers), by=TESTER)


def a_rewarding_shop(
    project: Project, event: str, *, points: int, referee_points: int, referrer_points: int
) -> tuple[EventDefinition, Campaign, Campaign]:
    """An event with an amount, a club that pays `points` for it, and referrals that convert on it."""
    definition = a_definition(project, event, {"amount": {"type": "number", "optional": False}})
    club = a_loyalty_programme(project)
    a_rule(club, definition, points=points)
    referrals = a_referral_programme(
        project, definition, club=club, referee_points=referee_points, referrer_points=referrer_points
    )
    return definition, club, referrals


def a_published_code(campaign: Campaign, code: str, *, to: str) -> Voucher:
    """A code of the campaign, published to the customer with that source id."""
    add_code(campaign, code, by=TESTER)
    request = PublicationRequest(Profile(source_id=to), code=code)
    return publish(campaign.project, request, group_id="", now=NOW).voucher


def an_event(name: str = "signed_up", by: str = "ben", **parts: Any) -> dict[str, Any]:
    """The body of an event request."""
    return {"event": name, "customer": {"source_id": by}, **parts}


def send(project: Project, *bodies: Mapping[str, Any], now: datetime = NOW) -> list[Outcome]:
    """What the API does with these bodies, without HTTP."""
    project.refresh_from_db()
    payloads = [parse_event(body, SOURCE) for body in bodies]
    return accept_events(project=project, payloads=payloads, now=now)


def accept(project: Project, *bodies: Mapping[str, Any], now: datetime = NOW) -> list[Accepted]:
    """`send`, where nothing is refused."""
    outcomes = send(project, *bodies, now=now)
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    assert accepted == outcomes
    return accepted


def kinds(accepted: Accepted) -> list[str]:
    return [effect.kind for effect in accepted.effects]


def reasons(accepted: Accepted) -> list[tuple[str, str]]:
    return [(skip.kind, str(skip.reason)) for skip in accepted.skips]


def balances(project: Project) -> dict[str | None, int]:
    """Points by the source id of the card's customer."""
    cards = LoyaltyCard.objects.filter(project=project).select_related("customer")
    return {card.customer.source_id: card.balance for card in cards}


def customer(project: Project, source_id: str) -> Customer:
    return Customer.objects.get(project=project, source_id=source_id)
