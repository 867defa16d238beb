"""A project in which there is something of everything, and how every route is called in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.urls import URLPattern, URLResolver, get_resolver

from api.segment.views import SegmentView
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
from tests.api.caller import Form, Upload
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
    an_access_token,
    an_event,
    customer,
    send,
)
from webhooks.models import SendOut, Webhook
from webhooks.subscribing import Subscription, create_webhook

# Stands in everything that is Ada's and Ben's: who sees it sees too much.
MARK = "zebra"
Body = Callable[["Shop"], Any]


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

    def address(self, method: str, route: str) -> str:
        """The same, for a call that succeeds: of what is made the name is new, of what is asked all is said."""
        own = ADDRESSES.get((method, route))
        return own(self) if own else self.path(route)

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
    note = {"name": "custom_event.metadata", "property": "note", "conditions": {"$is_not": ["spam"]}}
    ruled = create_rule(project, RuleFields(f"{MARK} notes", {"1": note, "logic": "1"}), by=TESTER, now=NOW)
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
        place=save_nested_schema(
            MetadataSchema(project=project, related_object=f"{MARK} place"),
            [PropertySpec("city", "string")],
            by=TESTER,
            now=NOW,
        ),
        webhook=webhook,
        send_out=a_send_out(webhook, body=dumps({"say": MARK})),
        gifts=gifts,
        gift=gift,
        export=start_export(project, "gift_transactions", ExportRequest(), scope={"voucher": str(gift.pk)}, now=NOW),
    )


def _reminder() -> DistributionFields:
    """It reacts to what does not happen here, so that it changes nothing for others."""
    hook = {"type": "webhook", "target_url": f"https://{MARK}.example/hook", "event_name": "reminder"}
    return DistributionFields(f"{MARK} reminder", "tier.changed", "MESSAGE", channels=[hook], delay="PT1H")


def distribution(shop: Shop) -> dict[str, Any]:
    hook = {
        "type": "webhook",
        "target_url": "https://crm.example/hook",
        "event_name": "reminder",
        "headers": {"X-Shop": "1"},
        "payload": {"who": "{{customer.name}}", "code": "{{code}}"},
        "envelope": True,
    }
    return {
        "name": "Another reminder",
        "trigger": {"type": "custom_event", "custom_event": {"schema_id": shop.definition.public_id}},
        "action": {"type": "PUBLISH_CODE", "campaign": {"id": shop.gifts.public_id}},
        "channels": [hook, {"type": "email", "subject": "Hello", "body": "Take {{code}}"}],
        "delay": "PT1H",
        "limit": {"count": 2, "period": "P7D"},
        "active": True,
    }


def reward(shop: Shop) -> dict[str, Any]:
    return {"type": "LOYALTY_CARD", "related_object_parent": {"id": shop.club.public_id}, "amount": 5}


def campaign(shop: Shop) -> dict[str, Any]:
    return {
        "name": "Bring another",
        "campaign_type": "REFERRAL_PROGRAM",
        "voucher": {
            "type": "DISCOUNT_VOUCHER",
            "discount": {"type": "PERCENT", "percent_off": 10},
            "is_referral_code": True,
            "code_config": {"length": 8, "charset": "ABC", "prefix": "P"},
        },
        "referral_program": {
            "conversion_event_type": "custom_event",
            "custom_event": {"id": shop.definition.public_id},
            "referee_reward": reward(shop),
            "tiers": [{"criterion": "EACH", "reward": reward(shop), "banner": "Thanks", "active": True}],
        },
        "vouchers_count": 1,
        "start_date": "2026-11-22T10:00:00Z",
        "metadata": {"a": 1},
    }


def programme(shop: Shop) -> dict[str, Any]:
    return {
        "name": "Gold",
        "type": "AUTO_UPDATE",
        "auto_join": True,
        "voucher": {"type": "LOYALTY_CARD", "loyalty_card": {"points": 0}, "code_config": {"pattern": "G-####"}},
    }


def rules(shop: Shop) -> list[dict[str, Any]]:
    fixed = {
        "event": shop.definition.name,
        "custom_event": {"schema_id": shop.definition.public_id},
        "loyalty": {"type": "FIXED", "points": 5},
        "source": {"banner": "Welcome"},
        "active": True,
        "metadata": {"a": 1},
    }
    return [fixed]


def schema(shop: Shop) -> dict[str, Any]:
    rating = {"type": "number", "optional": False, "gte": 1, "lte": 5, "description": "Stars", "aliases": ["stars"]}
    return {"schema": {"properties": {"rating": rating, "tags": {"type": "string", "optional": True, "array": True}}}}


def document(shop: Shop) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": shop.definition.name,
        "description": "Signed up",
        "type": "object",
        "properties": {
            "note": {"type": ["string", "null"], "maxLength": 100, "description": "What was said"},
            "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
            "where": {"$ref": "#/$defs/address"},
        },
        "required": ["tags"],
        "$defs": {"address": {"properties": {"city": {"type": "string"}}, "additionalProperties": False}},
    }


def transactions(shop: Shop) -> dict[str, Any]:
    """What a file of transactions is to hold."""
    since = {"created_at": {"conditions": {"$after": ["2020-01-01T00:00:00Z"]}}, "junction": "and"}
    return {"parameters": {"order": "created_at", "fields": ["id", "amount", "type"], "filters": since}}


def export_parameters(shop: Shop) -> dict[str, Any]:
    return {"parameters": {"order": "-created_at", "fields": ["id", "voucher_id", "amount"]}}


ADDRESSES: dict[tuple[str, str], Callable[[Shop], str]] = {
    ("POST", "v1/vouchers/<code>"): lambda shop: "/v1/vouchers/NEW-2",
    # Referral campaigns pay in the club.
    ("DELETE", "v1/validation-rules/<validation_rule_id>"): lambda shop: (
        f"/v1/validation-rules/{shop.validation_rule.public_id}?force=true"
    ),
    ("DELETE", "v1/loyalties/<campaign_id>"): lambda shop: f"/v1/loyalties/{shop.club.public_id}?force=true",
    ("GET", "v1/publications/create"): lambda shop: (
        f"/v1/publications/create?customer[source_id]=cleo&campaign[name]={quote(shop.club.name)}"
    ),
}
# What every POST and PUT takes; those that are left out take no body.
BODIES: dict[tuple[str, str], Body] = {
    ("POST", "v1/events"): lambda shop: {
        "event": shop.definition.name,
        "customer": {"id": shop.ben.public_id, "email": "ben@example.com", "metadata": {"VIP": True}},
        "referral": {"code": shop.code.code},
        "loyalty": {"code": shop.card.code},
        "metadata": {"note": "Hello", "extra": [1.5, None]},
    },
    ("POST", "v1/events/batch"): lambda shop: {
        "events": [
            {"event": shop.definition.name, "customer": {"id": shop.ben.public_id}, "metadata": {"note": "Hello"}},
            {"id": "order-1", "event": "unheard of", "customer": {"source_id": "zoe"}},
        ]
    },
    ("POST", "client/v1/events"): lambda shop: {
        "event": shop.definition.name,
        "customer": {"id": shop.ben.public_id, "email": "ben@example.com"},
        "metadata": {"note": "Hello", "extra": [1.5, None]},
    },
    ("POST", "v1/event-tickets"): lambda shop: {
        "event": shop.definition.name,
        "customer": {"id": shop.ben.public_id},
        "expires_in": 60,
    },
    ("POST", "v1/rejected-events/replay"): lambda shop: {
        "ids": [shop.rejected.public_id],
        "rename": {"metadata.remark": "note"},
        "set": {"metadata.kind": [1.5, None]},
        "cast": {"metadata.note": "string"},
    },
    ("POST", "v1/events/<event_id>/void"): lambda shop: {"reason": "Sent twice", "force": True},
    ("POST", "v1/customers"): lambda shop: {
        "id": shop.ben.public_id,
        "name": "Ben",
        "birthdate": "1990-05-01",
        "address": {"city": "Berlin"},
        "metadata": {"VIP": True},
    },
    ("POST", "v1/customers/bulk/async"): lambda shop: [
        {"source_id": "cleo", "name": "Cleo", "metadata": {"VIP": True}},
        {"source_id": "dora", "birthdate": "1990-05-01"},
    ],
    ("POST", "v1/customers/metadata/async"): lambda shop: {"source_ids": ["cleo", "dora"], "metadata": {"VIP": None}},
    ("PUT", "v1/customers/<customer_id>"): lambda shop: {"name": "Ben", "phone": "1", "metadata": {"VIP": None}},
    ("POST", "v1/validation-rules"): lambda shop: {
        "name": "Regulars",
        "type": "expression",
        "context_type": "earning_rule.custom_event",
        "rules": {
            "1": {
                "name": "custom_event.metadata",
                "property": "note",
                "conditions": {"$is": ["Hello"], "$has_value": [True]},
                "rules": {},
                "error": {"message": "Say hello"},
            },
            "2": {"name": "customer.segment", "property": None, "conditions": {"$is": [shop.segment.public_id]}},
            "3": {"name": "customer.metadata", "property": "VIP", "conditions": {"$is_unknown": [True]}},
            "logic": "(1 or 2) and 3",
        },
        "bundle_rules": {},
        "error": {"message": "For regulars"},
        "applicable_to": {"excluded": [], "included": [], "included_all": True},
    },
    ("PUT", "v1/validation-rules/<validation_rule_id>"): lambda shop: {
        "name": "Notes",
        "rules": {"1": {"name": "customer.created_at", "conditions": {"$less_than_ago": [30]}}},
        "error": None,
    },
    ("POST", "v1/validation-rules/<validation_rule_id>/assignments"): lambda shop: {
        "related_object_type": "earning_rule",
        "related_object_id": shop.rule.public_id,
    },
    ("POST", "v1/segments"): lambda shop: {
        "name": "Signed up lately",
        "type": "auto-update",
        "filter": {
            "junction": "and",
            f"events.{shop.definition.name}.count": {
                "conditions": {"$more_than_equal": [1]},
                "within_days": 30,
                "where": {"metadata.note": {"conditions": {"$has_value": ""}}},
            },
            "address.country": {"conditions": {"$in": ["Poland", "Germany"]}},
        },
    },
    ("POST", "v1/distributions"): distribution,
    ("PUT", "v1/distributions/<distribution_id>"): distribution,
    ("POST", "v1/campaigns"): campaign,
    ("PUT", "v1/campaigns/<campaign_id>"): lambda shop: {
        "description": "For friends",
        "expiration_date": None,
        "metadata": {"a": 2},
        "discount": {"type": "AMOUNT", "amount_off": 500},
    },
    ("POST", "v1/campaigns/<campaign_id>/import"): lambda shop: [{"code": "ADDED-1", "metadata": {"a": 1}}],
    ("POST", "v1/campaigns/<campaign_id>/transactions/export"): export_parameters,
    ("POST", "v1/campaigns/<campaign_id>/vouchers"): lambda shop: {"category": "new", "metadata": {"a": 1}},
    ("POST", "v1/campaigns/<campaign_id>/vouchers/<code>"): lambda shop: {"additional_info": "By hand"},
    ("POST", "v1/vouchers"): lambda shop: {
        "type": "GIFT_VOUCHER",
        "gift": {"amount": 5000, "effect": "APPLY_TO_ORDER"},
        "redemption": {"quantity": 1},
        "code_config": {"pattern": "G-######"},
        "validity_day_of_week": [1, 2],
    },
    ("POST", "v1/vouchers/<code>"): lambda shop: {
        "discount": {"type": "PERCENT", "percent_off": 10},
        "start_date": "2026-11-22T10:00:00Z",
    },
    ("PUT", "v1/vouchers/<code>"): lambda shop: {"category": "new", "active": True, "expiration_date": None},
    ("POST", "v1/vouchers/<code>/balance"): lambda shop: {"amount": 100, "reason": "Sorry", "source_id": "s"},
    ("POST", "v1/vouchers/<code>/transactions/export"): export_parameters,
    ("POST", "v1/vouchers/import"): lambda shop: [{"code": "ALONE-1", "gift": {"amount": 100}, "active": False}],
    ("POST", "v1/vouchers/bulk/async"): lambda shop: [{"code": shop.code.code, "metadata": {"a": 1}}],
    ("POST", "v1/vouchers/metadata/async"): lambda shop: {"codes": [shop.code.code], "metadata": {"a": 1}},
    ("POST", "v1/publications"): lambda shop: {
        "customer": {"source_id": "cleo", "email": "cleo@example.com"},
        "campaign": {"name": shop.club.name, "count": 1},
        "source_id": "p-1",
        "channel": "mail",
        "metadata": {"a": 1},
    },
    ("POST", "v1/referrals/<campaign_id>/tiers"): lambda shop: {"reward": reward(shop), "banner": "Thanks"},
    ("PUT", "v1/referrals/<campaign_id>/tiers/<tier_id>"): lambda shop: {"reward": reward(shop), "active": False},
    ("POST", "v1/loyalties"): programme,
    ("PUT", "v1/loyalties/<campaign_id>"): lambda shop: {
        "description": "For regulars",
        "expiration_date": None,
        "auto_join": True,
        "metadata": {"level": 2},
        "unset_metadata_fields": ["a"],
    },
    ("POST", "v1/loyalties/<campaign_id>/earning-rules"): rules,
    ("PUT", "v1/loyalties/<campaign_id>/earning-rules/<rule_id>"): lambda shop: {
        "loyalty": {"type": "FIXED", "points": 7},
        "start_date": "2026-11-22T10:00:00Z",
        "expiration_date": None,
    },
    ("POST", "v1/loyalties/<campaign_id>/members"): lambda shop: {
        "customer": {"source_id": "cleo"},
        "channel": "shop",
    },
    ("PUT", "management/v1/projects/<project_id>"): lambda shop: {
        "name": "Kiosk",
        "description": "By the station",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "webhook_version": "v2024-01-01",
        "max_event_age_days": 30,
    },
    ("POST", "management/v1/projects/<project_id>/webhooks"): lambda shop: {
        "target_url": "https://shop.example/hook",
        "events": ["voucher.loyalty_card.points_aded", "customer.custom_event"],
        "active": False,
    },
    ("PUT", "management/v1/projects/<project_id>/webhooks/<webhook_id>"): lambda shop: {
        "target_url": "https://shop.example:8000/hook",
        "events": ["customer.rewarded"],
        "active": True,
    },
    ("POST", "management/v1/projects/<project_id>/custom-event-schemas"): lambda shop: (
        {"name": "rated"} | schema(shop)
    ),
    ("PUT", "management/v1/projects/<project_id>/custom-event-schemas/<schema_id>"): schema,
    ("POST", "management/v1/projects/<project_id>/custom-event-schemas/<schema_id>/preview"): lambda shop: (
        schema(shop) | {"unknown": "reject", "occurred_at": {"after": "2026-11-22T10:00:00Z"}}
    ),
    ("POST", "management/v1/projects/<project_id>/custom-event-schemas/infer"): lambda shop: {
        "samples": [{"stars": 5, "plan": "gold"}, {"event": shop.definition.name, "metadata": {"stars": 4.5}}]
    },
    ("PUT", "management/v1/projects/<project_id>/custom-event-schemas/<schema_id>/json-schema"): document,
    ("POST", "management/v1/projects/<project_id>/metadata-schemas"): lambda shop: {
        "related_object": "customer",
        "properties": {
            "VIP": {"type": "boolean", "optional": True, "array": False, "object_type": None},
            "home": {"type": "object", "optional": True, "array": False, "object_type": shop.place.related_object},
        },
        "allow_defined_only": None,
    },
    ("PUT", "management/v1/projects/<project_id>/metadata-schemas/<metadata_schema_id>"): lambda shop: {
        "properties": {"city": {"type": "string", "optional": False, "array": True, "max_length": 40}},
        "allow_defined_only": True,
    },
}
for prefix in ("v1/loyalties/", "v1/loyalties/<campaign_id>/"):
    BODIES["POST", f"{prefix}members/<member_id>/balance"] = lambda shop: {
        "points": 5,
        "reason": "Sorry",
        "source_id": "s",
    }
    BODIES["POST", f"{prefix}members/<member_id>/transactions/export"] = transactions
BODIES["POST", "v1/loyalties/<campaign_id>/transactions/export"] = transactions
for prefix in ("v1/referrals/", "v1/referrals/<campaign_id>/"):
    BODIES["POST", f"{prefix}members/<member_id>/holders"] = lambda shop: {
        "holders": [{"source_id": "cleo", "name": "Cleo"}, {"source_id": "dora"}],
        "metadata": {"a": 1},
    }


# What is no JSON: forms.
FORMS: dict[tuple[str, str], Callable[[Shop], Form]] = {
    ("POST", "v1/campaigns/<campaign_id>/importCSV"): lambda shop: Upload(file="Code,Shelf\r\nADDED-1,7\r\n"),
    ("POST", "v1/vouchers/importCSV"): lambda shop: Upload(file="Code,Voucher Type,Value\r\nA-1,GIFT_VOUCHER,5\r\n"),
    ("POST", "v1/oauth/token"): lambda shop: Form(grant_type="client_credentials", scope="events customers"),
    ("POST", "v1/oauth/introspect"): lambda shop: Form(token=an_access_token(shop.project)),
    ("POST", "v1/customers/importCSV"): lambda shop: Upload(file="Source_id,Name,tier\nben,Ben,gold\n"),
    ("POST", "v1/oauth/token/revoke"): lambda shop: Form(token=an_access_token(shop.project)),
}


def routes() -> Iterator[tuple[str, str]]:
    """(method, route) of all that the API serves, by Django's own resolver: `("GET", "v1/events/<event_id>")`.

    Without the Segment door, whose keys and answers are others: `segment_routes`.
    """
    return (row for row, view in _served() if not issubclass(view, SegmentView))


def segment_routes() -> Iterator[tuple[str, str]]:
    return (row for row, view in _served() if issubclass(view, SegmentView))


def _served() -> Iterator[tuple[tuple[str, str], type[Any]]]:
    for prefix, pattern in _patterns(get_resolver(), ""):
        view = getattr(pattern.callback, "view_class", getattr(pattern.callback, "cls", None))
        if prefix.startswith(("v1/", "client/v1/", "management/v1/")) and view is not None:
            for method in ("get", "post", "put", "patch", "delete"):
                if hasattr(view, method):
                    yield (method.upper(), prefix.replace("<path:", "<").replace("<str:", "<")), view


def _patterns(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for item in resolver.url_patterns:
        if isinstance(item, URLResolver):
            yield from _patterns(item, prefix + str(item.pattern))
        else:
            yield prefix + str(item.pattern), item
