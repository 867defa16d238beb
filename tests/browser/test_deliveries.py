"""What was sent is found in the log, read and sent again; a test goes to a receiver that really listens."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from common.jsons import parse
from outbox.relay import handle_due
from projects.models import Project, Role
from tests.admin.people import a_member, signed_in
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import violations
from tests.webhooks.receiver import Receiver, receiving
from tests.webhooks.world import a_webhook
from tests.world import a_definition, accept, an_event


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiving() as found:
        yield found


@pytest.fixture
def office(page: Page, live_server: Any, shop: Project, complaints: list[str]) -> Page:
    """A browser in which an admin of the shop is signed in."""
    sign_in(page, live_server, signed_in(a_member(shop, Role.ADMIN, "grace")))
    return page


def open_page(page: Page, live_server: Any, name: str, *arguments: Any) -> None:
    page.goto(live_server.url + reverse(f"admin:{name}", args=arguments))


def test_a_failed_delivery_is_found_read_and_sent_again(
    office: Page, live_server: Any, shop: Project, receiver: Receiver
):
    a_definition(shop, "seen")
    a_webhook(shop, "customer.created", url=receiver.url("take"))
    webhook = a_webhook(shop, "customer.created", url=receiver.url("fail"))
    accept(shop, an_event("seen", by="ben"))
    handle_due()

    open_page(office, live_server, "webhooks_webhook_change", webhook.pk)
    office.get_by_role("link", name="All its deliveries").first.click()
    office.get_by_role("row").filter(has_text="/fail").get_by_role("link").first.click()
    attempts = office.get_by_role("region", name="Attempts, newest first").locator("tbody tr")
    expect(attempts).to_have_count(1)
    expect(attempts.first).to_contain_text("500")
    expect(attempts.first).to_contain_text("it broke")
    receiver.manners["fail"] = "take"
    office.get_by_role("link", name="Send again").click()
    office.get_by_role("button", name="Send again").click()
    expect(office.get_by_text("It is sent again")).to_be_visible()
    handle_due()
    office.reload()

    expect(attempts).to_have_count(2)
    expect(attempts.first).to_contain_text("2 (by hand)")
    expect(attempts.first).to_contain_text("thanks")
    expect(office.get_by_text("Delivered", exact=True)).to_be_visible()
    first, second = receiver.at("fail")
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert violations(office) == []


def test_a_test_is_sent_and_its_answer_is_seen(office: Page, live_server: Any, shop: Project, receiver: Receiver):
    a_definition(shop, "seen")
    webhook = a_webhook(shop, "customer.created", url=receiver.url("418"))
    open_page(office, live_server, "webhooks_webhook_test", webhook.pk)
    expect(office.get_by_label("Event")).to_contain_text("No event was received yet")
    webhook = a_webhook(shop, "voucher.created", url=receiver.url("take", "/tested"))
    event = accept(shop, an_event("seen", by="ben"))[0].event

    open_page(office, live_server, "webhooks_webhook_change", webhook.pk)
    expect(office.get_by_text("Nothing was sent yet.")).to_be_visible()
    office.get_by_role("link", name="Send a test").click()
    expect(office.get_by_label("Event")).to_contain_text("seen by ben")
    office.get_by_role("button", name="Send the test").click()
    expect(office.get_by_text("is on its way")).to_be_visible()
    handle_due()
    office.reload()
    latest = office.get_by_role("region", name="Latest deliveries").locator("tbody tr")
    expect(latest).to_have_count(1)
    expect(latest).to_contain_text("Delivered (test)")
    latest.get_by_role("link").click()

    expect(office.get_by_role("region", name="Attempts, newest first")).to_contain_text("thanks")
    [arrived] = receiver.at("take")
    assert parse(arrived.body)["data"]["event"]["id"] == event.public_id


def test_an_empty_log_says_what_to_do(office: Page, live_server: Any):
    open_page(office, live_server, "webhooks_sendout_changelist")
    expect(office.get_by_text("Send a test on the page of a webhook")).to_be_visible()

    open_page(office, live_server, "distributions_distribution_changelist")
    expect(office.get_by_role("link", name="Add distribution").last).to_be_visible()
    assert violations(office) == []
