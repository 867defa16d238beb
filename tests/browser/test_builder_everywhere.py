"""The builder for everybody: with little sight, on a phone, without scripts, with hostile texts, only to be read."""

import json
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from eventschema.models import EventDefinition
from projects.models import Project, Role
from tests.admin.people import a_member, signed_in
from tests.browser.builder import Builder
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import TOO_SMALL, overflow, violations
from tests.browser.test_paste import paste
from tests.hostile_texts import HOSTILE_TEXTS
from tests.once import once
from tests.world import a_definition

pytestmark = once("the builder knows no database")

OWN = ":is([data-builder], [data-sample]) :is(button, input, select, textarea, summary)"
MOVING = """() => Array.from(document.querySelectorAll("[data-builder] *, [data-sample] *"))
  .flatMap(element => ["", "::after"].map(part => getComputedStyle(element, part)))
  .filter(style => parseFloat(style.transitionDuration) || style.animationName !== "none").length"""
NUMBER = {"type": "number", "optional": True}


def fill(builder: Builder) -> None:
    """Everything that the page can show at once: chips, a note, a warning, a name that cannot be, an open panel."""
    builder.add("rating", "number", gte="5", lte="1", ne="2\n3").add(
        "kind", eq="text\na rather long value, with a comma"
    )
    builder.add("Kind").add("bad.name").add("gone")
    builder.card(2).locator("summary").click()
    builder.page.get_by_role("button", name="Remove gone").click()
    builder.add("old", "number", gte="1").field(5, "type").select_option("boolean")
    expect(builder.card(5).locator("[data-note]")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_with_everything_open(scheme: Any, builder: Builder):
    builder.page.emulate_media(color_scheme=scheme)
    builder.open_new()
    empty = violations(builder.page)
    fill(builder)
    filled = violations(builder.page)

    paste(builder, '{"a": ')
    problem = violations(builder.page)
    paste(builder, {"kind": "x", "mail": "a@b.example", "mixed": {"a": 1}, "bad.one": 1})
    review = violations(builder.page)

    assert (empty, filled, problem, review) == ([], [], [], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_a_definition_is_tried(scheme: Any, desk: Page, live_server: Any, shop: Project):
    definition = a_definition(
        shop, "left_review", {"rating": NUMBER | {"gte": 1}, "done": {**NUMBER, "type": "boolean"}}
    )
    desk.emulate_media(color_scheme=scheme)
    desk.goto(live_server.url + reverse("admin:eventschema_eventdefinition_try", args=[definition.pk]))
    asked = violations(desk)
    desk.get_by_role("button", name="Try it").click()
    expect(desk.locator("#boon-answer")).to_contain_text("Accepted.")
    accepted = violations(desk)

    desk.get_by_label("rating").fill("0")
    desk.get_by_role("button", name="Try it").click()
    expect(desk.locator("#boon-answer")).to_contain_text("Refused")

    assert (asked, accepted, violations(desk)) == ([], [], [])


@pytest.mark.parametrize("width", [390, 320])
def test_nothing_is_wider_than_a_phone_and_everything_can_be_hit(width: int, builder: Builder):
    builder.page.set_viewport_size({"width": width, "height": 700})
    builder.page.get_by_label("Name").fill("an_event_with_a_rather_long_name_of_its_own_" * 2)
    fill(builder)

    assert overflow(builder.page) == 0
    assert builder.page.evaluate(TOO_SMALL, OWN) == []
    for name in ("Copy", "Paste a sample"):
        builder.page.get_by_role("button", name=name).click(trial=True)
    dialog = paste(builder, {"a_rather_long_name_for_a_property_of_a_shop": "x" * 300, "mixed": {"a": 1}})
    expect(dialog.locator("[data-take]")).to_be_in_viewport()
    assert overflow(builder.page) == 0
    assert dialog.evaluate("element => element.scrollWidth - element.clientWidth") == 0


def test_nothing_moves_for_who_wants_it_still(builder: Builder):
    builder.add("rating", eq="a\nb")
    moving = builder.page.evaluate(MOVING)

    builder.page.emulate_media(reduced_motion="reduce")

    assert (moving > 0, builder.page.evaluate(MOVING)) == (True, 0)


def test_without_scripts_what_is_there_can_be_read_and_changed(browser: Browser, live_server: Any, shop: Project):
    kind = {"type": "string", "optional": True, "eq": ["text", "photo, video"]}
    definition = a_definition(shop, "left_review", {"rating": NUMBER, "kind": kind})
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in(page, live_server, signed_in(a_member(shop, Role.MARKETER, "ada")))
    builder = Builder(page, live_server.url).open(definition)

    expect(builder.field(2, "eq")).to_have_value("text\nphoto, video")
    expect(builder.add_button).to_be_hidden()
    expect(builder.sample).to_be_hidden()
    builder.field(1, "name").fill("stars")
    builder.field(2, "eq").fill("text\nphoto\nfilm, video")
    builder.save_draft()
    expect(page.get_by_text("The draft of “left_review” is saved")).to_be_visible()

    assert [(row.name, row.options) for row in definition.properties.all()] == [
        ("stars", {}),
        ("kind", {"eq": ["text", "photo", "film, video"]}),
    ]
    page.context.close()


def hostile_definition(shop: Project) -> tuple[EventDefinition, list[str]]:
    """A definition with every hostile text as a name, a description and a value, as far as names may be so."""
    names = [text for text in HOSTILE_TEXTS if not set(".$\t") & set(text)]
    values = [" ".join(text.split()) for text in HOSTILE_TEXTS]
    properties = {
        name: {"type": "string", "optional": False, "eq": [value], "description": value}
        for name, value in zip(names, values, strict=False)
    }
    return a_definition(shop, HOSTILE_TEXTS[1], properties, description=HOSTILE_TEXTS[6]), values


def test_hostile_texts_are_texts_everywhere(desk: Page, live_server: Any, shop: Project):
    asked: list[str] = []
    desk.on(
        "dialog", lambda dialog: dialog.accept() if dialog.type == "beforeunload" else asked.append(dialog.message)
    )
    definition, values = hostile_definition(shop)
    builder = Builder(desk, live_server.url).open(definition)
    names = [row.name for row in definition.properties.all()]

    shown = json.loads(builder.sample.inner_text())
    assert (shown["event"], shown["metadata"]) == (definition.name, dict(zip(names, values, strict=False)))
    assert desk.locator("[data-chip-text]").all_inner_texts() == values[: len(names)]
    for tab in ("cURL", "Python", "JavaScript"):
        desk.get_by_role("tab", name=tab).click()
    builder.field(1, "name").fill(f"{names[1]}")
    expect(builder.field(1, "name")).to_have_accessible_description(f"Another property is called “{names[1]}” too.")
    dialog = paste(builder, {f"new {name}": value for name, value in zip(names[:40], values, strict=False)})
    expect(dialog.locator(".boon-proposal").first.locator("strong")).to_have_text(f"new {names[0]}")
    dialog.locator("[data-take]").click()
    builder.publish()
    expect(desk.get_by_text("Some properties cannot be saved as they are.")).to_be_visible()
    desk.goto(live_server.url + reverse("admin:eventschema_eventdefinition_try", args=[definition.pk]))
    desk.get_by_role("button", name="Try it").click()
    expect(desk.locator("#boon-answer")).to_contain_text("Accepted.")

    assert asked == []


def test_who_only_reads_sees_the_example_and_nothing_to_press(
    page: Page, live_server: Any, shop: Project, complaints: Any
):
    definition = a_definition(
        shop, "left_review", {"rating": NUMBER | {"gte": 1, "lte": 5}, "kind": {**NUMBER, "ne": [4]}}
    )
    sign_in(page, live_server, signed_in(a_member(shop, Role.VIEWER, "vera")))

    builder = Builder(page, live_server.url).open(definition)

    builder.expect_metadata({"rating": 4, "kind": 42})
    page.get_by_role("tab", name="cURL").click()
    expect(builder.sample).to_contain_text("curl 'http")
    names = [button.inner_text() for button in page.locator("#content-main button, #content button").all()]
    assert names == ["Copy", "JSON", "cURL", "Python", "JavaScript"]
