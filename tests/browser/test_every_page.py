"""What holds for every page: no violation of WCAG 2.2 A and AA, no complaint, nothing wider than the screen."""

from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import get_user_model
from django.urls import reverse
from playwright.sync_api import Page, expect

from projects.models import Project
from tests.admin.people import Tenant, a_tenant, signed_in
from tests.admin.test_scoping import ADD_PAGES, PAGES, ROW_PAGES
from tests.browser.builder import Builder
from tests.browser.conftest import sign_in
from tests.once import once

STANDARD = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
# Of those, what depends on colours.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
NARROW = ((390, 844), (320, 640))
CONTROLS = "[data-builder] :is(button, input, select, textarea, summary)"
TOO_SMALL = """controls => Array.from(document.querySelectorAll(controls))
  .filter(element => element.type !== "hidden" && element.checkVisibility())
  .map(element => ({element, box: (element.closest("label") || element).getBoundingClientRect()}))
  .filter(({box}) => box.width < 24 || box.height < 24)
  .map(({element}) => element.outerHTML.slice(0, 100))"""


@dataclass(frozen=True, slots=True)
class Office:
    """A browser of somebody who may see everything, and a shop with a row of every kind."""

    page: Page
    home: str
    shop: Tenant

    def open(self, name: str, *arguments: Any) -> None:
        self.page.goto(self.home + reverse(f"admin:{name}", args=arguments))

    def open_every_page(self) -> Any:
        """Opens one page after another, and yields the name of each."""
        rows = self.shop.rows
        visits = [("index", []), *((f"{name}_changelist", []) for name in [*PAGES, "auth_user"])]
        visits += [(f"{name}_change", [rows[name].pk]) for name in PAGES]
        visits += [(f"{name}_add", []) for name in [*ADD_PAGES, "projects_project", "auth_user"]]
        visits += [(name, [rows[name.rpartition("_")[0]].pk]) for name in ROW_PAGES]
        visits += [("customers_customer_delete", [rows["customers_customer"].pk]), ("password_change", [])]
        visits += [("events_event_live", [])]
        visits += [("eventschema_eventdefinition_version", [rows["eventschema_eventdefinition"].pk, 1])]
        definition = rows["eventschema_eventdefinition"].pk
        own_pages = ("review", "try", "import", "copy")
        visits += [(f"eventschema_eventdefinition_{name}", [definition]) for name in own_pages]
        root = get_user_model().objects.get(username="root")
        visits += [("auth_user_change", [root.pk]), ("auth_user_password_change", [root.pk])]
        for name, arguments in visits:
            self.open(name, *arguments)
            yield name

    def overflows(self) -> list[str]:
        """Where the page is wider than the screen of a phone, or than a desktop's enlarged four times."""
        wide = self.page.viewport_size
        found = []
        for width, height in NARROW:
            self.page.set_viewport_size({"width": width, "height": height})
            found += [f"{pixels} px at {width}"] if (pixels := overflow(self.page)) else []
        self.page.set_viewport_size(wide)
        return found


@pytest.fixture
def office(page: Page, live_server: Any, shop: Project, complaints: list[str]) -> Office:
    root = get_user_model().objects.create_superuser("root", password="let me in")
    sign_in(page, live_server, signed_in(root))
    return Office(page, live_server.url, a_tenant(shop, "ada"))


def violations(page: Page, rules: Any = STANDARD) -> list[str]:
    """What axe finds, with the place."""
    found = Axe().run(page, options=rules).response["violations"]
    return [f"{item['id']} {node['target']}" for item in found for node in item["nodes"]]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


# Pages take long to open, so whatever holds for every one is looked at in one go.
@once("what a page looks like does not depend on the database")
def test_every_page_is_accessible_and_fits_the_screen(office: Office, complaints: list[str]):
    found = {name: (violations(office.page), office.overflows()) for name in office.open_every_page()}

    assert len(found) == 101
    assert {name: wrong for name, wrong in found.items() if wrong != ([], [])} == {}
    assert complaints == []


@once("what a page looks like does not depend on the database")
def test_every_page_has_enough_contrast_in_the_dark(office: Office, complaints: list[str]):
    office.page.emulate_media(color_scheme="dark")

    found = {name: violations(office.page, COLOURS) for name in office.open_every_page()}

    assert len(found) == 101
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_at_the_sign_in(scheme: Any, page: Page, live_server: Any, complaints: list[str]):
    page.emulate_media(color_scheme=scheme)

    page.goto(live_server.url + reverse("admin:login"))

    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_a_builder_that_came_back_with_errors(scheme: Any, office: Office):
    office.page.emulate_media(color_scheme=scheme)
    office.open("eventschema_eventdefinition_change", office.shop.rows["eventschema_eventdefinition"].pk)
    builder = Builder(office.page, office.home)
    builder.add("bad.name", "number", gte="1").add("kind", eq="a\nb").add("gone")
    builder.card(4).locator("summary").click()
    office.page.get_by_role("button", name="Remove gone").click()
    office.page.get_by_role("button", name="Remove amount").click()
    expect(office.page.get_by_role("alertdialog")).to_be_visible()
    asked = violations(office.page)

    builder.publish()
    expect(office.page.get_by_text("Some properties cannot be saved as they are.")).to_be_visible()

    assert (asked, violations(office.page)) == ([], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_where_an_action_asks_first(scheme: Any, office: Office):
    office.page.emulate_media(color_scheme=scheme)
    office.open("projects_apikey_changelist")
    office.page.get_by_role("checkbox", name="Select record").last.check()
    chosen = violations(office.page)

    office.page.get_by_label("Select action to run").select_option("revoke")
    office.page.get_by_role("button", name="Run").click()
    expect(office.page.get_by_text("Whoever uses these keys is refused from now on.")).to_be_visible()

    assert (chosen, violations(office.page)) == ([], [])


def test_a_filled_builder_fits_a_narrow_screen_with_targets_large_enough(office: Office):
    office.page.set_viewport_size({"width": 320, "height": 640})
    office.open("eventschema_eventdefinition_change", office.shop.rows["eventschema_eventdefinition"].pk)
    for kind in ("string", "number", "object"):
        office.page.get_by_role("button", name="Add next property").click()
        card = office.page.locator("[data-card]").last
        card.locator('[name$="-name"]').fill("a_rather_long_name_for_a_property_of_a_shop")
        card.locator('[name$="-type"]').select_option(kind)
        card.locator("summary").click()

    assert overflow(office.page) == 0
    assert office.page.evaluate(TOO_SMALL, CONTROLS) == []
    assert violations(office.page) == []


def test_everything_of_the_builder_is_reached_on_a_phone(office: Office):
    office.page.set_viewport_size({"width": 390, "height": 844})
    office.open("eventschema_eventdefinition_change", office.shop.rows["eventschema_eventdefinition"].pk)

    for name in ("Move note up", "Remove amount", "Add next property", "Save draft", "Publish"):
        button = office.page.get_by_role("button", name=name)
        button.scroll_into_view_if_needed()
        button.click(trial=True)
