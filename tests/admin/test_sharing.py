"""Taking definitions elsewhere in the admin: JSON Schema, other projects, and what came in."""

import json
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from events.models import RejectedEvent
from eventschema.models import EventDefinition, MetadataSchema
from projects.models import Project, Role, UnknownEvents
from tests.admin.forms import errors_of, messages_of
from tests.admin.people import a_member, signed_in
from tests.eventschema.test_nested_objects import a_nested_schema
from tests.factories import MembershipFactory
from tests.world import a_definition, accept, an_event, send

RATED = {"rating": {"type": "number", "optional": False, "gte": 1}, "note": {"type": "string", "optional": True}}


@pytest.fixture
def rated(project: Project) -> EventDefinition:
    return a_definition(project, "rated it!", RATED, description="Stars")


def url(page: str, *arguments: Any, **query: Any) -> str:
    return reverse(f"admin:eventschema_eventdefinition_{page}", args=arguments, query=query or None)


def drafted(definition: EventDefinition) -> dict[str, str]:
    return {row.name: row.type for row in definition.properties.all()}


def links_of(client: Client, address: str) -> dict[str, str]:
    """text → address of what can be done about a row."""
    return {link.text: link.url for link in client.get(address).context["boon_links"]}


def card_names(answer: Any) -> list[str]:
    return [card["name"].value() for card in answer.context["adminform"].form.cards.cards]


def test_what_is_published_is_downloaded_as_json_schema(viewer: Client, rated: EventDefinition):
    rated.properties.all().delete()

    answer = viewer.get(links_of(viewer, url("change", rated.pk))["Download as JSON Schema"])

    document = json.loads(answer.content)
    assert (document["title"], list(document["properties"])) == ("rated it!", ["rating", "note"])
    assert answer["Content-Disposition"] == 'attachment; filename="rated_it.schema.json"'


def test_a_document_becomes_the_draft_and_what_is_lost_is_told(marketer: Client, rated: EventDefinition):
    document = {"properties": {"stars": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}}}

    marketer.post(url("import", rated.pk), {"document": json.dumps(document)})

    rated.refresh_from_db()
    assert (drafted(rated), rated.version, rated.description) == ({"stars": "number", "at": "datetime"}, 1, "")
    assert messages_of(marketer) == [
        "The draft of “rated it!” is what the document says. Nothing is published.",
        "'properties.stars.type' cannot be taken over: numbers may have decimals",
    ]


def test_a_file_is_taken_as_well(marketer: Client, rated: EventDefinition):
    file = SimpleUploadedFile("a.json", b'{"properties": {"stars": {"type": "number"}}}')

    marketer.post(url("import", rated.pk), {"file": file})

    assert drafted(rated) == {"stars": "number"}


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ("", "It is not JSON: Expecting value (line 1, column 1)"),
        ("{\n'a'}", "It is not JSON: Expecting property name enclosed in double quotes (line 2, column 1)"),
        ("[1]", "It is no JSON object"),
        ('{"a": "\\u0000"}', "It holds a NUL character or a lone surrogate, which cannot be stored"),
    ],
)
def test_what_is_no_document_is_told_with_the_place(marketer: Client, rated: EventDefinition, sent: str, errors: str):
    answer = marketer.post(url("import", rated.pk), {"document": sent})

    assert (errors_of(answer), drafted(rated)) == ({"document": [errors]}, {"rating": "number", "note": "string"})


def test_a_nested_schema_that_says_otherwise_keeps_the_draft_as_it_is(marketer: Client, rated: EventDefinition):
    a_nested_schema(rated.project, "address", {"city": {"type": "number"}})
    document = {"properties": {"home": {"$ref": "#/$defs/address"}}, "$defs": {"address": {}}}

    answer = marketer.post(url("import", rated.pk), {"document": json.dumps(document)})

    assert errors_of(answer) == {"__all__": ["The project has a nested schema 'address' that says otherwise"]}
    assert drafted(rated) == {"rating": "number", "note": "string"}


def test_a_copy_takes_the_nested_schemas_along(project: Project, mallorys_project: Project):
    a_nested_schema(project, "address", {"city": {"type": "string"}})
    definition = a_definition(
        project, "moved", {"to": {"type": "object", "optional": False, "object_type": "address"}}, unknown="reject"
    )
    user = a_member(project, Role.MARKETER)
    MembershipFactory(user=user, project=mallorys_project, role=Role.MARKETER)

    signed_in(user).post(url("copy", definition.pk), {"project": mallorys_project.pk})

    copy = EventDefinition.objects.get(project=mallorys_project)
    assert (copy.name, copy.version, copy.unknown, drafted(copy)) == ("moved", 1, "reject", {"to": "object"})
    assert MetadataSchema.objects.filter(project=mallorys_project, related_object="address").count() == 1
    assert accept(mallorys_project, an_event("moved", metadata={"to": {"city": "Oslo"}}))
    assert {row.property_id for row in copy.properties.all()}.isdisjoint(
        row.property_id for row in definition.properties.all()
    )


def test_a_name_that_is_taken_there_is_told(superuser: Client, rated: EventDefinition, mallorys_project: Project):
    a_definition(mallorys_project, rated.name)

    answer = superuser.post(url("copy", rated.pk), {"project": mallorys_project.pk})

    assert errors_of(answer) == {"__all__": ["Duplicated custom_event_schema exists with name rated it!"]}


@pytest.mark.parametrize("role", [None, Role.VIEWER])
def test_nobody_copies_into_a_project_in_which_they_define_nothing(
    rated: EventDefinition, mallorys_project: Project, role: Role | None
):
    user = a_member(rated.project, Role.MARKETER)
    if role:
        MembershipFactory(user=user, project=mallorys_project, role=role)

    answer = signed_in(user).post(url("copy", rated.pk), {"project": mallorys_project.pk})

    assert list(errors_of(answer)) == ["project"]
    assert "Mallory" not in answer.content.decode()
    assert not EventDefinition.objects.filter(project=mallorys_project).exists()


@pytest.mark.parametrize("page", ["import", "copy"])
def test_viewers_bring_nothing_in_and_strangers_see_nothing(
    viewer: Client, rated: EventDefinition, mallorys_project: Project, page: str
):
    stranger = signed_in(a_member(mallorys_project, Role.ADMIN))

    statuses = [client.get(url(page, rated.pk)).status_code for client in (viewer, stranger)]

    assert (statuses, stranger.get(url("document", rated.pk)).status_code) == ([403, 404], 404)


def test_what_came_in_undefined_is_proposed_and_not_saved(marketer: Client, rated: EventDefinition):
    accept(rated.project, *(an_event(rated.name, metadata={"rating": 5, "shop": f"s{n}"}) for n in range(2)))
    send(rated.project, an_event(rated.name, metadata={"rating": "5", "when": "2026-11-22"}))

    answer = marketer.get(links_of(marketer, url("change", rated.pk))["Propose properties from what came in"])

    assert card_names(answer) == ["rating", "note", "shop", "when"]
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [
        "Proposed from what came in, and not saved yet: shop, when. Look at each of them."
    ]
    assert drafted(rated) == {"rating": "number", "note": "string"}


def test_where_all_is_defined_nothing_is_proposed(marketer: Client, rated: EventDefinition):
    accept(rated.project, an_event(rated.name, metadata={"rating": 5}))

    answer = marketer.get(url("change", rated.pk, propose=1))

    assert card_names(answer) == ["rating", "note"]
    told = [str(message) for message in get_messages(answer.wsgi_request)]
    assert told == ["Nothing came in that is not defined already."]


def test_a_schema_is_created_from_a_rejected_event_of_an_unknown_name(marketer: Client, project: Project):
    send(project, *(an_event("unheard_of", metadata={"zip": "02134", "stars": n}) for n in range(3)))
    row = RejectedEvent.objects.first()

    links = links_of(marketer, reverse("admin:events_rejectedevent_change", args=[row.pk]))
    answer = marketer.get(links["Create schema from this"])

    form = answer.context["adminform"].form
    assert (form["name"].value(), str(form["project"].value())) == ("unheard_of", str(project.pk))
    assert card_names(answer) == ["zip", "stars"]
    assert not EventDefinition.objects.exists()


def test_events_that_a_project_accepts_undefined_are_samples_too(marketer: Client, project: Project):
    project.unknown_events = UnknownEvents.ACCEPT
    project.save()
    accept(project, an_event("unheard_of", metadata={"stars": 5}))

    answer = marketer.get(url("add", project=project.pk, name="unheard_of", propose=1))

    assert card_names(answer) == ["stars"]


def test_a_rejected_event_that_is_defined_leads_to_no_new_definition(marketer: Client, rated: EventDefinition):
    send(rated.project, an_event(rated.name, metadata={"rating": "5"}))
    row = RejectedEvent.objects.get()

    assert "Create schema from this" not in links_of(
        marketer, reverse("admin:events_rejectedevent_change", args=[row.pk])
    )


@pytest.mark.parametrize("project_id", ["", "x", "\0", "00000000-0000-0000-0000-000000000000"])
def test_a_project_that_is_none_proposes_nothing(marketer: Client, project: Project, project_id: str):
    answer = marketer.get(url("add", project=project_id, name="unheard_of", propose=1))

    assert (answer.status_code, card_names(answer)) == (200, [])


def test_another_tenants_events_are_no_samples(marketer: Client, project: Project, mallorys_project: Project):
    send(mallorys_project, an_event("unheard_of", metadata={"mallory": 1}))

    answer = marketer.get(url("add", project=mallorys_project.pk, name="unheard_of", propose=1))

    assert (card_names(answer), "mallory" in answer.content.decode()) == ([], False)
