"""Debian's Chromium, driven by Playwright, before a live server. What a page complains about fails its test."""

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import ConsoleMessage, Page, Playwright, Request, Response, expect

from bench.processes import chromium
from projects.models import Project, Role
from tests.admin.people import a_member, signed_in
from tests.browser.builder import Builder
from tests.factories import ProjectFactory

# Playwright's synchronous API keeps an event loop in this thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# A busy machine takes its time to show a page.
expect.set_options(timeout=20_000)

CURE = (
    "Chromium is missing, so no page was tried in a browser: `apt-get install chromium-headless-shell`, then run the "
    "tests again."
)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    found = chromium()
    if found is None:
        if "browser" in os.environ.get("REQUIRE", ""):
            pytest.fail(CURE)
        pytest.skip(CURE)
    return browser_type_launch_args | {"executable_path": found, "args": list(QUIET)}


@pytest.fixture(scope="session")
def playwright(django_db_setup: None, playwright: Playwright) -> Iterator[Playwright]:
    """While its event loop runs, Django takes another connection for this thread, which nobody else closes: PostgreSQL
    drops no database that somebody is connected to.
    """
    yield playwright
    connections.close_all()


@pytest.fixture(scope="session")
def base_url() -> None:
    """None: every address is a live server's. (The plugin's own fixture is of a kind that pytest warns about.)"""


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | {"viewport": {"width": 1360, "height": 900}, "color_scheme": "light"}


class Complaints:
    """What a page does that none should: errors in the console, requests to other hosts, answers that are errors."""

    def __init__(self, page: Page, home: str) -> None:
        self.found: list[str] = []
        self._home = urlsplit(home).netloc
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.found.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in ("http", "https", "ws", "wss") and url.netloc != self._home:
            self.found.append(f"other host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.found.append(f"{response.status}: {response.url}")


@pytest.fixture
def complaints(page: Page, live_server: Any) -> Iterator[list[str]]:
    """Empty at the end of every test that opens a page."""
    complaints = Complaints(page, live_server.url)
    yield complaints.found
    assert complaints.found == []


@pytest.fixture
def shop(transactional_db: None) -> Project:
    return ProjectFactory(name="Shop", slug="shop")


def sign_in(page: Page, live_server: Any, client: Client) -> None:
    """The session of a signed-in test client, carried over to the browser."""
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


@pytest.fixture
def desk(page: Page, live_server: Any, shop: Project, complaints: list[str]) -> Page:
    """A browser in which a marketer of the shop is signed in."""
    sign_in(page, live_server, signed_in(a_member(shop, Role.MARKETER, "ada")))
    return page


@pytest.fixture
def builder(desk: Page, live_server: Any) -> Builder:
    """The schema builder on the page of a new event definition."""
    return Builder(desk, live_server.url).open_new()
