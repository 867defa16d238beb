"""A distribution is made by hand: what belongs to the choices shows, and nothing is written blindly."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from campaigns.models import CodeSupply
from distributions.models import Distribution
from projects.models import Project
from tests.browser.test_every_page import NARROW, overflow, violations
from tests.distributions.world import HOOK, MAIL, a_distribution
from tests.segments.world import a_segment
from tests.world import a_coupon_campaign, a_definition, accept, an_event

PROPERTIES = {"amount": {"type": "number", "optional": True}}


def card(page: Page, number: int) -> Locator:
    return page.locator("[data-card]").nth(number)


def field(page: Page, number: int, name: str) -> Locator:
    return card(page, number).locator(f'[name$="-{name}"]')


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


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
    expect(desk.get_by_text("Nobody is told of it yet")).to_be_visible()
    desk.get_by_role("button", name="Add an e-mail").click()
    expect(field(desk, 0, "email_subject")).to_be_focused()
    expect(field(desk, 0, "webhook_target_url")).to_be_hidden()
    field(desk, 0, "email_subject").fill("We miss you")
    field(desk, 0, "email_body").fill("Dear {{customer.name}}, take {{code")
    save(desk)
    expect(desk.get_by_text("Has double braces that are not closed, or not opened").first).to_be_visible()
    field(desk, 0, "email_body").fill("Dear {{customer.name}}, take {{code}}")
    save(desk)

    expect(desk.get_by_text("Reminder").first).to_be_visible()
    made = Distribution.objects.get()
    assert (made.trigger, made.segment_id, made.delay) == ("segment.entered", segment.pk, "PT2H")
    assert (made.action, made.campaign) == ("PUBLISH_CODE", campaign)
    assert made.channels == [
        {"type": "email", "subject": "We miss you", "body": "Dear {{customer.name}}, take {{code}}"}
    ]
    desk.goto(live_server.url + reverse("admin:distributions_distribution_change", args=[made.pk]))
    expect(desk.get_by_text("Nothing was delivered yet").first).to_be_visible()


@pytest.fixture
def editor(desk: Page, live_server: Any, shop: Project) -> Page:
    """The page of a distribution with a webhook and an e-mail, in a shop with an event of ann's."""
    cart = a_definition(shop, "cart_abandoned", PROPERTIES)
    accept(shop, an_event("cart_abandoned", by="ann", metadata={"amount": 12}))
    row = a_distribution(shop, definition=cart, channels=[HOOK, MAIL])
    desk.goto(live_server.url + reverse("admin:distributions_distribution_change", args=[row.pk]))
    return desk


def test_a_body_is_written_with_the_data_beside_it_and_shown_as_it_would_be_sent(editor: Page):
    shown = card(editor, 0).locator("[data-shown]")
    expect(shown).to_contain_text('"amount": 12')
    expect(editor.locator("[data-about]")).to_contain_text("Filled with what happened to ann")
    expect(card(editor, 1).locator("[data-shown]")).to_contain_text("Subject: Your cart_abandoned")
    expect(field(editor, 0, "webhook_payload")).to_be_hidden()

    field(editor, 0, "webhook_sends").select_option("alone")
    expect(shown).to_have_text('{\n  "customer": "ann",\n  "event": "cart_abandoned"\n}')
    field(editor, 0, "webhook_payload").fill("")
    expect(shown).to_contain_text("Say what is sent")
    field(editor, 0, "webhook_payload").fill('{"sum": , "who": "Dear "}')
    expect(shown).to_contain_text("This is not JSON")
    field(editor, 0, "webhook_payload").evaluate("field => field.setSelectionRange(8, 8)")
    editor.get_by_role("button", name="event.metadata.amount").click()
    field(editor, 0, "webhook_payload").evaluate("field => field.setSelectionRange(50, 50)")
    editor.get_by_role("button", name="customer.source_id").click()

    said = '{"sum": "{{event.metadata.amount}}", "who": "Dear {{customer.source_id}}"}'
    expect(field(editor, 0, "webhook_payload")).to_have_value(said)
    expect(shown).to_have_text('{\n  "sum": 12,\n  "who": "Dear ann"\n}')
    assert violations(editor) == []
    save(editor)
    expect(editor.get_by_text("was changed successfully")).to_be_visible()
    webhook, email = Distribution.objects.get().channels
    assert (webhook["payload"], webhook["envelope"]) == (
        {"sum": "{{event.metadata.amount}}", "who": "Dear {{customer.source_id}}"},
        False,
    )
    assert email == MAIL


def test_several_channels_come_and_go(editor: Page):
    editor.get_by_role("button", name="Add a webhook").click()
    field(editor, 2, "webhook_target_url").fill("https://other.example/hook")
    field(editor, 2, "webhook_headers").fill("X-Token: secret\nX-Shop: 1")
    editor.get_by_role("button", name="Add an e-mail").click()
    field(editor, 3, "email_subject").fill("Once more")
    field(editor, 3, "email_body").fill("Dear {{customer.name}}")
    editor.get_by_role("button", name="Remove this channel").nth(1).click()
    expect(card(editor, 1)).to_be_hidden()
    save(editor)

    expect(editor.get_by_text("was changed successfully")).to_be_visible()
    channels = Distribution.objects.get().channels
    assert [channel["type"] for channel in channels] == ["webhook", "webhook", "email"]
    assert channels[1]["headers"] == {"X-Token": "secret", "X-Shop": "1"}
    assert channels[2] == {"type": "email", "subject": "Once more", "body": "Dear {{customer.name}}"}


def test_the_channels_fit_a_phone(editor: Page):
    field(editor, 0, "webhook_sends").select_option("data")
    field(editor, 0, "webhook_payload").fill('{"a": "' + "x" * 500 + '"}')
    expect(card(editor, 0).locator("[data-shown]")).to_contain_text("xxx")

    for width, height in NARROW:
        editor.set_viewport_size({"width": width, "height": height})
        assert overflow(editor) == 0
