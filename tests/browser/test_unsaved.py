"""What was typed is not lost: leaving asks first, and a session that had ended gives it back after the sign-in."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Dialog, Page, expect

from projects.models import Project
from tests.browser.builder import Builder
from tests.once import once
from tests.world import a_definition

pytestmark = once("the builder knows no database")


def questions(page: Page) -> list[str]:
    """The kinds of the questions that the browser asks from now on; each is answered with yes."""
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    return asked


def test_leaving_with_something_typed_asks_first(builder: Builder):
    asked = questions(builder.page)

    builder.add("rating")
    builder.page.get_by_role("link", name="Event definitions").first.click()

    expect(builder.page).to_have_url(builder.home + reverse("admin:eventschema_eventdefinition_changelist"))
    assert asked == ["beforeunload"]


def test_leaving_asks_nothing_where_nothing_was_typed_or_all_is_saved(builder: Builder):
    asked = questions(builder.page)
    away = builder.page.get_by_role("link", name="Event definitions").first
    away.click()
    builder.open_new()

    builder.page.get_by_label("Name").fill("left_review")
    builder.add("rating", "number", ne="1\n2")
    builder.save_draft()
    expect(builder.page.get_by_text("The draft of “left_review” is saved")).to_be_visible()
    away.click()
    expect(builder.page).to_have_url(builder.home + reverse("admin:eventschema_eventdefinition_changelist"))

    assert asked == []


def sign_in_again(page: Page) -> None:
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("let me in")
    page.get_by_role("button", name="Log in").click()


def test_a_session_that_had_ended_loses_nothing(desk: Page, live_server: Any, shop: Project):
    ada = shop.memberships.get().user
    ada.set_password("let me in")
    ada.save()
    builder = Builder(desk, live_server.url).open(
        a_definition(shop, "left_review", {"old": {"type": "string", "optional": True}})
    )
    sign_in_again(desk)  # a new password ends every session
    desk.locator("#id_description").fill('It\'s "new"\nand longer')
    builder.add("rating", "number", gte="1", ne="2\n3", required=True).add("gone")
    builder.field(2, "name").press("Alt+ArrowUp")
    desk.get_by_role("button", name="Remove gone").click()

    desk.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    builder.save_draft()
    sign_in_again(desk)

    expect(desk.get_by_text("What you had typed before you signed in again is back.")).to_be_visible()
    builder.expect_names("rating", "old")
    expect(desk.locator("#id_description")).to_have_value('It\'s "new"\nand longer')
    expect(builder.field(1, "gte")).to_have_value("1")
    expect(builder.card(1).locator(".boon-chip")).to_have_text(["2", "3"])
    expect(builder.field(1, "required")).to_be_checked()
    builder.save_draft()
    expect(desk.get_by_text("The draft of “left_review” is saved")).to_be_visible()
    builder.expect_names("rating", "old")


def test_what_was_saved_does_not_come_back(builder: Builder):
    builder.page.get_by_label("Name").fill("left_review")
    builder.add("rating")
    builder.save_draft()
    expect(builder.page.get_by_text("The draft of “left_review” is saved")).to_be_visible()

    builder.open_new()

    expect(builder.cards).to_have_count(0)
    expect(builder.page.get_by_text("is back")).to_be_hidden()
