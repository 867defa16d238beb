"""The builder of validation rules by mouse and keyboard: rows that fit their field, words and a try that follow."""

from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect

from projects.models import Project
from rules.models import ValidationRule
from tests.browser.test_every_page import NARROW, overflow, violations
from tests.browser.test_segments import cell
from tests.segments.world import a_segment
from tests.world import a_definition, a_loyalty_programme, a_rule, accept, an_event, balances


def test_a_rule_is_built_tried_and_chosen_without_any_json(desk: Page, live_server: Any, shop: Project):
    kind = {"type": "string", "optional": True}
    reviewed = a_definition(shop, "reviewed", {"kind": kind, "stars": {"type": "number", "optional": True}})
    segment = a_segment(shop, {"name": {"conditions": {"$is_unknown": ""}}}, name="Nameless")
    earning = a_rule(a_loyalty_programme(shop), reviewed, banner="Reviews")
    accept(shop, *[an_event("reviewed", metadata={"stars": stars}) for stars in (1, 4, 5)])
    told = desk.locator("[data-told]")

    desk.goto(live_server.url + reverse("admin:rules_validationrule_add"))
    desk.get_by_label("Name").fill("Good ones")
    expect(desk.get_by_label("Conditions by their numbers")).to_be_hidden()
    cell(desk, 0, "field").select_option("custom_event.metadata\treviewed\tstars")
    expect(cell(desk, 0, "operator").locator("option")).to_have_count(10)
    cell(desk, 0, "operator").select_option("$more_than_equal")
    cell(desk, 0, "values").fill("4")
    expect(told).to_have_text(
        "1. the event's stars is at least 4. Of the latest “reviewed” events (3) it would hold for 2."
    )
    desk.get_by_role("button", name="Add a condition").click()
    expect(cell(desk, 1, "field")).to_be_focused()
    cell(desk, 1, "field").select_option(f"customer.segment\t\t{segment.public_id}")
    expect(cell(desk, 1, "operator").locator("option")).to_have_text(["is in it", "is not in it"])
    expect(cell(desk, 1, "values")).to_be_hidden()
    desk.get_by_label("The rule holds if").select_option("logic")
    desk.get_by_label("Conditions by their numbers").fill("1 or 2")
    expect(told).to_contain_text("it holds if 1 or 2. Of")
    assert violations(desk) == []
    for width, height in NARROW:
        desk.set_viewport_size({"width": width, "height": height})
        assert overflow(desk) == 0
    desk.set_viewport_size({"width": 1280, "height": 800})
    desk.get_by_label("The rule holds if").select_option("all")
    desk.get_by_role("button", name="Remove this condition").nth(1).click()
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("Good ones").first).to_be_visible()

    desk.goto(live_server.url + reverse("admin:loyalty_earningrule_change", args=[earning.pk]))
    desk.get_by_label("Only if this validation rule holds").select_option("Good ones")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("was changed successfully")).to_be_visible()

    rule = ValidationRule.objects.get()
    one = {"name": "custom_event.metadata", "property": "stars", "conditions": {"$more_than_or_equal": ["4"]}}
    assert rule.rules == {"1": one, "logic": "1"}
    before = balances(shop)["ben"]
    accept(shop, *[an_event("reviewed", metadata={"stars": stars}) for stars in (3, 5)])
    assert balances(shop)["ben"] == before + 10
