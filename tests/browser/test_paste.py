"""Pasting a sample: properties are proposed, looked at, and become cards; what was pasted becomes the example."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.builder import Builder
from tests.once import once

pytestmark = once("the builder knows no database")

DEEP = {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}


def paste(builder: Builder, text: Any) -> Locator:
    """The dialog after the server was asked about the text, or the JSON of anything else."""
    if not builder.dialog.is_visible():
        builder.page.get_by_role("button", name="Paste a sample").click()
    builder.dialog.get_by_label("Sample").fill(text if isinstance(text, str) else json.dumps(text))
    with builder.page.expect_response("**/propose/**"):
        builder.dialog.get_by_role("button", name="Propose properties").click()
    return builder.dialog


def take(builder: Builder, text: Any) -> None:
    paste(builder, text).locator("[data-take]").click()


def test_a_whole_event_becomes_cards_a_name_and_the_example(builder: Builder):
    event = {
        "event": "left_review",
        "customer": {"source_id": "ben"},
        "metadata": {"price": 9.5, "order": "007", "note": 'it\'s\na "$" \\ \U0001f381', "tags": ["a", "b"]},
    }

    take(builder, json.dumps(event).replace("9.5", "12345678901234567.89"))

    builder.expect_names("price", "order", "note", "tags")
    assert [builder.field(place, "type").input_value() for place in (1, 2, 3, 4)] == [
        "number",
        "string",
        "string",
        "string",
    ]
    expect(builder.field(4, "array")).to_be_checked()
    expect(builder.page.locator("#id_name")).to_have_value("left_review")
    expect(builder.sample).to_contain_text('"price": 12345678901234567.89,')
    shown = json.loads(builder.sample.inner_text())["metadata"]
    assert shown | {"price": 9.5} == event["metadata"]


def test_what_is_in_every_one_of_many_samples_is_required_and_few_values_are_choices(builder: Builder):
    samples = [{"plan": ["gold", "blue"][number % 2], "amount": number, "mail": "a@b.example"} for number in range(12)]
    del samples[3]["amount"]

    paste(builder, "\n".join(json.dumps(sample) for sample in samples))
    rows = builder.dialog.locator(".boon-proposal")
    expect(rows.nth(0)).to_contain_text("String, required, one of gold, blue")
    expect(rows.nth(2)).to_contain_text("personal data")
    builder.dialog.locator("[data-take]").click()

    builder.expect_names("plan", "amount", "mail")
    expect(builder.field(1, "eq")).to_have_value("gold\nblue")
    expect(builder.field(1, "required")).to_be_checked()
    expect(builder.field(2, "required")).not_to_be_checked()
    expect(builder.field(3, "personal")).to_be_checked()


def test_only_what_is_ticked_is_added_and_what_is_there_is_skipped_and_said(builder: Builder):
    builder.add("rating", "number")

    dialog = paste(builder, {"rating": 2, "text": "fine", "useless": True})
    expect(dialog.get_by_role("checkbox", name="rating")).to_be_disabled()
    expect(dialog.locator(".boon-proposal").first).to_contain_text("is there already")
    dialog.get_by_role("checkbox", name="useless").uncheck()
    dialog.get_by_role("button", name="Add 1 property").click()

    builder.expect_names("rating", "text")
    expect(builder.status).to_have_text("1 added; there already: rating")
    expect(builder.field(2, "name")).to_be_focused()
    builder.expect_metadata({"rating": 2, "text": "fine"})


def test_an_example_that_no_longer_fits_gives_way(builder: Builder):
    take(builder, {"rating": 2})
    builder.expect_metadata({"rating": 2})

    builder.field(1, "gte").fill("3")
    builder.expect_metadata({"rating": 42})
    builder.field(1, "gte").fill("")
    builder.expect_metadata({"rating": 2})
    builder.field(1, "type").select_option("boolean")

    builder.expect_metadata({"rating": True})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1,\n "b": }', "This is not JSON: Expecting value (line 2, column 7)"),
        ('{"a": 1}\n{"a": 2}\n{"a" 3}', "This is not JSON: Expecting ':' delimiter (line 3, column 6)"),
        ('{"a": 1, "a": 2}', "This holds the key 'a' twice in one object"),
        ("[1]", "Sample 1 must be an object."),
        (json.dumps(DEEP), "Sample 1 is nested deeper than 5 levels."),
        (json.dumps(dict.fromkeys(map(str, range(101)), 1)), "Sample 1 holds more than 100 keys."),
        ("{}", "There is no property in it."),
    ],
)
def test_what_cannot_be_read_says_why_and_stays_to_be_mended(text: str, problem: str, builder: Builder):
    dialog = paste(builder, text)

    expect(dialog.get_by_role("alert")).to_have_text(problem)
    expect(dialog.get_by_label("Sample")).to_have_value(text)
    expect(dialog.get_by_label("Sample")).to_be_focused()


def test_too_much_is_refused_before_it_is_sent(builder: Builder):
    builder.page.get_by_role("button", name="Paste a sample").click()
    builder.dialog.get_by_label("Sample").fill(json.dumps({"a": "x" * 256 * 1024}))

    builder.dialog.get_by_role("button", name="Propose properties").click()

    expect(builder.dialog.get_by_role("alert")).to_contain_text("larger than 256 KB")


def test_no_more_are_taken_than_there_is_room_for(builder: Builder):
    take(builder, {f"p{number}": 1 for number in range(99)})

    dialog = paste(builder, {"one": 1, "two": 2})
    expect(dialog.get_by_role("button", name="Only 1 more fit")).to_be_disabled()
    dialog.get_by_role("checkbox", name="two").uncheck()
    dialog.get_by_role("button", name="Add 1 property").click()

    expect(builder.page.get_by_role("button", name="No more than 100 properties")).to_be_disabled()


def test_the_dialog_is_left_by_escape_and_gives_the_focus_back(builder: Builder):
    opener = builder.page.get_by_role("button", name="Paste a sample")
    opener.focus()
    builder.press("Enter")
    expect(builder.dialog.get_by_label("Sample")).to_be_focused()

    builder.press("Escape")

    expect(builder.dialog).to_be_hidden()
    expect(opener).to_be_focused()
    expect(builder.cards).to_have_count(0)


def test_enter_on_a_tick_sends_nothing(builder: Builder):
    dialog = paste(builder, {"rating": 2})
    address = builder.page.url

    dialog.get_by_role("checkbox", name="rating").press("Enter")

    expect(dialog).to_be_visible()
    assert builder.page.url == address
