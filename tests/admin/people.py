"""Who signs in to the admin, and two tenants with a row of every kind."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client

from campaigns.models import Publication
from distributions.models import EmailOptOut
from events.models import Event, RejectedEvent
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.spec import PropertySpec
from loyalty.models import LedgerEntry, LoyaltyCard
from outbox.enqueue import Work, enqueue_all
from outbox.models import OutboxMessage
from projects.audit import Actor
from projects.keys import create_key
from projects.models import AsyncAction, AuditEntry, Project, Role
from referrals.models import Conversion
from segments.creation import SegmentFields, create_segment
from segments.models import Membership, MembershipChange
from tests.distributions.world import a_distribution, a_failed_delivery
from tests.factories import MembershipFactory, UserFactory
from tests.rules.world import a_validation_rule, assigned
from tests.webhooks.world import a_send_out
from tests.world import (
    NOW,
    TESTER,
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    a_rule,
    accept,
    an_event,
    customer,
    send,
)
from webhooks.subscribing import Subscription, create_webhook


def a_member(project: Project, role: Role, username: str = "") -> Any:
    """A staff user with that role in the project."""
    return MembershipFactory(
        user=UserFactory(username=username or f"{role}-of-{project.slug}"), project=project, role=role
    ).user


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def a_superuser() -> Any:
    return get_user_model().objects.create_superuser("root")


SIGN_UP = {
    "amount": {"type": "number", "optional": True},
    "note": {"type": "string", "optional": True, "personal": True},
}


@dataclass(frozen=True, slots=True)
class Tenant:
    """A project, and a row of every kind by the name of its admin page. Every name in it holds `tag`."""

    project: Project
    tag: str
    rows: dict[str, Any]


def a_tenant(project: Project, tag: str, now: datetime = NOW) -> Tenant:
    """Ada refers Ben: he signs up with her code, so that there is a row of everything."""
    nested = save_nested_schema(
        MetadataSchema(project=project, related_object=f"{tag}-address"),
        [PropertySpec("city", "string")],
        by=Actor("command", f"{tag}-command"),
        now=now,
    )
    definition = a_definition(project, f"{tag}-signed-up", SIGN_UP)
    club = a_loyalty_programme(project, f"{tag}-club")
    friends = a_referral_programme(
        project, definition, club=club, referee_points=50, referrer_points=100, name=f"{tag}-friends"
    )
    rule = a_rule(club, definition, banner=f"{tag}-rule")
    code = a_published_code(friends, f"{tag}-CODE", to=f"{tag}-ada")
    metadata = {"amount": 12, "note": f"{tag}-secret"}
    accept(
        project, an_event(definition.name, by=f"{tag}-ben", referral={"code": code.code}, metadata=metadata), now=now
    )
    send(project, an_event(definition.name, by=f"{tag}-ben", metadata={"amount": f"{tag}-much"}), now=now)
    key, _ = create_key(project, kind="server", label=f"{tag}-key", by=Actor("command", "tests"))
    card = LoyaltyCard.objects.get(project=project, customer__source_id=f"{tag}-ben")
    ben = customer(project, f"{tag}-ben")
    people = SegmentFields(f"{tag}-people", "static", [ben.public_id])
    segment = create_segment(project, people, by=Actor("command", "tests"), request_id="", now=now)
    ruled = a_validation_rule(
        project, {"1": {"name": "customer.source_id", "conditions": {"$has_value": [True]}}}, name=f"{tag}-valid"
    )
    assigned(ruled, "earning_rule", rule)
    reminder = a_distribution(project, name=f"{tag}-reminder", trigger="tier.changed")
    webhook = create_webhook(project, Subscription(f"https://{tag}.example/hook", ["customer.created"]), by=TESTER)
    rows = {
        "webhooks_sendout": a_send_out(webhook, status="failed"),
        "distributions_distribution": reminder,
        "distributions_delivery": a_failed_delivery(reminder, ben),
        "distributions_emailoptout": EmailOptOut.objects.create(project=project, customer=ben, created_at=now),
        "rules_validationrule": ruled,
        "segments_segment": segment,
        "segments_membership": Membership.objects.get(segment=segment),
        "segments_membershipchange": MembershipChange.objects.get(segment=segment),
        "outbox_outboxmessage": a_parked_message(project, f"{tag}-topic"),
        "projects_asyncaction": AsyncAction.objects.create(
            project=project, type=f"{tag}-job", created_at=now, updated_at=now
        ),
        "projects_project": project,
        "projects_membership": MembershipFactory(user=UserFactory(username=f"{tag}-member"), project=project),
        "projects_apikey": key,
        "projects_auditentry": AuditEntry.objects.filter(project=project, target_name=f"{tag}-key").get(),
        "eventschema_eventdefinition": definition,
        "eventschema_metadataschema": nested,
        "customers_customer": ben,
        "events_event": Event.objects.get(project=project),
        "events_rejectedevent": RejectedEvent.objects.get(project=project),
        "campaigns_campaign": friends,
        "campaigns_voucher": code,
        "campaigns_publication": Publication.objects.get(project=project, voucher=code),
        "referrals_referralprogram": friends.referral_program,
        "referrals_conversion": Conversion.objects.get(project=project),
        "loyalty_loyaltyprogram": club.loyalty_program,
        "loyalty_earningrule": rule,
        "loyalty_loyaltycard": card,
        "webhooks_webhook": webhook,
        "loyalty_ledgerentry": LedgerEntry.objects.filter(card=card).order_by("id")[0],
    }
    return Tenant(project, tag, rows)


def a_parked_message(project: Project, topic: str, key: str = "1") -> OutboxMessage:
    """A message that the worker has given up."""
    with transaction.atomic():
        [message] = enqueue_all(project, topic, [Work({"say": topic}, f"{topic}:{key}", NOW)])
    message.dead_at, message.last_error, message.attempts = NOW, "Unfit: out of order", 10
    message.save()
    return message
