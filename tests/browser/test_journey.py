"""From nothing to an event in the log: the whole way once, through the pages and over HTTP."""

import json
from typing import Any
from urllib.request import Request, urlopen

from django.contrib.auth import get_user_model
from django.urls import reverse
from playwright.sync_api import Page, expect

from projects.audit import COMMAND
from projects.keys import create_key
from projects.models import Project, Role
from tests.browser.builder import Builder
from tests.factories import MembershipFactory


def post_event(home: str, key_id: str, token: str, body: Any) -> int:
    headers = {"X-App-Id": key_id, "X-App-Token": token, "Content-Type": "application/json"}
    request = Request(f"{home}/v1/events", data=json.dumps(body).encode(), headers=headers)
    with urlopen(request) as answer:
        return int(answer.status)


def test_a_marketer_defines_an_event_and_sees_it_arrive(
    page: Page, live_server: Any, shop: Project, complaints: list[str]
):
    mia = get_user_model().objects.create_user("mia", password="a long way round", is_staff=True)
    MembershipFactory(user=mia, project=shop, role=Role.MARKETER)
    key, token = create_key(shop, kind="server", by=COMMAND)

    page.goto(live_server.url + "/admin/")
    page.get_by_label("Username").fill("mia")
    page.get_by_label("Password").fill("a long way round")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Event definitions").first.click()
    page.get_by_title("Add event definition").click()
    page.get_by_label("Name").fill("review_submitted")
    builder = Builder(page, live_server.url)
    builder.add("product", required=True).add("rating", "number", gte="1", lte="5").add("mail")
    builder.card(3).locator("summary").click()
    builder.field(3, "personal").check()
    builder.publish()
    expect(page.get_by_text("Version 1 of “review_submitted” is published")).to_be_visible()

    status = post_event(
        live_server.url,
        key.key_id,
        token,
        {
            "event": "review_submitted",
            "customer": {"source_id": "ben", "name": "Ben"},
            "metadata": {"product": "kettle", "rating": 5, "mail": "ben@example.com"},
        },
    )
    assert status == 200

    page.get_by_role("link", name="Event log").first.click()
    row = page.get_by_role("row", name="review_submitted")
    expect(row).to_contain_text("product: kettle")
    expect(row).to_contain_text("mail: ***")
    expect(row).not_to_contain_text("ben@example.com")
    expect(row).to_contain_text("Ben")
    row.get_by_role("link").first.click()
    expect(page.locator(".boon-json")).to_contain_text('"mail": "ben@example.com"')
    expect(page.get_by_role("region", name="What came of it")).to_contain_text("Customer created")
    assert page.url.startswith(live_server.url + reverse("admin:events_event_changelist"))
