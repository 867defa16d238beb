"""The page of one event: a timeline that tells everything that came of it, and pages that lead back to it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from campaigns.creation import set_active
from common.ids import uuid7
from events.models import Event, EventVoid, RejectedEvent, StoredEffect
from eventschema.models import EventDefinition
from eventschema.publishing import DefinitionChange, change_definition, delete_definition
from eventschema.spec import PropertySpec
from loyalty.models import LedgerEntry, LoyaltyCard
from projects.models import Project
from projects.pages import Link, Step
from tests.admin.people import Tenant
from tests.factories import CustomerFactory
from tests.world import NOW, TESTER, a_definition, a_loyalty_programme, a_proportional_rule, accept, an_event

FAILURE: dict[str, Any] = {
    "key": "reaction_failed",
    "cause": "reaction_failed loyalty.reactions.EarnPoints KeyError",
    "errors": [{"path": "loyalty.reactions.EarnPoints", "code": "KeyError", "message": "'amount'"}],
    "reaction": "loyalty.reactions.EarnPoints",
    "occurred_at": NOW,
    "created_at": NOW,
}


def page_of(client: Client, event: Event) -> Any:
    return client.get(reverse("admin:events_event_change", args=[event.pk]))


def steps(client: Client, event: Event) -> list[Step]:
    (timeline,) = page_of(client, event).context["boon_panels"]
    return list(timeline.steps)


def told(client: Client, event: Event, mark: str) -> list[tuple[str, str, str]]:
    """(title, details, machine word) of the steps that went like `mark`, links as their texts."""
    return [
        (str(getattr(step.title, "text", step.title)), str(getattr(step.details, "text", step.details)), step.word)
        for step in steps(client, event)
        if step.mark == mark
    ]


def test_every_effect_is_told_in_order_with_the_customer_of_its_side(superuser: Client, adas: Tenant):
    effects = [step for step in steps(superuser, adas.rows["events_event"]) if step.mark == "effect"]

    assert [(step.title, step.word, step.whom.text if step.whom else None) for step in effects] == [
        ("Customer created", "customer.created", "ada-ben"),
        ("Referral counted", "referral.converted", "ada-ben"),
        ("Reward granted", "reward.granted", "ada-ben"),
        ("Code given", "code.published", "ada-ben"),
        ("Points earned", "points.earned", "ada-ben"),
        ("Reward granted", "reward.granted", "ada-ada"),
        ("Code given", "code.published", "ada-ada"),
        ("Points earned", "points.earned", "ada-ada"),
        ("Points earned", "points.earned", "ada-ben"),
    ]


def test_effects_lead_to_the_card_the_entry_the_rule_the_code_and_the_conversion(superuser: Client, adas: Tenant):
    html = page_of(superuser, adas.rows["events_event"]).content.decode()

    named = [
        "loyalty_loyaltycard",
        "loyalty_ledgerentry",
        "loyalty_earningrule",
        "campaigns_voucher",
        "referrals_conversion",
        "customers_customer",
    ]
    missing = [name for name in named if reverse(f"admin:{name}_change", args=[adas.rows[name].pk]) not in html]
    assert missing == []


def test_every_rule_that_declined_is_told_in_words_and_by_its_machine_word(viewer: Client, project: Project):
    definition = a_definition(project, "paid", {"amount": {"type": "number", "optional": True}})
    club = a_loyalty_programme(project)
    a_proportional_rule(club, definition, points=1, every="10", of="amount", banner="One for ten")

    (missing, small) = accept(project, an_event("paid"), an_event("paid", metadata={"amount": 3}))

    assert told(viewer, missing.event, "declined") == [
        (
            "Earning rule One for ten",
            "The event did not bring the number that the rule counts.",
            "property_missing",
        )
    ]
    assert told(viewer, small.event, "declined") == [
        ("Earning rule One for ten", "The number is too small for a single step.", "condition_not_met")
    ]


def test_a_referral_that_was_declined_leads_to_its_code(superuser: Client, adas: Tenant):
    set_active(adas.rows["campaigns_campaign"], False, by=TESTER, now=NOW)
    body = an_event("ada-signed-up", by="ada-carl", referral={"code": "ada-CODE"})
    (accepted,) = accept(adas.project, body)

    (step,) = [step for step in steps(superuser, accepted.event) if step.mark == "declined"]

    address = reverse("admin:campaigns_voucher_change", args=[adas.rows["campaigns_voucher"].pk])
    assert (step.title, step.details, step.word) == (
        Link("Referral code ada-CODE", address),
        "The campaign is switched off.",
        "campaign_inactive",
    )


def test_a_reaction_that_failed_waits_on_the_page_and_is_told_as_done_later(viewer: Client, project: Project):
    a_definition(project, "paid")
    (accepted,) = accept(project, an_event("paid"))
    own = FAILURE | {"project": project, "name": "paid", "event_id": accepted.event.pk}
    RejectedEvent.objects.create(**own)
    RejectedEvent.objects.create(**own | {"attempts": 2, "replayed_at": NOW, "replayed_as": accepted.event.pk})
    RejectedEvent.objects.create(**own | {"replayed_at": NOW})

    failed = told(viewer, accepted.event, "failed")

    assert failed == [
        ("EarnPoints", "'amount' (1 try; waits to be replayed)", FAILURE["cause"]),
        ("EarnPoints", "'amount' (2 tries; done at last on 2026-11-22 10:00:00 UTC)", FAILURE["cause"]),
        ("EarnPoints", "'amount' (1 try; no longer to be done on 2026-11-22 10:00:00 UTC)", FAILURE["cause"]),
    ]


def test_an_event_that_was_voided_says_who_took_it_back_and_why(viewer: Client, project: Project):
    a_definition(project, "paid")
    (accepted,) = accept(project, an_event("paid"))
    EventVoid.objects.create(
        event_id=accepted.event.pk,
        project=project,
        reason="Test <order>",
        shortfall=5,
        affected_later=[{"kind": "points.spent", "points": 5, "event": accepted.event.public_id}],
        actor="mia",
        voided_at=NOW,
    )

    (step,) = [step for step in steps(viewer, accepted.event) if step.mark == "voided"]

    assert (step.title, strip_tags(str(step.details))) == (
        "Taken back",
        "By mia. “Test &lt;order&gt;” 5 points could not be taken back. "
        "What came later stands: Points of the event were spent (event, points: 5).",
    )


def test_what_voiding_reversed_stands_after_it(viewer: Client, project: Project):
    a_definition(project, "paid")
    (accepted,) = accept(project, an_event("paid"))
    event = accepted.event
    EventVoid.objects.create(event_id=event.pk, project=project, actor="mia", group_id="v-2", voided_at=NOW)
    StoredEffect.objects.create(
        project=project,
        cause_kind="event.voided",
        cause_id=event.pk,
        event_id=event.pk,
        customer=event.customer,
        seq=7,
        kind="points.removed",
        created_at=NOW,
        group_id="v-2",
    )

    assert [step.mark for step in steps(viewer, event)] == ["accepted", "effect", "voided", "effect"]


def test_a_page_says_what_was_sent_when_and_by_which_request(viewer: Client, project: Project):
    definition = a_definition(project, "paid")
    (accepted,) = accept(project, an_event("paid", id="order-77"))

    html = page_of(viewer, accepted.event).content.decode()

    version = reverse("admin:eventschema_eventdefinition_version", args=[definition.pk, 1])
    parts = ("order-77", accepted.event.public_id, "v-000000000000000000", "2026-11-22 10:00:00 UTC", f'"{version}"')
    assert [part for part in parts if part not in html] == []


def test_a_version_is_shown_as_it_was_however_the_definition_goes_on(viewer: Client, project: Project):
    definition = a_definition(project, "paid", {"amount": {"type": "number", "optional": False, "gte": 1}})
    definition = change_definition(definition, DefinitionChange([PropertySpec("total", "number")]), by=TESTER, now=NOW)
    delete_definition(definition, by=TESTER, now=NOW)

    page = viewer.get(reverse("admin:eventschema_eventdefinition_version", args=[definition.pk, 1]))

    assert page.context["boon_panels"][0].rows == [["amount", "number", "gte: 1", "required", ""]]


@pytest.mark.parametrize("number", [2, 99999999999999999999])
def test_a_version_that_is_not_there_is_not_found(number: int, viewer: Client, project: Project):
    definition = a_definition(project, "paid")

    answer = viewer.get(reverse("admin:eventschema_eventdefinition_version", args=[definition.pk, number]))

    assert answer.status_code == 404


def test_anothers_version_is_not_found(viewer: Client, mallorys: Tenant):
    definition: EventDefinition = mallorys.rows["eventschema_eventdefinition"]

    answer = viewer.get(reverse("admin:eventschema_eventdefinition_version", args=[definition.pk, 1]))

    assert answer.status_code == 404


@pytest.mark.parametrize("name", ["loyalty_ledgerentry", "referrals_conversion"])
def test_what_came_of_an_event_leads_back_to_it(name: str, superuser: Client, adas: Tenant):
    page = superuser.get(reverse(f"admin:{name}_change", args=[adas.rows[name].pk]))

    event = reverse("admin:events_event_change", args=[adas.rows["events_event"].pk])
    assert [link.url for link in page.context["boon_links"] if link.text == "The event"] == [event]


def test_an_entry_leads_to_its_rule(superuser: Client, adas: Tenant):
    entry = LedgerEntry.objects.get(project=adas.project, rule=adas.rows["loyalty_earningrule"])

    page = superuser.get(reverse("admin:loyalty_ledgerentry_change", args=[entry.pk]))

    rule = reverse("admin:loyalty_earningrule_change", args=[entry.rule_id])
    assert Link("The rule", rule) in page.context["boon_links"]


def test_a_customers_page_leads_to_all_of_their_events_also_without_a_name_of_theirs(viewer: Client, project: Project):
    a_definition(project, "paid")
    nobody = CustomerFactory(project=project, source_id=None)
    accept(project, {"event": "paid", "customer": {"id": nobody.public_id}}, an_event("paid", by="ben"))
    page = viewer.get(reverse("admin:customers_customer_change", args=[nobody.pk]))
    (panel,) = [panel for panel in page.context["boon_panels"] if panel.title == "Recent events"]

    listed = viewer.get(panel.more.url).context["cl"].result_list

    assert [event.customer_id for event in listed] == [nobody.pk]


def gone(event: Event) -> None:
    """As if its month had been dropped: nothing else of it goes."""
    Event.objects.filter(pk=event.pk)._raw_delete("default")  # type: ignore[attr-defined]  # past the refusal


def test_the_page_of_an_event_whose_month_was_dropped_says_so(superuser: Client, adas: Tenant):
    event = adas.rows["events_event"]
    gone(event)

    answer = superuser.get(reverse("admin:events_event_change", args=[event.pk]), follow=True)

    assert [str(message) for message in answer.context["messages"]] == [
        "This event is no longer kept: the log of its month was dropped. What came of it still stands."
    ]


@pytest.mark.parametrize("is_anothers", [True, False])
def test_nothing_is_said_of_anothers_event_that_is_gone(is_anothers: bool, viewer: Client, mallorys: Tenant):
    event = mallorys.rows["events_event"]
    gone(event)

    key = event.pk if is_anothers else uuid7()
    answer = viewer.get(reverse("admin:events_event_change", args=[key]))

    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("admin:index"))


@pytest.mark.parametrize("name", ["customers_customer", "loyalty_loyaltycard", "loyalty_ledgerentry"])
def test_pages_that_name_an_event_live_without_it(name: str, superuser: Client, adas: Tenant):
    gone(adas.rows["events_event"])

    answer = superuser.get(reverse(f"admin:{name}_change", args=[adas.rows[name].pk]))

    assert answer.status_code == 200
    assert LoyaltyCard.objects.filter(project=adas.project).count() == 2
