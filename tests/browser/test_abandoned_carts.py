"""What Boon is for, once through: a cart abandoned twice in a week brings its owner back with a coupon."""

from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook as Verifier

from common.jsons import parse
from outbox.relay import handle_due
from projects.audit import COMMAND
from projects.keys import create_key
from projects.models import Project
from segments.models import Segment, SyncStatus
from tests.browser.builder import Builder
from tests.browser.test_journey import post_event
from tests.webhooks.receiver import receiving
from webhooks.headers import contract_signature


def add(desk: Page, home: str, model: str) -> None:
    desk.goto(home + reverse(f"admin:{model}_add"))


def save(desk: Page) -> None:
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("was added successfully")).to_be_visible()


def define_the_event(desk: Page, home: str) -> None:
    add(desk, home, "eventschema_eventdefinition")
    desk.get_by_label("Name").fill("cart_abandoned")
    builder = Builder(desk, home)
    builder.add("amount", "number", gte="0")
    builder.publish()
    expect(desk.get_by_text("Version 1 of “cart_abandoned” is published")).to_be_visible()


def build_the_segment(desk: Page, home: str) -> None:
    add(desk, home, "segments_segment")
    desk.get_by_label("Name").fill("Abandoned twice in 7 days")
    desk.get_by_label("Type").select_option("auto-update")
    row = desk.locator("[data-row]").first
    row.locator('[name$="-field"]').select_option("events.cart_abandoned.count")
    row.locator('[name$="-operator"]').select_option("$more_than_equal")
    row.locator('[name$="-values"]').first.fill("2")
    row.locator('[name$="-within_days"]').fill("7")
    expect(desk.locator("[data-told]")).to_have_text("0 customers fit now.")
    save(desk)


def make_the_coupons(desk: Page, home: str) -> None:
    add(desk, home, "campaigns_campaign")
    desk.get_by_label("Name").fill("Comeback")
    desk.locator("[name=campaign_type]").select_option("DISCOUNT_COUPONS")
    desk.locator("[name=percent_off]").fill("10")
    save(desk)
    desk.get_by_role("link", name="Comeback").first.click()
    desk.get_by_role("link", name="Add many codes").click()
    desk.get_by_label("How many").fill("3")
    desk.get_by_role("button", name="Make them").click()
    handle_due()


def set_up_the_distribution(desk: Page, home: str, address: str) -> None:
    add(desk, home, "distributions_distribution")
    desk.locator("[name=name]").fill("Come back")
    desk.locator("[name=trigger]").select_option("segment.entered")
    desk.locator("[name=segment]").select_option(label="Abandoned twice in 7 days")
    desk.locator("[name=action]").select_option("PUBLISH_CODE")
    desk.locator("[name=campaign]").select_option(label="Comeback")
    desk.get_by_role("button", name="Add a webhook").click()
    desk.locator("[name=channels-0-webhook_target_url]").fill(address)
    desk.locator("[name=channels-0-webhook_event_name]").fill("come_back")
    save(desk)


def test_a_cart_abandoned_twice_in_a_week_brings_a_coupon_and_the_customers_page_says_why(
    desk: Page, live_server: Any, shop: Project, settings: Any
):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    key, token = create_key(shop, kind="server", by=COMMAND)
    home = live_server.url

    with receiving() as receiver:
        define_the_event(desk, home)
        build_the_segment(desk, home)
        handle_due()
        assert Segment.objects.get().initial_sync_status == SyncStatus.DONE
        make_the_coupons(desk, home)
        set_up_the_distribution(desk, home, receiver.url("take"))
        for amount in (40, 60):
            body = {"event": "cart_abandoned", "customer": {"source_id": "ben"}, "metadata": {"amount": amount}}
            assert post_event(home, key.key_id, token, body) == 200
        handle_due()
        (arrived,) = receiver.at("take")

    shop.refresh_from_db()
    Verifier(shop.webhook_secret).verify(arrived.body, arrived.headers)
    assert arrived.headers["x-voucherify-signature"] == contract_signature(shop.webhook_token, arrived.body)
    told = parse(arrived.body)
    assert (told["type"], told["data"]["customer"]["source_id"]) == ("come_back", "ben")
    code = told["data"]["voucher"]["code"]

    desk.goto(home + reverse("admin:customers_customer_changelist"))
    desk.get_by_role("link", name="ben").first.click()
    page = desk.locator("#content, main").first
    expect(page).to_contain_text("Abandoned twice in 7 days")
    expect(page).to_contain_text("Come back")
    expect(page).to_contain_text(code)
