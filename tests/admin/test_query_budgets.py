"""A list costs the same for one row and for twenty: no column asks the database."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from distributions.models import EmailOptOut
from projects.keys import create_key
from projects.models import AsyncAction, Project
from segments.creation import SegmentFields, create_segment
from tests.admin.people import Tenant, a_parked_message
from tests.admin.test_scoping import PAGES
from tests.distributions.world import a_distribution, a_failed_delivery
from tests.factories import CustomerFactory, MembershipFactory, ProjectFactory
from tests.rules.world import a_validation_rule
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
    send,
)
from webhooks.subscribing import Subscription, create_webhook


def more_of_everything(project: Project, tag: str, count: int) -> None:
    """`count` further rows on every page."""
    definition = a_definition(project, f"{tag}-bought", {"price": {"type": "number", "optional": True}})
    friends = a_referral_programme(project, definition, name=f"{tag}-more friends")
    club = a_loyalty_programme(project, f"{tag}-more club")
    a_rule(club, definition)
    a_published_code(friends, f"{tag}-X", to=f"{tag}-eve")
    for number in range(count):
        ProjectFactory()
        MembershipFactory(project=project)
        create_key(project, kind="server", by=TESTER)
        CustomerFactory(project=project)
        a_rule(club, a_definition(project, f"{tag}-event-{number}"))
        a_loyalty_programme(project, f"{tag}-club-{number}")
        a_referral_programme(project, definition, name=f"{tag}-friends-{number}")
        a_published_code(club, f"{tag}-C{number}", to=f"{tag}-{number}")
        a_parked_message(project, f"{tag}-topic", key=f"more {number}")
        hook = create_webhook(
            project, Subscription(f"https://{tag}-{number}.example", ["customer.created"]), by=TESTER
        )
        a_send_out(hook, cause=f"more {number}")
        people = SegmentFields(f"{tag}-segment-{number}", "static", [CustomerFactory(project=project).public_id])
        create_segment(project, people, by=TESTER, request_id="", now=NOW)
        reminder = a_distribution(project, name=f"{tag}-reminder-{number}", trigger="tier.changed")
        a_failed_delivery(reminder, CustomerFactory(project=project))
        EmailOptOut.objects.create(project=project, customer=CustomerFactory(project=project), created_at=NOW)
        a_validation_rule(project, {}, name=f"{tag}-valid-{number}")
        AsyncAction.objects.create(project=project, type="more", created_at=NOW, updated_at=NOW)
    bodies = [
        an_event(f"{tag}-bought", by=f"{tag}-{number}", referral={"code": f"{tag}-X"}, metadata={"price": number})
        for number in range(count)
    ]
    accept(project, *bodies)
    send(project, *(an_event(f"{tag}-unheard-of-{number}") for number in range(count)))


# Page → statements of its list for a superuser: session, user, count, rows, and one for every filter with choices.
BUDGETS = {
    "projects_project": 4,
    "projects_membership": 5,
    "projects_apikey": 5,
    "projects_auditentry": 5,
    "eventschema_eventdefinition": 5,
    "eventschema_metadataschema": 5,
    "customers_customer": 5,
    "events_event": 8,
    # Personal properties, causes with their projects, what was dropped.
    "events_rejectedevent": 9,
    "campaigns_campaign": 5,
    "campaigns_voucher": 6,
    "campaigns_publication": 5,
    "referrals_referralprogram": 5,
    "referrals_conversion": 6,
    "loyalty_loyaltyprogram": 5,
    "loyalty_earningrule": 6,
    "loyalty_loyaltycard": 6,
    "loyalty_ledgerentry": 5,
    "rules_validationrule": 5,
    "segments_segment": 5,
    "segments_membership": 5,
    "segments_membershipchange": 5,
    "distributions_distribution": 5,
    "distributions_delivery": 5,
    "distributions_emailoptout": 5,
    "outbox_outboxmessage": 5,
    "projects_asyncaction": 5,
    "webhooks_webhook": 5,
    "webhooks_sendout": 5,
}


@pytest.mark.parametrize("count", [1, 20])
def test_a_list_costs_the_same_for_one_row_and_for_twenty(count: int, superuser: Client, adas: Tenant):
    more_of_everything(adas.project, "ada", count)

    spent = {}
    for model in PAGES:
        with CaptureQueriesContext(connection) as statements:
            superuser.get(reverse(f"admin:{model}_changelist"))
        spent[model] = len(statements)

    assert spent == BUDGETS
