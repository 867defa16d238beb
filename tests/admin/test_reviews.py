"""Between a draft and its publication: what breaks senders is shown with what it would have refused, and asks."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from eventschema.drafting import save_draft
from eventschema.models import EventDefinition
from projects.models import AuditEntry, Project, Role
from tests.admin.forms import cards, messages_of, posted
from tests.admin.people import a_member, signed_in
from tests.admin.test_definitions import CHANGE, OWN
from tests.eventschema.definitions import NUMBER, TEXT, change, edit_draft
from tests.world import NOW, TESTER, a_definition, a_loyalty_programme, a_proportional_rule, accept, an_event

REVIEW, VERSION, STATUS = (f"eventschema_eventdefinition_{name}" for name in ("review", "version", "status"))
OPTIONAL = {"optional": True}


@pytest.fixture
def definition(project: Project) -> EventDefinition:
    return a_definition(project, "left_review", {"rating": NUMBER | OPTIONAL, "text": TEXT | OPTIONAL})


def kept_cards(definition: EventDefinition, **changes: dict[str, Any]) -> dict[str, str]:
    """The cards of the draft as the page has them, with some changed."""
    rows = definition.properties.all()
    return cards(
        *(
            {"name": row.name, "type": row.type, "property_id": row.property_id, "aliases": "\n".join(row.aliases)}
            | changes.get(row.name, {})
            for row in rows
        )
    )


def publish(client: Client, definition: EventDefinition, **changes: dict[str, Any]) -> Any:
    return posted(client, CHANGE, OWN | {"_publish": ""} | kept_cards(definition, **changes), definition.pk)


def review(client: Client, definition: EventDefinition, **query: str) -> Any:
    return client.get(reverse(f"admin:{REVIEW}", args=[definition.pk], query=query))


def confirm(client: Client, definition: EventDefinition, **said: str) -> Any:
    draft = review(client, definition).context["form"].initial["draft"]
    return posted(client, REVIEW, {"draft": draft} | said, definition.pk)


def version_of(definition: EventDefinition) -> int:
    definition.refresh_from_db()
    return definition.version


def test_a_draft_that_breaks_senders_is_saved_and_asked_about(marketer: Client, definition: EventDefinition):
    answer = publish(marketer, definition, rating={"required": True})

    assert answer.headers["Location"] == reverse(f"admin:{REVIEW}", args=[definition.pk])
    assert (version_of(definition), definition.properties.get(name="rating").optional) == (1, False)


def test_a_draft_that_breaks_nobody_is_published_at_once(marketer: Client, definition: EventDefinition):
    publish(marketer, definition, text={"description": "What they say", "array": False})

    assert version_of(definition) == 2


def test_a_rename_by_the_builder_breaks_nobody(marketer: Client, definition: EventDefinition):
    publish(marketer, definition, text={"name": "comment"})

    row = definition.properties.get(name="comment")
    assert (version_of(definition), row.aliases) == (2, ["text"])


def test_the_page_says_how_many_stored_events_would_have_been_refused(
    marketer: Client, project: Project, definition: EventDefinition
):
    stored = accept(
        project, *(an_event("left_review", metadata={"rating": 5} if number else {}) for number in range(4))
    )
    publish(marketer, definition, rating={"required": True})

    page = review(marketer, definition)

    html = page.content.decode()
    assert "Would have refused 1 of 4 (25 %) of the newest stored events." in html
    assert "“rating” is required." in html
    assert reverse("admin:events_event_change", args=[stored[0].event.pk]) in html


def test_it_is_published_by_a_tick_alone(marketer: Client, definition: EventDefinition):
    publish(marketer, definition, rating={"required": True})

    without = confirm(marketer, definition)
    unpublished = version_of(definition)
    confirm(marketer, definition, confirm="on")

    assert without.context["form"].errors == {"confirm": ["Tick this to publish the breaking changes."]}
    assert (unpublished, version_of(definition)) == (1, 2)


def test_a_draft_that_was_changed_since_is_not_published(marketer: Client, definition: EventDefinition):
    publish(marketer, definition, rating={"required": True})
    draft = review(marketer, definition).context["form"].initial["draft"]
    edit_draft(definition, {"rating": TEXT})

    posted(marketer, REVIEW, {"draft": draft, "confirm": "on"}, definition.pk)

    assert version_of(definition) == 1
    assert messages_of(marketer) == ["The draft was changed since you looked at it. This is how it is now."]


def test_a_period_is_looked_at_in_the_time_zone_of_the_project(
    marketer: Client, project: Project, definition: EventDefinition
):
    project.time_zone = "Europe/Berlin"
    project.save()
    times = ["2026-11-20T22:59:59Z", "2026-11-20T23:00:00Z", "2026-11-21T22:59:59Z", "2026-11-21T23:00:00Z"]
    accept(project, *(an_event("left_review", occurred_at=time) for time in times))
    edit_draft(definition, {"rating": NUMBER | {"optional": False}, "text": TEXT})

    html = review(marketer, definition, start="2026-11-21", end="2026-11-21").content.decode()

    assert "Would have refused 2 of 2 (100 %) of the events of this period." in html


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "never", "%00"])
def test_a_day_that_cannot_be_is_told(marketer: Client, definition: EventDefinition, day: str):
    page = review(marketer, definition, start=day, end=day)

    assert (page.status_code, sorted(page.context["period_form"].errors)) == (200, ["end", "start"])


def test_a_property_that_a_rule_reads_is_not_published_away(
    marketer: Client, project: Project, definition: EventDefinition
):
    club = a_loyalty_programme(project)
    rule = a_proportional_rule(club, definition, points=1, every="1", of="rating", banner="Stars")
    publish(marketer, definition, rating={"DELETE": True})
    page = review(marketer, definition).content.decode()

    confirm(marketer, definition, confirm="on")

    assert reverse("admin:loyalty_earningrule_change", args=[rule.pk]) in page
    assert "cannot do without it" in page
    assert version_of(definition) == 1
    assert messages_of(marketer) == [
        "Property 'rating' of 'left_review' cannot be removed or retyped: in use by earning rule 'Stars'"
    ]


def test_the_builder_names_what_reads_a_property(marketer: Client, project: Project, definition: EventDefinition):
    rule = a_proportional_rule(a_loyalty_programme(project), definition, points=1, every="1", of="rating")

    page = marketer.get(reverse(f"admin:{CHANGE}", args=[definition.pk]))

    links = {card["name"].value(): [link.url for link in card.users] for card in page.context["cards"].cards}
    assert links == {"rating": [reverse("admin:loyalty_earningrule_change", args=[rule.pk])], "text": []}
    assert "Used by" in [panel.title for panel in page.context["boon_panels"]]


def test_a_draft_that_was_never_published_has_pages_too(marketer: Client, project: Project):
    draft = save_draft(EventDefinition(project=project, name="left_review"), [], by=TESTER, now=NOW)

    pages = [marketer.get(reverse(f"admin:{name}", args=[draft.pk])) for name in (CHANGE, REVIEW)]
    confirm(marketer, draft)

    assert ([page.status_code for page in pages], version_of(draft)) == ([200, 200], 1)


def test_a_viewer_looks_and_does_not_publish(project: Project, definition: EventDefinition):
    viewer = signed_in(a_member(project, Role.VIEWER, "vic"))
    edit_draft(definition, {"text": TEXT})

    page = review(viewer, definition)
    answer = posted(viewer, REVIEW, {"draft": "", "confirm": "on"}, definition.pk)

    assert (page.status_code, page.context["form"], answer.status_code) == (200, None, 403)


def test_another_projects_draft_is_not_found(marketer: Client, mallorys_project: Project):
    other = a_definition(mallorys_project, "left_review")

    answers = [marketer.get(reverse(f"admin:{REVIEW}", args=[key])) for key in (other.pk, uuid4())]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_a_version_says_what_it_changed(marketer: Client, definition: EventDefinition):
    change(definition, {"rating": NUMBER | {"optional": False}, "stars": NUMBER})

    page = marketer.get(reverse(f"admin:{VERSION}", args=[definition.pk, 2]))
    listed = marketer.get(reverse(f"admin:{CHANGE}", args=[definition.pk])).context["boon_panels"][0]

    assert page.context["boon_panels"][0].rows == [
        ["“rating” is required.", "breaking"],
        ["“stars” is new (Number).", ""],
    ]
    assert [row[3] for row in listed.rows] == [
        "“rating” is required. “stars” is new (Number).",
        "The first: 2 properties.",
    ]


def test_an_earlier_version_is_restored_as_the_draft(marketer: Client, definition: EventDefinition):
    change(definition, {"text": TEXT | {"deleted": True}})

    answer = posted(marketer, VERSION, {}, definition.pk, 1)

    assert answer.headers["Location"] == reverse(f"admin:{CHANGE}", args=[definition.pk])
    assert [(row.name, row.deleted) for row in definition.properties.all()] == [("rating", False), ("text", False)]
    assert version_of(definition) == 2
    assert AuditEntry.objects.filter(action="event_definition.restored").count() == 1


def test_restoring_is_for_marketers(project: Project, definition: EventDefinition):
    viewer = signed_in(a_member(project, Role.VIEWER, "vic"))

    page = viewer.get(reverse(f"admin:{VERSION}", args=[definition.pk, 1]))
    answer = posted(viewer, VERSION, {}, definition.pk, 1)

    assert ("Restore as draft" in page.content.decode(), answer.status_code) == (False, 403)


@pytest.mark.parametrize("number", [0, 2, 2**31, 10**30])
def test_a_version_that_there_is_not_is_not_found(marketer: Client, definition: EventDefinition, number: int):
    assert marketer.get(reverse(f"admin:{VERSION}", args=[definition.pk, number])).status_code == 404


def test_a_definition_is_deprecated_and_put_back(marketer: Client, definition: EventDefinition):
    posted(marketer, STATUS, {"status": "deprecated", "deprecated_on": "2027-03-01"}, definition.pk)
    definition.refresh_from_db()
    deprecated = (definition.status, str(definition.deprecated_on))
    html = marketer.get(reverse(f"admin:{CHANGE}", args=[definition.pk])).content.decode()
    posted(marketer, STATUS, {"status": "active", "deprecated_on": "2027-03-01"}, definition.pk)

    definition.refresh_from_db()
    assert deprecated == ("deprecated", "2027-03-01")
    assert "No longer to be used from 2027-03-01" in html
    assert (definition.status, definition.deprecated_on) == ("active", None)


def test_a_property_is_deprecated_in_the_builder(marketer: Client, definition: EventDefinition):
    publish(marketer, definition, text={"deprecated": "2027-03-01"})

    page = marketer.get(reverse(f"admin:{VERSION}", args=[definition.pk, 2])).content.decode()
    assert version_of(definition) == 2
    assert "deprecated from 2027-03-01" in page
