"""Making the demo project, all or nothing, by the functions that the API and the admin call."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from campaigns.creation import CampaignFields
from campaigns.models import Campaign, CampaignType, CodeSupply
from campaigns.vouchers import add_code
from common.jsons import JsonObject
from customers.profiles import Profile, parse_profile
from demo import content
from distributions.checking import DistributionFields, Limit
from distributions.creation import create_distribution
from distributions.models import Action, Trigger
from events.acceptance import accept_events
from events.payloads import parse_event
from eventschema.models import EventDefinition
from eventschema.publishing import DefinitionChange, create_definition
from eventschema.spec import parse_properties
from loyalty.models import Formula
from loyalty.programs import create_loyalty_campaign
from loyalty.rules import RuleFields, create_rule
from projects.audit import COMMAND
from projects.creation import create_project
from projects.models import Project
from publications.publishing import PublicationRequest, publish
from referrals.programs import ProgramFields, Reward, TierFields, create_referral_campaign


def find_demo() -> Project | None:
    return Project.objects.filter(slug=content.PROJECT_SLUG).first()


def load_demo(now: datetime) -> tuple[Project, bool]:
    """The demo project, and whether this call made it; one that exists is left as it is."""
    existing = find_demo()
    if existing is not None:
        return existing, False
    with transaction.atomic():
        project = create_project(content.PROJECT_NAME, by=COMMAND, time_zone="Europe/Berlin")
        definitions = {name: _define(project, name, now) for name in content.DEFINITIONS}
        club = _open_club(project, definitions)
        _open_referrals(project, definitions["signed_up"], club, now)
        _tell_history(project, now)
        # After the history: nobody is reminded of what was long ago.
        _remind(project, definitions["cart_abandoned"], now)
    return project, True


def _define(project: Project, name: str, now: datetime) -> EventDefinition:
    description, properties = content.DEFINITIONS[name]
    specs, errors = parse_properties(properties, "schema.properties")
    assert not errors, errors
    return create_definition(project, name, DefinitionChange(specs, description=description), by=COMMAND, now=now)


def _open_club(project: Project, definitions: dict[str, EventDefinition]) -> Campaign:
    fields = CampaignFields(
        name=content.CLUB,
        campaign_type=CampaignType.LOYALTY_PROGRAM,
        type=CodeSupply.AUTO_UPDATE,
        auto_join=True,
        voucher_template={"type": "LOYALTY_CARD", "loyalty_card": {"points": 0}},
        code_config={"pattern": "CARD-######", "charset": "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"},
    )
    club = create_loyalty_campaign(project, fields, 0, by=COMMAND)
    project.refresh_from_db(fields=["revision"])
    for rule in content.RULES:
        create_rule(club.loyalty_program, definitions[rule.event], _rule_fields(rule), by=COMMAND)
    return club


def _rule_fields(rule: content.DemoRule) -> RuleFields:
    if not rule.every:
        return RuleFields(Formula.FIXED, rule.points, banner=rule.banner)
    return RuleFields(
        Formula.PROPORTIONAL,
        rule.points,
        every=Decimal(rule.every),
        property_name=rule.property_name,
        banner=rule.banner,
    )


def _open_referrals(project: Project, signed_up: EventDefinition, club: Campaign, now: datetime) -> None:
    fields = CampaignFields(
        name=content.REFERRALS,
        campaign_type=CampaignType.REFERRAL_PROGRAM,
        type=CodeSupply.AUTO_UPDATE,
        voucher_template={"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}},
        code_config={"pattern": "NRY-####", "charset": "0123456789"},
    )
    program = ProgramFields(
        signed_up,
        referee_reward=Reward("LOYALTY_CARD", club, content.REFEREE_POINTS),
        tiers=[TierFields(Reward("LOYALTY_CARD", club, content.REFERRER_POINTS), banner="A friend joined")],
    )
    campaign = create_referral_campaign(project, fields, program, by=COMMAND)
    add_code(campaign, content.REFERRAL_CODE, by=COMMAND)
    request = PublicationRequest(_profile(dict(content.REFERRER)), code=content.REFERRAL_CODE)
    publish(project, request, group_id="", now=now - timedelta(days=28))


def _remind(project: Project, abandoned: EventDefinition, now: datetime) -> None:
    """An e-mail an hour after a cart was left behind, at most once a week."""
    fields = DistributionFields(
        content.REMINDER,
        Trigger.CUSTOM_EVENT,
        Action.MESSAGE,
        definition=abandoned,
        channels=[{"type": "email", "subject": content.REMINDER_SUBJECT, "body": content.REMINDER_BODY}],
        delay="PT1H",
        limit=Limit(1, "P7D"),
    )
    create_distribution(project, fields, by=COMMAND, now=now)


def _tell_history(project: Project, now: datetime) -> None:
    """Some weeks of events, each accepted as if it had come in on its day."""
    project.refresh_from_db()
    for days_ago, position, event, metadata in content.HISTORY:
        body = _event(position, event, metadata)
        then = now - timedelta(days=days_ago, hours=position)
        accept_events(project=project, payloads=[parse_event(body)], now=then)


def _event(position: int, event: str, metadata: JsonObject) -> JsonObject:
    source_id, name, is_vip = content.CUSTOMERS[position]
    customer = {"source_id": source_id, "name": name, "email": source_id, "metadata": {"VIP": is_vip}}
    body: JsonObject = {"event": event, "customer": customer, "metadata": metadata}
    if event == "signed_up" and position in content.REFERRED:
        body["referral"] = {"code": content.REFERRAL_CODE}
    return body


def _profile(raw: JsonObject) -> Profile:
    profile, errors = parse_profile(raw)
    assert not errors, errors
    return profile
