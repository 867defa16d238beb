"""Taking an event back in a browser."""

from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect

from events.models import Event, EventVoid
from loyalty.balances import adjust_balance
from loyalty.models import LoyaltyCard
from projects.models import Project
from tests.world import NOW, TESTER, a_definition, a_loyalty_programme, a_rule, an_event, balances, send


def test_a_marketer_sees_what_is_spent_before_voiding_and_takes_what_is_left(
    desk: Page, live_server: Any, shop: Project
):
    a_rule(a_loyalty_programme(shop), a_definition(shop, "signed_up"), points=10)
    send(shop, an_event("signed_up", by="ben"))
    adjust_balance(LoyaltyCard.objects.get(), -4, reason="", source_id=None, group_id="", now=NOW, by=TESTER)
    event = Event.objects.get()

    desk.goto(live_server.url + reverse("admin:events_event_change", args=[event.pk]))
    desk.get_by_role("link", name="Void this event").click()
    expect(desk.get_by_text("4 points are spent already.")).to_be_visible()
    desk.get_by_label("Reason").fill("Sent twice")
    desk.get_by_label("Take what is left").check()
    desk.get_by_role("button", name="Void", exact=True).click()

    expect(desk.get_by_text("The event is void. 4 points were spent and stay.")).to_be_visible()
    assert (EventVoid.objects.get().reason, balances(shop)) == ("Sent twice", {"ben": 0})
