"""Changing a definition that is live: what breaks senders asks first, versions come back, no save is lost (UX-19)."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from eventschema.models import EventDefinition
from projects.models import Project, Role
from tests.admin.people import a_member, signed_in
from tests.browser.builder import Builder
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import overflow, violations
from tests.events.test_against import store
from tests.eventschema.definitions import NUMBER, TEXT, change
from tests.world import a_definition, a_loyalty_programme, a_proportional_rule

OPTIONAL = {"optional": True}


@pytest.fixture
def live(shop: Project) -> EventDefinition:
    """An event with 1,000 stored ones, 41 of which have no rating."""
    definition = a_definition(shop, "left_review", {"rating": NUMBER | OPTIONAL, "text": TEXT | OPTIONAL})
    store(definition, *({} if number < 41 else {"rating": 5} for number in range(1_000)))
    return definition


@pytest.fixture
def page_of(desk: Page, live_server: Any, live: EventDefinition) -> Builder:
    return Builder(desk, live_server.url).open(live)


def version_of(definition: EventDefinition) -> int:
    definition.refresh_from_db()
    return definition.version


def test_a_breaking_change_says_how_many_events_would_fail_and_needs_a_tick(page_of: Builder, live: EventDefinition):
    page = page_of.page
    page_of.field(1, "required").check()
    page_of.field(2, "type").select_option("boolean")
    page_of.publish()

    box = page.get_by_role("group", name="Breaking changes")
    expect(box).to_contain_text(
        "2 breaking changes. Would have refused 41 of 1,000 (4.1 %) of the newest stored events."
    )
    expect(box.get_by_role("row", name="“rating” is required.")).to_contain_text("41")
    expect(box.get_by_role("row", name="“text” was of type String and is of type Yes or no.")).to_contain_text("0")
    expect(page.get_by_role("link", name="event_")).to_have_count(10)

    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_text("Tick this to publish the breaking changes.")).to_be_visible()
    unpublished = version_of(live)
    page.get_by_label("I know what this breaks: publish with 2 breaking changes").check()
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_text("Version 2 of “left_review” is published")).to_be_visible()

    assert (unpublished, version_of(live)) == (1, 2)


def test_going_on_editing_loses_nothing(page_of: Builder, live: EventDefinition):
    page_of.field(1, "required").check()
    page_of.add("stars", "number", gte="1")
    page_of.publish()

    page_of.page.get_by_role("link", name="Go on editing").click()

    page_of.expect_names("rating", "text", "stars")
    expect(page_of.field(1, "required")).to_be_checked()
    expect(page_of.page.get_by_text("The draft differs from what is published")).to_be_visible()


def test_widening_and_renaming_are_published_at_once(page_of: Builder, live: EventDefinition):
    page_of.field(2, "name").fill("comment")
    page_of.add("stars", "number")
    page_of.publish()

    expect(page_of.page.get_by_text("Version 2 of “left_review” is published")).to_be_visible()
    expect(page_of.field(2, "aliases")).to_have_value("text")


def test_what_a_rule_reads_is_named_and_cannot_be_published_away(page_of: Builder, live: EventDefinition):
    page = page_of.page
    rule = a_proportional_rule(
        a_loyalty_programme(live.project), live, points=1, every="1", of="rating", banner="Stars"
    )
    page.reload()
    expect(page_of.card(1).get_by_role("link", name="earning rule 'Stars'")).to_be_visible()
    page.get_by_role("button", name="Remove rating").click()
    page.get_by_role("button", name="Remove it").click()
    page_of.publish()

    page.get_by_label("I know what this breaks").check()
    page.get_by_role("button", name="Publish version 2").click()

    expect(page.get_by_text("cannot be removed or retyped: in use by earning rule 'Stars'")).to_be_visible()
    link = page.get_by_role("link", name="earning rule 'Stars'")
    expect(link).to_have_attribute("href", f"/admin/loyalty/earningrule/{rule.pk}/change/")
    assert version_of(live) == 1


def test_a_version_is_restored_as_the_draft(page_of: Builder, live: EventDefinition):
    change(live, {"text": TEXT | {"deleted": True}})
    page = page_of.page
    page.reload()
    page_of.expect_names("rating")

    page.get_by_role("link", name="Version 1", exact=True).click()
    page.get_by_role("button", name="Restore as draft").click()

    expect(page.get_by_text("The draft is as version 1 was.")).to_be_visible()
    page_of.expect_names("rating", "text")
    assert version_of(live) == 2


def test_the_second_editor_gets_both_changes_and_loses_none(
    page_of: Builder, live: EventDefinition, browser: Browser, live_server: Any
):
    eves = browser.new_page()
    sign_in(eves, live_server, signed_in(a_member(live.project, Role.MARKETER, "eve")))
    hers = Builder(eves, live_server.url).open(live)
    hers.field(2, "required").check()
    hers.save_draft()
    expect(eves.get_by_text("The draft of “left_review” is saved.")).to_be_visible()
    eves.close()

    page = page_of.page
    page_of.field(1, "name").fill("stars")
    page_of.save_draft()

    differences = page.get_by_role("region", name="Differences")
    expect(page.get_by_text("Somebody else changed this while you did.")).to_be_visible()
    expect(differences.get_by_role("row", name="stars")).to_contain_text("rating: Number, optional")
    expect(differences.get_by_role("row", name="text")).to_contain_text("text: String, required")
    page_of.expect_names("stars", "text")
    expect(page_of.field(2, "required")).to_be_checked()

    page_of.save_draft()
    expect(page.get_by_text("The draft of “left_review” is saved.")).to_be_visible()
    assert [(row.name, row.optional) for row in live.properties.all()] == [("stars", True), ("text", False)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_where_a_change_breaks_or_two_people_meet(
    scheme: Any, page_of: Builder, live: EventDefinition
):
    page = page_of.page
    page.emulate_media(color_scheme=scheme)
    page_of.field(1, "required").check()
    change(live, {"text": TEXT | OPTIONAL | {"description": "Theirs"}})
    page_of.save_draft()
    expect(page.get_by_text("Somebody else changed this while you did.")).to_be_visible()
    met = violations(page)

    page_of.publish()
    expect(page.get_by_role("group", name="Breaking changes")).to_be_visible()

    assert (met, violations(page)) == ([], [])


def test_the_box_fits_a_narrow_screen(page_of: Builder):
    page_of.page.set_viewport_size({"width": 320, "height": 640})
    page_of.field(1, "required").check()

    page_of.publish()

    expect(page_of.page.get_by_role("group", name="Breaking changes")).to_be_visible()
    assert overflow(page_of.page) == 0
