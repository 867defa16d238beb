"""The builder of segments by mouse and keyboard: rows that fit their field, and a count that follows."""

from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect

from projects.models import Project
from segments.models import Segment
from tests.browser.test_every_page import violations
from tests.segments.world import a_segment
from tests.world import a_definition, accept, an_event


def cell(page: Page, row: int, name: str) -> Any:
    return page.locator("[data-row]").nth(row).locator(f'[name$="-{name}"]')


def test_a_segment_is_built_counted_and_changed_without_any_json(desk: Page, live_server: Any, shop: Project):
    a_definition(shop, "paid", {"amount": {"type": "number", "optional": True}})
    a_definition(shop, "seen")
    accept(shop, *[an_event("paid", by=name, metadata={"amount": 200}) for name in ("ben", "ben", "ada")])
    told = desk.locator("[data-told]")

    desk.goto(live_server.url + reverse("admin:segments_segment_add"))
    desk.get_by_label("Name").fill("Big spenders")
    desk.get_by_label("Type").select_option("auto-update")
    cell(desk, 0, "field").select_option("events.paid.count")
    expect(cell(desk, 0, "operator").locator("option")).to_have_count(10)
    expect(cell(desk, 0, "key")).to_be_hidden()
    cell(desk, 0, "operator").select_option("$more_than_equal")
    cell(desk, 0, "values").fill("2")
    expect(told).to_have_text("1 customer fits now.")
    cell(desk, 0, "property").select_option(label="amount")
    cell(desk, 0, "property_operator").select_option("$more_than")
    cell(desk, 0, "property_values").fill("200")
    expect(told).to_have_text("0 customers fit now.")
    cell(desk, 0, "property_values").fill("100")
    desk.get_by_role("button", name="Add a condition").click()
    expect(cell(desk, 1, "field")).to_be_focused()
    cell(desk, 1, "field").select_option("source_id")
    cell(desk, 1, "operator").select_option("$has_value")
    expect(cell(desk, 1, "values")).to_be_hidden()
    expect(cell(desk, 1, "property")).to_be_hidden()
    assert violations(desk) == []
    desk.get_by_role("button", name="Remove this condition").nth(1).click()
    expect(told).to_have_text("1 customer fits now.")
    desk.get_by_role("button", name="Save", exact=True).click()

    expect(desk.get_by_text("Big spenders").first).to_be_visible()
    assert Segment.objects.get().filter == {
        "junction": "and",
        "events.paid.count": {
            "conditions": {"$more_than_equal": ["2"]},
            "where": {"metadata.amount": {"conditions": {"$more_than": ["100"]}}},
        },
    }


def test_an_edit_says_who_would_enter_and_leave(desk: Page, live_server: Any, shop: Project):
    a_definition(shop, "paid")
    accept(shop, *[an_event("paid", by=name) for name in ("ben", "ben", "ada")])
    segment = a_segment(shop)

    desk.goto(live_server.url + reverse("admin:segments_segment_change", args=[segment.pk]))
    expect(cell(desk, 0, "values")).to_have_value("1")
    cell(desk, 0, "values").fill("2")

    expect(desk.locator("[data-told]")).to_have_text(
        "1 customer fits now. Saved like this, 0 customers would enter and 1 would leave (ada)."
    )


def test_a_static_segment_asks_for_names_instead(desk: Page, live_server: Any, shop: Project):
    desk.goto(live_server.url + reverse("admin:segments_segment_add"))
    desk.get_by_label("Type").select_option("static")

    expect(desk.locator("[data-conditions]")).to_be_hidden()
    expect(desk.get_by_label("Customers", exact=True)).to_be_visible()
    expect(desk.get_by_label("Customers fit if")).to_be_hidden()
