"""Building a schema: cards are added, filled, moved and removed by mouse and by keyboard alone."""

import re
import string

import pytest
from playwright.sync_api import Page, expect

from eventschema.models import EventDefinition
from projects.models import Project
from tests.browser.builder import Builder
from tests.once import once
from tests.world import a_definition, accept, an_event

pytestmark = once("the builder knows no database")


def test_an_empty_builder_says_what_to_do_and_posts_no_blank_property(builder: Builder):
    expect(builder.page.get_by_text("No properties yet")).to_be_visible()
    expect(builder.add_button).to_be_visible()
    expect(builder.cards).to_have_count(0)

    builder.page.get_by_label("Name").fill("signed_up")
    builder.save_draft()

    expect(builder.page.get_by_text("The draft of “signed_up” is saved")).to_be_visible()
    assert EventDefinition.objects.get().properties.count() == 0


def test_add_next_property_adds_a_card_at_the_end_and_goes_to_its_name(builder: Builder):
    builder.add("rating")

    builder.add_button.click()

    expect(builder.cards).to_have_count(2)
    expect(builder.field(2, "name")).to_be_focused()
    expect(builder.page.get_by_text("No properties yet")).to_be_hidden()
    expect(builder.page.locator("[data-count]")).to_have_text("2 of 100")


@pytest.mark.parametrize("name", ["name", "type", "required", "max_length"])
def test_enter_in_any_field_of_the_last_card_adds_the_next(name: str, builder: Builder):
    builder.add("rating")

    builder.field(1, name).press("Enter")

    expect(builder.cards).to_have_count(2)
    expect(builder.field(2, "name")).to_be_focused()


def test_enter_in_another_card_goes_to_the_next_cards_name(builder: Builder):
    builder.add("rating").add("text").add("done")

    builder.field(1, "max_length").press("Enter")

    expect(builder.field(2, "name")).to_be_focused()
    expect(builder.cards).to_have_count(3)


def test_enter_in_a_list_of_values_begins_the_next_value_and_without_one_the_next_card(builder: Builder):
    builder.add("kind")

    builder.entry(1, "eq").press_sequentially("text\nphoto, video\n")
    expect(builder.cards).to_have_count(1)
    builder.entry(1, "eq").press("Enter")

    expect(builder.field(1, "eq")).to_have_value("text\nphoto, video")
    expect(builder.cards).to_have_count(2)


def test_a_value_is_taken_out_by_its_button_or_by_backspace(builder: Builder):
    builder.add("kind", eq="text\nphoto\nvideo")

    builder.press("Backspace")
    expect(builder.status).to_have_text("video removed, One of")
    builder.page.get_by_role("button", name="Remove text").click()
    expect(builder.page.get_by_role("button", name="Remove photo")).to_be_focused()
    builder.entry(1, "eq").press_sequentially("photo\n")

    expect(builder.status).to_have_text("photo is there already, One of")
    expect(builder.field(1, "eq")).to_have_value("photo")


def test_what_was_typed_and_not_entered_is_a_value_all_the_same(builder: Builder):
    builder.add("kind")

    builder.entry(1, "eq").fill("text")
    builder.press("Tab")

    expect(builder.field(1, "eq")).to_have_value("text")


def test_enter_never_sends_the_form_and_control_enter_saves_it(builder: Builder):
    builder.page.get_by_label("Name").fill("signed_up")
    builder.add("rating")
    address = builder.page.url

    builder.field(1, "name").press("Enter")
    before = (builder.page.url, EventDefinition.objects.count())
    builder.field(2, "name").press("Control+Enter")
    expect(builder.page.get_by_text("The draft of “signed_up” is saved")).to_be_visible()

    assert before == (address, 0)
    assert [row.name for row in EventDefinition.objects.get().properties.all()] == ["rating"]


def test_four_properties_are_made_by_keyboard_alone_with_one_tab_to_the_type(builder: Builder):
    builder.page.get_by_label("Name").focus()
    builder.write("video_watched")
    builder.add_button.focus()

    for name, kind in (("title", "St"), ("seconds", "Nu"), ("finished", "Ye"), ("watched_at", "Date a")):
        builder.press("Enter")
        builder.write(name)
        builder.press("Tab")
        builder.write(kind)
    builder.press("Control+Enter")
    expect(builder.page.get_by_text("The draft of “video_watched” is saved")).to_be_visible()

    rows = EventDefinition.objects.get().properties.values_list("name", "type")
    assert list(rows) == [
        ("title", "string"),
        ("seconds", "number"),
        ("finished", "boolean"),
        ("watched_at", "datetime"),
    ]


def test_alt_and_an_arrow_move_a_card_before_it_was_ever_saved(builder: Builder):
    builder.add("first").add("second").add("third")

    builder.field(3, "name").press("Alt+ArrowUp")

    builder.expect_names("first", "third", "second")
    expect(builder.field(2, "name")).to_be_focused()
    expect(builder.status).to_have_text("third moved to position 2 of 3")


def test_buttons_move_a_card_and_keep_the_focus(builder: Builder):
    builder.add("first").add("second")

    builder.page.get_by_role("button", name="Move first down").click()

    builder.expect_names("second", "first")
    expect(builder.page.get_by_role("button", name="Move first down")).to_be_focused()
    expect(builder.status).to_have_text("first moved to position 2 of 2")


def test_a_card_at_the_end_stays_there_and_says_so(builder: Builder):
    builder.add("first").add("second")

    builder.page.get_by_role("button", name="Move second down").click()

    builder.expect_names("first", "second")
    expect(builder.status).to_have_text("second is last already")


def test_dragging_moves_a_card(builder: Builder):
    builder.add("first").add("second").add("third")

    grip = builder.card(3).locator(".boon-grip")
    grip.drag_to(builder.card(1), target_position={"x": 200, "y": 4})

    builder.expect_names("third", "first", "second")
    expect(builder.status).to_have_text("third moved to position 1 of 3")


def test_the_order_of_the_page_is_saved(builder: Builder):
    builder.page.get_by_label("Name").fill("signed_up")
    builder.add("first").add("second").add("third")

    builder.field(3, "name").press("Alt+ArrowUp")
    builder.publish()
    expect(builder.page.get_by_text("Version 1 of “signed_up” is published")).to_be_visible()

    assert [row.name for row in EventDefinition.objects.get().properties.all()] == ["first", "third", "second"]


def test_removing_goes_to_the_neighbour_and_can_be_undone(builder: Builder):
    builder.add("first", max_length="9").add("second").add("third")

    builder.page.get_by_role("button", name="Remove first").click()
    expect(builder.field(1, "name")).to_be_focused()
    builder.expect_names("second", "third")
    builder.page.get_by_role("button", name="Undo").click()

    builder.expect_names("first", "second", "third")
    expect(builder.field(1, "max_length")).to_have_value("9")
    expect(builder.field(1, "name")).to_be_focused()


def test_removing_the_last_card_goes_to_the_button_that_adds(builder: Builder):
    builder.add("only")

    builder.page.get_by_role("button", name="Remove only").click()

    expect(builder.add_button).to_be_focused()
    expect(builder.page.get_by_text("No properties yet")).to_be_visible()


def test_a_property_that_events_carry_asks_before_it_goes(desk: Page, live_server, shop: Project):
    optional = {"type": "number", "optional": True}
    definition = a_definition(shop, "left_review", {"rating": optional, "unused": optional})
    accept(shop, an_event("left_review", metadata={"rating": 5}))
    builder = Builder(desk, live_server.url).open(definition)

    desk.get_by_role("button", name="Remove unused").click()
    builder.expect_names("rating")
    desk.get_by_role("button", name="Remove rating").click()
    expect(desk.get_by_role("alertdialog")).to_contain_text("Stored events carry this property.")
    expect(desk.get_by_role("button", name="Keep it")).to_be_focused()
    desk.get_by_role("button", name="Keep it").click()
    builder.expect_names("rating")
    desk.get_by_role("button", name="Remove rating").click()
    desk.get_by_role("button", name="Remove it").click()

    expect(builder.cards).to_have_count(0)


@pytest.mark.parametrize("name", ["name", "type", "eq", "max_length", "required"])
def test_no_letter_moves_the_focus(name: str, builder: Builder):
    builder.add("rating")
    field = builder.entry(1, name) if name == "eq" else builder.field(1, name)
    field.focus()

    for letter in string.ascii_lowercase + "/":
        builder.press(letter)
        expect(field).to_be_focused()


def test_what_has_the_focus_is_never_under_the_bar_of_buttons(builder: Builder):
    for number in range(8):
        builder.press("Enter") if number else builder.add_button.click()
        builder.write(f"property_{number}")
        builder.expect_focus_reached()

    for _ in range(7):
        builder.press("Alt+ArrowUp")
        builder.expect_focus_reached()
    builder.page.get_by_role("button", name="Remove property_3").click()
    builder.expect_focus_reached()


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("string", ["Min length", "Max length", "Exact length", "One of"]),
        (
            "number",
            ["More than", "At least", "Less than", "At most", "One of", "None of"],
        ),
        ("object", ["Nested schema"]),
        ("boolean", []),
        ("date", []),
        ("datetime", []),
        ("image_url", []),
        ("geopoint", []),
    ],
)
def test_a_type_shows_its_own_constraints_alone(kind: str, labels: list[str], builder: Builder):
    builder.add("it", kind)

    shown = [label for label in builder.card(1).locator("[data-constraints] label").all() if label.is_visible()]

    assert [label.inner_text() for label in shown] == labels


def test_changing_the_type_clears_what_does_not_fit_and_lists_it(builder: Builder):
    builder.add("rating", "number", gte="1", eq="1\n2")

    builder.field(1, "type").select_option("string")

    expect(builder.card(1).locator("[data-note]")).to_have_text(
        "Dropped, since it does not fit the type String: At least (1)."
    )
    builder.field(1, "type").select_option("boolean")
    expect(builder.card(1).locator("[data-note]")).to_have_text(re.compile(r"Yes or no: One of \(1, 2\)"))
    builder.field(1, "type").select_option("number")
    expect(builder.field(1, "gte")).to_have_value("")


def test_at_a_hundred_properties_the_button_says_why_it_is_off(desk: Page, live_server, shop: Project):
    optional = {"type": "string", "optional": True}
    definition = a_definition(shop, "wide", {f"p{number}": optional for number in range(99)})
    builder = Builder(desk, live_server.url).open(definition)

    builder.add_button.click()

    expect(desk.get_by_role("button", name="No more than 100 properties")).to_be_disabled()


def test_state_and_versions_are_on_the_page(builder: Builder):
    page = builder.page
    page.get_by_label("Name").fill("signed_up")
    builder.add("rating", "number")

    builder.save_draft()
    expect(page.get_by_text("Draft: takes no events yet")).to_be_visible()
    expect(page.get_by_text("Nothing is published yet.")).to_be_visible()
    builder.publish()
    expect(page.get_by_text("Version 1 published")).to_be_visible()
    expect(page.get_by_text("The draft differs from what is published")).to_be_hidden()
    builder.add("text")
    builder.save_draft()

    expect(page.get_by_text("The draft differs from what is published")).to_be_visible()
    expect(page.get_by_role("region", name="Published versions").get_by_role("row")).to_have_count(2)
