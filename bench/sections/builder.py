"""The schema builder with as many properties as a definition may have, in Chromium as a marketer has it before him."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench import inside
from bench.cases import Chapter, Finding
from bench.options import Options
from bench.places import Place, on_sqlite
from bench.processes import chromium
from bench.targets import BUILDER_ADD, BUILDER_KEY, BUILDER_OPEN, BUILDER_SAMPLE

KEYSTROKES = 20
ABOUT = f"""Opening: until the page's load event is over. Adding and a keystroke: what the browser computes for it,
its layout included. The example: from the keystroke until it shows it, the wait for the next frame included. The
median of {KEYSTROKES} keystrokes. Each round opens both pages anew."""

# Every measurement forces the layout that the change asks for.
ADD = """() => {
  const start = performance.now();
  document.querySelector("[data-add]").click();
  document.body.getBoundingClientRect();
  return performance.now() - start;
}"""
TYPE = """async text => {
  const input = document.querySelectorAll('[data-card] [name$="-name"]')[50];
  const shown = new Promise(resolve => new MutationObserver((_, observer) => {
    observer.disconnect();
    resolve();
  }).observe(document.querySelector("[data-code]"), { childList: true, characterData: true, subtree: true }));
  const start = performance.now();
  input.value += text;
  input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  document.body.getBoundingClientRect();
  const typed = performance.now() - start;
  await shown;
  return [typed, performance.now() - start];
}"""
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd / 1000"


def measured(options: Options) -> Chapter:
    """Without Chromium a chapter without figures."""
    if chromium() is None:
        return Chapter(
            "the builder", ABOUT, [], [], [], ["Chromium is missing: apt-get install chromium-headless-shell"]
        )
    with on_sqlite(customers=1) as place:
        made = inside.call("bench.building", database_url=place.books.database.url)
        with _page(place, made["session"]) as page:
            rounds = [_round(page, place.boon.url, made) for _ in range(options.rounds)]
    targets = (BUILDER_OPEN, BUILDER_ADD, BUILDER_KEY, BUILDER_SAMPLE)
    figures = zip(targets, zip(*rounds, strict=True), strict=True)
    return Chapter("the builder", ABOUT, [], [Finding(target.title, each, target) for target, each in figures], [])


@contextmanager
def _page(place: Place, session: str) -> Iterator[Page]:
    """A window in which the marketer is signed in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1360, "height": 900})
        context.add_cookies([{"name": "sessionid", "value": session, "url": place.boon.url}])
        yield context.new_page()
        browser.close()


def _round(page: Page, home: str, made: dict[str, Any]) -> tuple[float, float, float, float]:
    """(seconds to open, ms to add, ms of a keystroke, ms until the example shows it)"""
    page.goto(home + made["almost"], wait_until="load")
    added = page.evaluate(ADD)
    page.goto(home + made["full"], wait_until="load")
    page.wait_for_function(f"{LOADED} > 0")
    opened = page.evaluate(LOADED)
    typed, shown = zip(*(page.evaluate(TYPE, "x") for _ in range(KEYSTROKES)), strict=True)
    return opened, added, statistics.median(typed), statistics.median(shown)
