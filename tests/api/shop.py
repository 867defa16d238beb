"""A project in which there is something of everything. How every route is called in it: tests/api/bodies.py."""

from dataclasses import dataclass

from campaigns.kinds import BalanceChange
from campaigns.models import Campaign, Holder, Voucher
from campaigns.vouchers import add_code
from common.jsons import dumps
from customers.models import Customer
from distributions.checking import DistributionFields
from distributions.creation import create_distribution
from distributions.models import Delivery, Distribution
from events.models import Event, RejectedEvent
from eventschema.models import EventDefinition, MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.spec import PropertySpec
from exports.models import Export
from exports.starting import ExportRequest, start_export
from gifts.journal import adjust_credits
from loyalty.models import EarningRule
from projects.models import AsyncAction, Project
from referrals.models import Conversion, ReferralTier
from rules.assigning import assign
from rules.creation import RuleFields, create_rule
from rules.models import Assignment, ValidationRule
from segments.creation import SegmentFields, create_segment
from segments.models import Segment
from tests.distributions.world import a_failed_delivery
from tests.webhooks.world import a_send_out
from tests.world import (
    NOW,
    TESTER,
    a_definition,
    a_gift_campaign,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    a_rule,
    accept,
    an_event,
    customer,
    send,
)
from webhooks.models import SendOut, Webhook
from webhooks.subscribing import Subscription, create_webhook

# Stands in everything that is Ada's and Ben's: who sees it sees too much.
MARK = "zebra"


@dataclass(frozen=True)
class Shop:
    project: Project
    definition: EventDefinition
    club: Campaign
    referrals: Campaign
    rule: EarningRule
    tier: ReferralTier
    card: Voucher
    code: Voucher
    ada: Customer
    ben: Customer
    event: Event
    rejected: RejectedEvent
    conversion: Conversion
    referee: Holder
    action: AsyncAction
    place: MetadataSchema
    webhook: Webhook
    send_out: SendOut
    gifts: Campaign
    gift: Voucher
    export: Export
    segment: Segment
    distribution: Distribution
    delivery: Delivery
    validation_rule: ValidationRule
    assignment: Assignment

    def path(self, route: str) -> str:
        """The address of a route with the ids of this shop."""
        for name, value in self.names_in(route).items():
            route = route.replace(f"<{name}>", value)
        return f"/{route}"

    def names_in(self, route: str) -> dict[str, str]:
        """What this shop has for each part of a route, such as `customer_id`."""
        is_loyalty = route.startswith("v1/loyalties")
        has_balance = route.endswith(("/balance", "/transactions", "/transactions/export"))
        is_gift = route.startswith(("v1/campaigns", "v1/vouchers")) and has_balance
        ids = {
            "action_id": self.action,
            "event_id": self.event,
            "rejected_event_id": self.rejected,
            "customer_id": self.ben,
            "campaign_id": self.club if is_loyalty else self.gifts if is_gift else self.referrals,
            "export_id": self.export,
            "segment_id": self.segment,
            "distribution_id": self.distribution,
            "delivery_id": self.delivery,
            "member_id": self.card if is_loyalty else self.code,
            "holder_id": self.referee,
            "tier_id": self.tier,
            "rule_id": self.rule,
            "validation_rule_id": self.validation_rule,
            "assignment_id": self.assignment,
            "project_id": self.project,
            "schema_id": self.definition,
            "metadata_schema_id": self.place,
            "webhook_id": self.webhook,
            "send_out_id": self.send_out,
        }
        code = "NEW-1" if route.startswith("v1/campaigns") else (self.gift if is_gift else self.code).public_id
        names = {name: row.public_id for name, row in ids.items()}
        names |= {"code": code, "resource": self.place.related_object}
        return {name: value for name, value in names.items() if f"<{name}>" in route}

    def ids(self) -> list[str]:
        """The public ids of everything in it."""
        return [row.public_id for row in vars(self).values()]


def open_shop(project: Project) -> Shop:
    """Ben signed up through Ada's code: both have points."""
    note = {"note": {"type": "string", "optional": True}}
    definition = a_definition(project, f"{MARK}_signed_up", note)
    club = a_loyalty_programme(project, f"{MARK} club", vouchers_count=1, code_config={"prefix": f"{MARK}-"})
    rule = a_rule(club, definition, points=10, banner=f"{MARK} rule")
    referrals = a_referral_programme(
        project, definition, club=club, referee_points=50, referrer_points=100, name=f"{MARK} referrals"
    )
    code = a_published_code(referrals, f"{MARK}-01", to=f"{MARK}-ada")
    body = an_event(definition.name, by=f"{MARK}-ben", referral={"code": code.code}, metadata={"note": MARK})
    event = accept(project, body)[0].event
    ben = customer(project, f"{MARK}-ben")
    send(project, an_event(definition.name, by=f"{MARK}-ben", metadata={"note": 5}))
    gifts = a_gift_campaign(project, f"{MARK} gifts")
    gift = add_code(gifts, f"{MARK}-gift", by=TESTER)
    adjust_credits(gift, BalanceChange(500, f"{MARK} bonus"), now=NOW, by=TESTER)
    distribution = create_distribution(project, _reminder(), by=TESTER, now=NOW)
    delivery = a_failed_delivery(
        distribution, ben, data={"campaign_id": MARK}, outcomes=[{"type": "webhook", "problem": MARK}]
    )
    people = SegmentFields(f"{MARK} people", "static", [ben.public_id])
    ruled = _about_notes(project)
    webhook = create_webhook(
        project, Subscription(f"https://{MARK}.example/hook", ["customer.updated"], by_api=False), by=TESTER
    )
    return Shop(
        distribution=distribution,
        delivery=delivery,
        validation_rule=ruled,
        assignment=assign(ruled, "campaign", referrals.public_id, by=TESTER, now=NOW),
        segment=create_segment(project, people, by=TESTER, request_id="", now=NOW),
        project=project,
        definition=definition,
        club=club,
        referrals=referrals,
        rule=rule,
        tier=ReferralTier.objects.get(project=project),
        card=Voucher.objects.get(project=project, holder=ben),
        code=code,
        ada=customer(project, f"{MARK}-ada"),
        ben=ben,
        event=event,
        rejected=RejectedEvent.objects.get(project=project),
        conversion=Conversion.objects.get(project=project),
        referee=Holder.objects.get(project=project, role="REFEREE"),
        action=AsyncAction.objects.create(project=project, type=MARK, created_at=NOW, updated_at=NOW),
        place=_place(project),
        webhook=webhook,
        send_out=a_send_out(webhook, body=dumps({"say": MARK})),
        gifts=gifts,
        gift=gift,
        export=start_export(project, "gift_transactions", ExportRequest(), scope={"voucher": str(gift.pk)}, now=NOW),
    )


def _about_notes(project: Project) -> ValidationRule:
    note = {"name": "custom_event.metadata", "property": "note", "conditions": {"$is_not": ["spam"]}}
    return create_rule(project, RuleFields(f"{MARK} notes", {"1": note, "logic": "1"}), by=TESTER, now=NOW)


def _place(project: Project) -> MetadataSchema:
    schema = MetadataSchema(project=project, related_object=f"{MARK} place")
    return save_nested_schema(schema, [PropertySpec("city", "string")], by=TESTER, now=NOW)


def _reminder() -> DistributionFields:
    """It reacts to what does not happen here, so that it changes nothing for others."""
    hook = {"type": "webhook", "target_url": f"https://{MARK}.example/hook", "event_name": "reminder"}
    return DistributionFields(f"{MARK} reminder", "tier.changed", "MESSAGE", channels=[hook], delay="PT1H")
