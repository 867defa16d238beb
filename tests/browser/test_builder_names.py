"""Names are judged while they are typed, in words; the server has the last one."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.builder import Builder
from tests.once import once

pytestmark = once("the builder knows no database")

PROBLEMS = [
    ("bad.name", "A name holds no dot, no $ and no control character."),
    ("$price", "A name holds no dot, no $ and no control character."),
    ("__proto__", "This name is reserved."),
    ("x" * 101, "A name has at most 100 characters."),
    ("", "A name must not be empty."),
]


@pytest.mark.parametrize(("name", "problem"), PROBLEMS)
def test_a_name_that_cannot_be_is_marked_at_once(name: str, problem: str, builder: Builder):
    builder.add("fine")
    expect(builder.field(1, "name")).not_to_have_attribute("aria-invalid", "true")

    builder.field(1, "name").fill(name)

    expect(builder.field(1, "name")).to_have_accessible_description(problem)
    expect(builder.field(1, "name")).to_have_attribute("aria-invalid", "true")
    builder.field(1, "name").fill("fine")
    expect(builder.field(1, "name")).not_to_have_attribute("aria-invalid", "true")


def test_a_new_card_is_not_scolded_before_anything_is_typed(builder: Builder):
    builder.add_button.click()
    builder.add_button.click()

    expect(builder.field(1, "name")).not_to_have_attribute("aria-invalid", "true")


def test_two_of_one_name_are_both_marked_until_one_is_mended_or_removed(builder: Builder):
    builder.add("rating").add("rating", "number")
    for place in (1, 2):
        expect(builder.field(place, "name")).to_have_accessible_description("Another property is called “rating” too.")
    expect(builder.page.get_by_role("button", name="Publish")).to_be_enabled()

    builder.page.get_by_role("button", name="Remove rating").last.click()

    expect(builder.field(1, "name")).not_to_have_attribute("aria-invalid", "true")


def test_names_that_capitals_alone_tell_apart_are_warned_of(builder: Builder):
    builder.add("Rating").add("rating")

    expect(builder.field(1, "name")).to_have_accessible_description(
        re.compile("Only capitals tell this from “rating”")
    )
    expect(builder.field(1, "name")).not_to_have_attribute("aria-invalid", "true")


def test_a_former_name_of_another_is_taken(builder: Builder):
    builder.add("store").add("shop")
    builder.card(1).locator("summary").click()

    builder.entry(1, "aliases").press_sequentially("shop\n")

    expect(builder.field(2, "name")).to_have_accessible_description("“shop” is a former name of another property.")


def test_what_the_server_said_of_names_gives_way_to_what_is_typed(builder: Builder):
    builder.page.get_by_label("Name").fill("left_review")
    builder.add("rating").add("rating")
    builder.publish()
    expect(builder.page.get_by_text("Another property is called “rating” too.")).to_have_count(2)

    builder.field(2, "name").fill("stars")

    expect(builder.page.get_by_text("Another property is called “rating” too.")).to_have_count(0)
    expect(builder.field(1, "name")).not_to_have_attribute("aria-invalid", "true")
