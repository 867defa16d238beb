"""Live events in an open page: they come in without a reload, wait while it is paused, and never run code."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, Route, expect

from events.models import Event
from projects.audit import COMMAND
from projects.keys import create_key
from projects.models import Project
from tests.browser.test_every_page import overflow, violations
from tests.browser.test_journey import post_event
from tests.hostile_texts import HOSTILE_TEXTS
from tests.once import once
from tests.world import a_definition, accept, an_event, send

pytestmark = once("what an open page asks for is asked in tests/admin/test_live_events.py, too")

Post = Callable[..., int]
AMOUNT = {"type": "number", "optional": False}


@pytest.fixture
def post(live_server: Any, shop: Project) -> Post:
    """Sends an event over HTTP."""
    a_definition(shop, "paid", {"amount": AMOUNT})
    key, token = create_key(shop, kind="server", by=COMMAND)

    def send_paid(by: str, amount: Any = 5) -> int:
        return post_event(live_server.url, key.key_id, token, an_event("paid", by=by, metadata={"amount": amount}))

    return send_paid


def open_live(page: Page, live_server: Any, query: str = "") -> Locator:
    """The rows of the page."""
    page.goto(live_server.url + reverse("admin:events_event_live") + query)
    return page.locator("[data-live-rows] tr")


def heard(page: Page) -> Locator:
    return page.locator("[data-live-said]")


def test_an_event_appears_in_the_open_page_and_leads_to_its_trace(desk: Page, live_server: Any, post: Post):
    rows = open_live(desk, live_server)
    expect(desk.get_by_text("Nothing has come in yet.")).to_be_visible()

    post("ben")

    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("amount: 5")
    expect(desk.get_by_text("Nothing has come in yet.")).to_be_hidden()
    rows.first.get_by_role("link", name="paid").click()
    expect(desk.get_by_role("region", name="What came of it")).to_contain_text("Customer created")


def test_a_rejected_event_appears_with_its_reason_and_the_path(
    desk: Page, live_server: Any, post: Post, shop: Project
):
    rows = open_live(desk, live_server)

    post("ben")
    send(shop, an_event("paid", by="ada", metadata={"amount": "12"}))

    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Rejected")
    expect(rows.first).to_contain_text("metadata_validation_failed")
    expect(rows.first).to_contain_text("metadata.amount")


def test_a_filter_stands_in_the_address_and_holds_for_what_comes(desk: Page, live_server: Any, post: Post):
    rows = open_live(desk, live_server)
    desk.get_by_label("Customer").fill("ben")
    desk.get_by_label("Customer").press("Enter")
    desk.wait_for_url("**/live/?*customer=ben*")

    post("ada")
    post("ben")

    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("ben")
    desk.reload()
    expect(desk.get_by_label("Customer")).to_have_value("ben")
    expect(rows).to_have_count(1)


def test_pause_holds_rows_back_and_resume_shows_them_by_keyboard(desk: Page, live_server: Any, post: Post):
    rows = open_live(desk, live_server)
    desk.get_by_role("button", name="Pause").focus()
    desk.keyboard.press("Enter")
    expect(heard(desk)).to_have_text("Paused. New rows are held back.")

    post("ben")
    post("ada")
    expect(desk.get_by_text("Paused, 2 new held back")).to_be_visible()
    expect(rows).to_have_count(0)

    desk.keyboard.press("Enter")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("ada")
    expect(heard(desk)).to_have_text("Live again.")


def test_the_page_keeps_two_hundred_rows_in_the_order_of_time(desk: Page, live_server: Any, post: Post, shop: Project):
    rows = open_live(desk, live_server)
    accept(shop, *(an_event("paid", by="ben", metadata={"amount": number}) for number in range(190)))
    expect(rows).to_have_count(190, timeout=30_000)

    accepted = accept(shop, *(an_event("paid", by="ben", metadata={"amount": number}) for number in range(30)))

    expect(rows.first).to_have_attribute("data-key", accepted[-1].event.pk.hex, timeout=30_000)
    keys = rows.evaluate_all("rows => rows.map(row => row.dataset.key)")
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True)[:200]
    assert keys == [key.hex for key in newest]


def test_what_is_sent_runs_nowhere_and_is_read_as_it_was_sent(
    desk: Page, live_server: Any, shop: Project, complaints: list[str]
):
    shop.unknown_events = "accept"
    shop.save()
    desk.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    rows = open_live(desk, live_server)

    for text in HOSTILE_TEXTS:
        send(shop, {"event": text, "customer": {"source_id": text, "name": text}, "metadata": {text: text}})

    expect(rows).to_have_count(len(HOSTILE_TEXTS))
    names = rows.locator(".boon-live-name").all_text_contents()
    assert names == list(reversed(HOSTILE_TEXTS))
    desk.reload()
    assert rows.locator(".boon-live-name").all_text_contents()[:50] == names[:50]
    for place in (0, 15, 40):
        address = rows.nth(place).get_by_role("link").first.get_attribute("href")
        trace = desk.context.new_page()
        trace.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        trace.goto(live_server.url + str(address))
        expect(trace.get_by_role("region", name="What came of it")).to_be_visible()
        trace.close()


def test_a_page_that_is_not_seen_asks_for_nothing(desk: Page, live_server: Any, post: Post):
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.url) if "/live/rows/" in request.url else None)
    desk.add_init_script("Object.defineProperty(document, 'hidden', { get: () => window.away === true });")
    with desk.expect_request("**/live/rows/*"):
        rows = open_live(desk, live_server)
    desk.evaluate("window.away = true")
    desk.wait_for_load_state("networkidle")

    before = len(asked)
    post("ben")
    desk.wait_for_timeout(4_000)
    assert len(asked) == before

    desk.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(rows).to_have_count(1)


def test_a_lost_connection_is_told_and_made_up_for(desk: Page, live_server: Any, post: Post, complaints: list[str]):
    rows = open_live(desk, live_server)

    def refuse(route: Route) -> None:
        route.abort()

    desk.route("**/live/rows/*", refuse)
    expect(desk.get_by_text("Connection lost, trying again")).to_be_visible()
    post("ben")
    desk.unroute("**/live/rows/*", refuse)

    expect(rows).to_have_count(1, timeout=30_000)
    expect(desk.get_by_text("Live", exact=True)).to_be_visible()
    # The browser tells its console of every request that fails.
    assert {complaint.split(" ")[-1] for complaint in complaints} == {"net::ERR_FAILED"}
    complaints.clear()


def test_who_is_signed_out_meanwhile_is_told_so(desk: Page, live_server: Any, post: Post):
    open_live(desk, live_server)

    desk.context.clear_cookies()

    expect(desk.locator("[data-live-state]")).to_have_text("Signed out, or no longer allowed: reload the page")


def test_the_page_is_complete_without_scripts(desk: Page, live_server: Any, post: Post, browser: Any):
    post("ben")
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(desk.context.cookies())
    page = context.new_page()

    rows = open_live(page, live_server)

    expect(rows).to_have_count(1)
    expect(page.get_by_text("Reload the page for newer ones")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1360, 900), (390, 844), (320, 640)])
def test_the_page_and_a_trace_fit_every_screen_and_break_no_rule(
    scheme: Any, width: int, height: int, desk: Page, live_server: Any, post: Post, shop: Project
):
    desk.emulate_media(color_scheme=scheme)
    desk.set_viewport_size({"width": width, "height": height})
    long = "a_rather_long_name_without_any_blank_in_it_" * 3
    send(shop, an_event("paid", by=long, metadata={"amount": long}))
    send(shop, an_event("paid", metadata={"amount": 1, long: long}))
    rows = open_live(desk, live_server)
    expect(rows).to_have_count(2)
    live = (overflow(desk), violations(desk))

    rows.first.get_by_role("link").first.click()
    expect(desk.get_by_role("region", name="What came of it")).to_be_visible()

    assert (live, (overflow(desk), violations(desk))) == ((0, []), (0, []))
