"""Rejected events in a browser: from the cause to accepted events."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from events.models import Event
from projects.models import Project
from tests.browser.test_every_page import overflow, violations
from tests.world import a_definition, a_loyalty_programme, a_proportional_rule, an_event, balances, send


@pytest.fixture
def paid(shop: Project) -> None:
    paid = a_definition(shop, "paid", {"amount": {"type": "number", "optional": False}})
    a_proportional_rule(a_loyalty_programme(shop), paid, points=1, every="1", of="amount")
    send(shop, *(an_event("paid", by=f"customer {n}", metadata={"amount": "12"}) for n in range(3)))


def test_a_marketer_casts_three_rejected_events_and_has_them_accepted(
    desk: Page, live_server: Any, shop: Project, paid: None
):
    desk.goto(live_server.url + reverse("admin:eventschema_eventdefinition_changelist"))
    desk.get_by_role("link", name="paid").click()
    desk.get_by_role("link", name="3 rejected events").click()
    causes = desk.get_by_role("region", name="What causes them")
    expect(causes.get_by_role("row")).to_have_count(2)
    causes.get_by_role("link", name="Mend and replay").click()

    expect(desk.get_by_label("Cast")).to_have_value("amount = number")
    desk.get_by_role("button", name="Preview").click()
    expect(desk.get_by_text("3 of 3 would be accepted.")).to_be_visible()
    assert Event.objects.count() == 0
    desk.get_by_role("button", name="Replay 3 events").click()

    expect(desk.get_by_text("3 of 3 accepted.")).to_be_visible()
    expect(desk.get_by_text("Nothing is rejected.")).to_be_visible()
    assert balances(shop) == {"customer 0": 12, "customer 1": 12, "customer 2": 12}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_that_mends_is_in_order_with_errors_and_with_a_preview(
    scheme: Any, desk: Page, live_server: Any, shop: Project, paid: None
):
    desk.emulate_media(color_scheme=scheme)
    desk.goto(live_server.url + reverse("admin:events_rejectedevent_changelist"))
    desk.get_by_role("link", name="Mend and replay").click()

    desk.get_by_label("Rename").fill("amount")
    desk.get_by_role("button", name="Preview").click()
    expect(desk.get_by_text("Must be written as name = …")).to_be_visible()
    of_errors = violations(desk)
    desk.get_by_label("Rename").fill("amount = sum")
    desk.get_by_role("button", name="Preview").click()
    expect(desk.get_by_text("0 of 3 would be accepted, 3 would stay rejected.")).to_be_visible()

    assert (of_errors, violations(desk)) == ([], [])
    desk.set_viewport_size({"width": 320, "height": 640})
    assert overflow(desk) == 0
