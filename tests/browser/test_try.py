"""Trying a definition out in the browser: one press, and what came of it."""

from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect

from events.models import Event
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.spec import PropertySpec
from projects.models import Project
from tests.browser.builder import Builder
from tests.world import NOW, TESTER, a_definition, a_loyalty_programme, a_rule


def test_a_definition_is_tried_with_one_press(desk: Page, live_server: Any, shop: Project):
    save_nested_schema(
        MetadataSchema(project=shop, related_object="address"),
        [PropertySpec("city", "string", optional=False)],
        by=TESTER,
        now=NOW,
    )
    definition = a_definition(
        shop,
        "left_review",
        {
            "rating": {"type": "number", "optional": False, "gte": 1, "lte": 5},
            "done": {"type": "boolean", "optional": False},
            "days": {"type": "date", "optional": False, "array": True},
            "place": {"type": "object", "optional": False, "object_type": "address"},
            "places": {"type": "object", "optional": False, "object_type": "address", "array": True},
        },
    )
    a_rule(a_loyalty_programme(shop), definition)
    Builder(desk, live_server.url).open(definition)

    desk.get_by_role("link", name="Try it").click()
    desk.get_by_role("button", name="Try it").click()

    answer = desk.locator("#boon-answer")
    expect(answer).to_contain_text("This was a dry run: nothing is stored.")
    expect(answer).to_contain_text("Points earned")
    assert Event.objects.count() == 0
    desk.get_by_label("Store the event").check()
    desk.get_by_role("button", name="Try it").click()
    answer.get_by_role("link", name="The event").click()

    assert desk.url == live_server.url + reverse("admin:events_event_change", args=[Event.objects.get().pk])


def test_a_wrong_value_is_answered_and_stays_to_be_mended(desk: Page, live_server: Any, shop: Project):
    definition = a_definition(shop, "left_review", {"rating": {"type": "number", "optional": False, "lte": 5}})
    desk.goto(live_server.url + reverse("admin:eventschema_eventdefinition_try", args=[definition.pk]))

    desk.get_by_label("rating").fill("6")
    desk.get_by_role("button", name="Try it").click()

    expect(desk.get_by_role("region", name="What is wrong")).to_contain_text("must be at most 5")
    expect(desk.get_by_label("rating")).to_have_value("6")
