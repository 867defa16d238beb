"""Forms that follow what is chosen in them, and the token that can be copied."""

from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect

from projects.models import Project, Role
from tests.admin.people import a_member, signed_in
from tests.browser.conftest import sign_in
from tests.once import once
from tests.segments.world import a_segment
from tests.world import a_definition, a_loyalty_programme, balances, send

pytestmark = once("scripts know no database")


def test_a_rules_form_asks_for_what_its_formula_needs(desk: Page, live_server: Any, shop: Project):
    number = {"type": "number", "optional": True}
    a_loyalty_programme(shop, "Club")
    a_definition(shop, "paid", {"amount": number})
    a_definition(shop, "watched", {"seconds": number})
    desk.goto(live_server.url + reverse("admin:loyalty_earningrule_add"))
    expect(desk.locator("#id_every")).to_be_hidden()

    desk.locator("#id_program").select_option(label="Club")
    desk.locator("#id_definition").select_option(label="paid")
    desk.locator("#id_formula").select_option("PROPORTIONAL")
    expect(desk.locator("#id_every")).to_be_visible()
    enabled = desk.locator("#id_property_name optgroup:not([disabled])")
    expect(enabled).to_have_count(1)
    expect(enabled).to_have_attribute("label", "paid")
    desk.locator("#id_points").fill("1")
    desk.locator("#id_every").fill("10")
    desk.locator("#id_property_name").select_option("amount")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("was added successfully")).to_be_visible()

    send(shop, {"event": "paid", "customer": {"source_id": "ben"}, "metadata": {"amount": 40}})
    assert balances(shop) == {"ben": 4}


def test_a_rule_for_entering_a_segment_asks_for_the_segment_and_points_alone(
    desk: Page, live_server: Any, shop: Project
):
    a_loyalty_programme(shop, "Club")
    a_definition(shop, "paid", {"amount": {"type": "number", "optional": True}})
    a_segment(shop, name="Payers")
    desk.goto(live_server.url + reverse("admin:loyalty_earningrule_add"))
    expect(desk.locator("#id_segment")).to_be_hidden()
    # What is chosen before stays hidden after, and counts for nothing.
    desk.locator("#id_definition").select_option(label="paid")
    desk.locator("#id_formula").select_option("PROPORTIONAL")

    desk.locator("#id_trigger").select_option("segment")
    for name in ("definition", "formula", "every", "property_name"):
        expect(desk.locator(f"#id_{name}")).to_be_hidden()
    desk.locator("#id_program").select_option(label="Club")
    desk.locator("#id_segment").select_option(label="Payers")
    desk.locator("#id_points").fill("5")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("was added successfully")).to_be_visible()

    send(shop, {"event": "paid", "customer": {"source_id": "ben"}})
    assert balances(shop) == {"ben": 5}


def test_a_new_token_is_copied_with_one_press(page: Page, live_server: Any, shop: Project, complaints: list[str]):
    sign_in(page, live_server, signed_in(a_member(shop, Role.ADMIN)))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(live_server.url + reverse("admin:projects_apikey_add"))
    page.locator("#id_kind").select_option("server")
    page.get_by_role("button", name="Save", exact=True).click()

    page.get_by_role("button", name="Copy token").click()

    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#boon-key-token").inner_text()
