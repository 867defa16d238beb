"""Dark mode follows the system and the switch, from the first frame on."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.builder import Builder
from tests.once import once

pytestmark = once("the theme knows no database")

# Notes in every frame whether the page is dark (null while it is hidden) and whether the canvas behind it is.
WATCH_FRAMES = """
window.frames_seen = [];
const look = () => frames_seen.push([
  document.documentElement.hasAttribute("x-cloak") ? null : document.documentElement.classList.contains("dark"),
  getComputedStyle(document.documentElement).colorScheme.includes("dark"),
]);
new MutationObserver((_, observer) => { if (document.body) { look(); observer.disconnect(); } })
  .observe(document, { childList: true, subtree: true });
requestAnimationFrame(function next() {
  if (document.body) look();
  if (frames_seen.length < 20) requestAnimationFrame(next);
});
"""
BACKGROUND = "getComputedStyle(document.querySelector('#main')).backgroundColor"


def frames(page: Page) -> set[tuple[bool | None, bool]]:
    page.wait_for_function("frames_seen.length >= 20")
    return {(shown, canvas) for shown, canvas in page.evaluate("frames_seen")}


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_the_page_is_as_the_system_says_in_every_frame(scheme: Any, dark: bool, builder: Builder):
    builder.page.emulate_media(color_scheme=scheme)
    builder.page.add_init_script(WATCH_FRAMES)

    builder.open_new()

    assert frames(builder.page) <= {(dark, dark), (None, dark)}


def choose(page: Page, name: str) -> None:
    page.get_by_text("unfold_more").click()
    page.get_by_text(name, exact=True).click()


def test_the_switch_wins_over_the_system_and_is_remembered(builder: Builder):
    page = builder.page
    page.emulate_media(color_scheme="light")
    light = page.evaluate(BACKGROUND)

    choose(page, "Dark")
    expect(page.locator("html")).to_have_class(re.compile(r"\bdark\b"))
    dark = page.evaluate(BACKGROUND)
    page.add_init_script(WATCH_FRAMES)
    builder.open_new()

    assert light != dark
    assert frames(page) <= {(True, True), (None, True)}
    choose(page, "Light")
    expect(page.locator("html")).not_to_have_class(re.compile(r"\bdark\b"))


def test_cards_have_the_colours_of_the_page(builder: Builder):
    page = builder.page
    builder.add("rating")
    colour = "getComputedStyle(document.querySelector('[data-card]')).backgroundColor"
    page.emulate_media(color_scheme="light")
    light = page.evaluate(colour)

    choose(page, "Dark")

    expect(page.locator("[data-card]")).not_to_have_css("background-color", light)
