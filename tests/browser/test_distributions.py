"""A distribution is made by hand: what belongs to the choices shows, and nothing asks for JSON."""

from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect

from campaigns.models import CodeSupply
from distributions.models import Distribution
from projects.models import Project
from tests.browser.test_every_page import violations
from tests.segments.world import a_segment
from tests.world import a_coupon_campaign, a_definition


def test_a_distribution_is_made_without_any_json(desk: Page, live_server: Any, shop: Project):
    a_definition(shop, "cart_abandoned")
    campaign = a_coupon_campaign(shop, name="Come back", type=CodeSupply.AUTO_UPDATE)
    segment = a_segment(shop, {"name": {"conditions": {"$is_unknown": ""}}}, name="Nameless")

    desk.goto(live_server.url + reverse("admin:distributions_distribution_add"))
    desk.locator("#id_name").fill("Reminder")
    expect(desk.locator("#id_segment")).to_be_hidden()
    desk.locator("#id_trigger").select_option("segment.entered")
    expect(desk.locator("#id_definition")).to_be_hidden()
    expect(desk.locator("#id_segment")).to_be_visible()
    desk.locator("#id_segment").select_option(label="Nameless")
    desk.locator("#id_delay").fill("2 hours")
    desk.locator("#id_action").select_option("MESSAGE")
    expect(desk.locator("#id_campaign")).to_be_hidden()
    desk.locator("#id_action").select_option("PUBLISH_CODE")
    desk.locator("#id_campaign").select_option(label="Come back")
    desk.locator("#id_email_subject").fill("We miss you")
    desk.locator("#id_email_body").fill("Dear {{customer.name}}, take {{code")
    assert violations(desk) == []
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("Has double braces that are not closed, or not opened")).to_be_visible()
    desk.locator("#id_email_body").fill("Dear {{customer.name}}, take {{code}}")
    desk.get_by_role("button", name="Save", exact=True).click()

    expect(desk.get_by_text("Reminder").first).to_be_visible()
    made = Distribution.objects.get()
    assert (made.trigger, made.segment_id, made.delay) == ("segment.entered", segment.pk, "PT2H")
    assert (made.action, made.campaign) == ("PUBLISH_CODE", campaign)
    assert made.channels == [
        {"type": "email", "subject": "We miss you", "body": "Dear {{customer.name}}, take {{code}}"}
    ]
    desk.goto(live_server.url + reverse("admin:distributions_distribution_change", args=[made.pk]))
    expect(desk.get_by_text("Nothing was delivered yet").first).to_be_visible()
