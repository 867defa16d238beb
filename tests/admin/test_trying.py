"""Trying a definition out: by whom, with what, and what is said of it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from events.models import Event, RejectedEvent
from eventschema.drafting import save_draft
from eventschema.models import EventDefinition, Status
from projects.models import Project, Role
from tests.admin.people import a_member, signed_in
from tests.hostile_texts import HOSTILE_TEXTS
from tests.world import NOW, TESTER, a_definition, a_loyalty_programme, a_rule, balances

PROPERTIES = {
    "rating": {"type": "number", "optional": False, "gte": 1},
    "done": {"type": "boolean", "optional": True},
    "tags": {"type": "number", "optional": True, "array": True},
    "place": {"type": "object", "optional": True},
    "note": {"type": "string", "optional": True},
}


@pytest.fixture
def definition(project: Project) -> EventDefinition:
    """An event that pays 10 points in a club, of which each customer has a card at once."""
    made = a_definition(project, "left_review", PROPERTIES)
    a_rule(a_loyalty_programme(project), made)
    return made


def url_of(definition: EventDefinition) -> str:
    return reverse("admin:eventschema_eventdefinition_try", args=[definition.pk])


def tried(client: Client, definition: EventDefinition, *values: str, **more: str) -> Any:
    """The answer to what was typed, the properties in their order."""
    typed = {f"property-{place}": value for place, value in enumerate(values)}
    return client.post(url_of(definition), {"customer": "ben", **typed, **more})


def test_a_dry_run_says_what_would_come_of_it_and_keeps_nothing(marketer: Client, definition: EventDefinition):
    answer = tried(marketer, definition, "5", "true", "1\n2.50", '{"city": "Köln"}', " as it is ").context["answer"]

    assert (answer.is_accepted, answer.link) == (True, None)
    assert answer.sentence == "Accepted. This was a dry run: nothing is stored."
    assert answer.sent == (
        '{"event":"left_review","customer":{"source_id":"ben"},"metadata":{"rating":5,"done":true,'
        '"tags":[1,2.5],"place":{"city":"Köln"},"note":" as it is "}}'
    )
    steps = answer.panels[0].steps
    assert [(step.mark, step.title) for step in steps] == [
        ("accepted", "Accepted"),
        ("effect", "Customer created"),
        ("effect", "Code given"),
        ("effect", "Points earned"),
    ]
    assert (Event.objects.count(), Customer.objects.count()) == (0, 0)


def test_a_dry_run_links_what_is_there_and_nothing_that_is_gone(marketer: Client, definition: EventDefinition):
    new = tried(marketer, definition, "5").content.decode()
    tried(marketer, definition, "5", is_real="on")
    known = tried(marketer, definition, "5").content.decode()

    customer = Customer.objects.get()
    link = reverse("admin:customers_customer_change", args=[customer.pk])
    assert (link in new, link in known) == (False, True)
    assert "loyalty/loyaltycard/" not in new.partition('id="boon-answer"')[2]


def test_stored_when_chosen_the_event_is_marked_as_a_test_and_linked(marketer: Client, definition: EventDefinition):
    answer = tried(marketer, definition, "5", is_real="on").context["answer"]

    event = Event.objects.get()
    assert (event.channel, event.metadata) == ("TEST", {"rating": 5})
    assert answer.link.url == reverse("admin:events_event_change", args=[event.pk])
    assert balances(definition.project) == {"ben": 10}


def test_a_refused_event_is_told_field_by_field(marketer: Client, definition: EventDefinition):
    answer = tried(marketer, definition, "many", "", "1\nx", "not json").context["answer"]

    assert (answer.is_accepted, answer.sentence) == (False, "Refused: Metadata validation failed.")
    assert [row[0] for row in answer.panels[0].rows] == ["metadata.rating", "metadata.tags[1]", "metadata.place"]
    assert not RejectedEvent.objects.exists()


def test_what_the_reactions_refuse_is_told_as_well(marketer: Client, definition: EventDefinition):
    answer = tried(marketer, definition, "5", referral="no-such-code").context["answer"]

    assert not answer.is_accepted
    assert "no-such-code" in answer.sentence


def test_events_are_checked_by_what_is_published_not_by_the_draft(marketer: Client, definition: EventDefinition):
    save_draft(definition, [], by=TESTER, now=NOW)

    page = marketer.get(url_of(definition)).content.decode()

    assert "checked by what is published: version 1" in page
    assert 'name="property-0"' in page


def test_a_definition_that_was_never_published_says_so(marketer: Client, project: Project):
    draft = EventDefinition(project=project, name="later", status=Status.DRAFT)
    save_draft(draft, [], by=TESTER, now=NOW)

    answer = marketer.get(url_of(draft))

    assert (answer.status_code, "Publish it first." in answer.content.decode()) == (200, True)


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.MARKETER, 200), (Role.ADMIN, 200)])
def test_trying_asks_for_the_right_to_change(role: Role, status: int, project: Project, definition: EventDefinition):
    client = signed_in(a_member(project, role))

    assert (client.get(url_of(definition)).status_code, tried(client, definition, "5").status_code) == (status, status)


def test_anothers_definition_is_not_there(definition: EventDefinition, mallorys_project: Project):
    mallory = signed_in(a_member(mallorys_project, Role.ADMIN, "mallory"))

    assert tried(mallory, definition, "5", is_real="on").status_code == 404
    assert not Event.objects.exists()


@pytest.mark.parametrize("text", ["\x00", "9" * 400, "NaN", "[" * 50_000, "x" * 20_000, '"\\ud800"', "١", "1e999"])
def test_no_value_breaks_the_page(text: str, marketer: Client, definition: EventDefinition):
    answer = tried(marketer, definition, text, text, text, text, text, referral=text[:200], is_real="on")

    assert answer.status_code == 200
    assert not Event.objects.exists()


def test_hostile_values_are_shown_as_text(marketer: Client, project: Project):
    texts = HOSTILE_TEXTS[:8]
    properties = {
        f"p{place}": {"type": "number", "optional": True, "description": text} for place, text in enumerate(texts)
    }
    definition = a_definition(project, "hostile", properties)

    page = tried(marketer, definition, *texts).content.decode()

    assert [text for text in texts if text in page] == []
