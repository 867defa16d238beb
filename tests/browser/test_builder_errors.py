"""A page that the server sends back: nothing typed is lost, and the first thing to mend has the focus."""

from playwright.sync_api import expect

from tests.browser.builder import Builder
from tests.once import once

pytestmark = once("the builder knows no database")


def send_something_wrong(builder: Builder) -> None:
    """Four cards, the last two moved up, one of them removed, and a name that cannot be."""
    builder.page.get_by_label("Name").fill("left_review")
    builder.add("fine").add("gone").add("bad.name", "number", gte="1", required=True).add(
        "kind", eq="text\nphoto, video"
    )
    builder.card(4).locator("summary").click()
    builder.field(4, "description").fill("What it is")
    builder.field(4, "name").press("Alt+ArrowUp")
    builder.page.get_by_role("button", name="Remove gone").click()
    builder.publish()
    expect(builder.page.get_by_text("Some properties cannot be saved as they are.")).to_be_visible()


def test_every_value_comes_back_in_its_order(builder: Builder):
    send_something_wrong(builder)

    builder.expect_names("fine", "kind", "bad.name")
    expect(builder.field(2, "eq")).to_have_value("text\nphoto, video")
    expect(builder.field(3, "gte")).to_have_value("1")
    expect(builder.field(3, "required")).to_be_checked()
    expect(builder.page.get_by_text("gone is removed.")).to_be_visible()


def test_an_open_panel_comes_back_open(builder: Builder):
    send_something_wrong(builder)

    expect(builder.field(2, "description")).to_be_visible()
    expect(builder.field(2, "description")).to_have_value("What it is")
    expect(builder.field(1, "description")).to_be_hidden()


def test_the_first_wrong_field_has_the_focus_and_can_be_seen(builder: Builder):
    send_something_wrong(builder)

    expect(builder.field(3, "name")).to_be_focused()
    builder.expect_focus_reached()


def test_a_message_is_tied_to_its_field(builder: Builder):
    send_something_wrong(builder)

    expect(builder.field(3, "name")).to_have_attribute("aria-invalid", "true")
    expect(builder.field(3, "name")).to_have_accessible_description(
        "The property name 'bad.name' must hold no dot, no $ and no control character"
    )
    expect(builder.field(1, "name")).not_to_have_attribute("aria-invalid", "true")


def test_what_was_mended_is_saved(builder: Builder):
    send_something_wrong(builder)

    builder.field(3, "name").fill("good_name")
    builder.publish()

    expect(builder.page.get_by_text("Version 1 of “left_review” is published")).to_be_visible()
    builder.expect_names("fine", "kind", "good_name")


def test_two_of_one_name_are_both_marked(builder: Builder):
    builder.page.get_by_label("Name").fill("left_review")
    builder.add("rating").add("rating", "number")

    builder.publish()

    expect(builder.page.get_by_text("Another property is called “rating” too.")).to_have_count(2)
    expect(builder.field(1, "name")).to_be_focused()
