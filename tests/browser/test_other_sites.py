"""Pages of other sites in a real browser: one that a client key trusts earns by a ticket, another is kept out."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Error, Page

from customers.profiles import Profile
from events.models import Event
from events.tickets import issue_ticket
from projects.audit import COMMAND
from projects.keys import create_key
from projects.models import Project
from tests.world import a_definition, a_loyalty_programme, a_rule, balances

# The snippet of docs/integrators.md.
TRACK = """
async ({boon, key, token, ticket, id, event, customer}) => {
  const answer = await fetch(`${boon}/client/v1/events?expand=effects`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Client-Application-Id": key,
      "X-Client-Token": token,
      "X-Event-Ticket": ticket,
    },
    body: JSON.stringify({id, event, customer: {source_id: customer}}),
  });
  return {
    status: answer.status,
    replayed: answer.headers.get("Idempotent-Replayed"),
    body: await answer.json(),
  };
}
"""


class BlankPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><link rel=icon href=data:,><title>A shop</title>")

    def log_message(self, *args: Any) -> None:
        """Nothing: a test says what it sees by itself."""


@pytest.fixture
def site() -> Iterator[Callable[[], str]]:
    """A further web site; its origin."""
    with ExitStack() as opened:

        def open_site() -> str:
            server = ThreadingHTTPServer(("127.0.0.1", 0), BlankPage)
            opened.callback(server.server_close)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            opened.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield open_site


@pytest.fixture
def earning_shop(shop: Project) -> Project:
    """Nothing is switched on for browsers."""
    a_rule(a_loyalty_programme(shop), a_definition(shop, "signed_up"), points=10)
    shop.refresh_from_db()
    return shop


def a_ticket(shop: Project) -> str:
    return issue_ticket(shop, "signed_up", Profile(source_id="ben"), seconds=600, now=datetime.now(UTC))[0]


def track(page: Page, live_server: Any, keys: tuple[Any, str], ticket: str, **parts: str) -> Any:
    key, token = keys
    told = {"boon": live_server.url, "key": key.key_id, "token": token, "ticket": ticket}
    return page.evaluate(TRACK, told | {"id": "click-1", "event": "signed_up", "customer": "ben"} | parts)


def test_a_page_that_is_trusted_earns_by_its_ticket(
    page: Page, live_server: Any, grouped: None, earning_shop: Project, site: Callable[[], str]
):
    origin = site()
    keys = create_key(earning_shop, kind="client", by=COMMAND, trusted_domains=[origin])
    ticket = a_ticket(earning_shop)

    page.goto(origin)
    first = track(page, live_server, keys, ticket)
    again = track(page, live_server, keys, ticket)
    for_another = track(page, live_server, keys, ticket, id="click-2", customer="ada")

    assert (first["status"], [effect["kind"] for effect in first["body"]["effects"]]) == (
        200,
        ["customer.created", "points.earned"],
    )
    assert (again["status"], again["replayed"], again["body"]["id"]) == (200, "true", first["body"]["id"])
    assert (for_another["status"], for_another["body"]["errors"][0]["code"]) == (401, "customer")
    assert (Event.objects.count(), balances(earning_shop)) == (1, {"ben": 10})


def test_a_page_that_is_not_trusted_is_kept_out_by_the_browser(
    page: Page, live_server: Any, grouped: None, earning_shop: Project, site: Callable[[], str]
):
    keys = create_key(earning_shop, kind="client", by=COMMAND, trusted_domains=[site()])
    refused: list[str] = []
    page.on("requestfailed", lambda request: refused.append(request.method))

    page.goto(site())
    with pytest.raises(Error, match="Failed to fetch"):
        track(page, live_server, keys, a_ticket(earning_shop))

    assert (refused, Event.objects.count()) == (["POST"], 0)


def test_a_page_that_only_another_key_trusts_may_read_why_it_is_refused(
    page: Page, live_server: Any, grouped: None, earning_shop: Project, site: Callable[[], str]
):
    origin = site()
    create_key(earning_shop, kind="client", by=COMMAND, trusted_domains=[origin])
    keys = create_key(earning_shop, kind="client", by=COMMAND, trusted_domains=["shop.example"])

    page.goto(origin)
    answer = track(page, live_server, keys, a_ticket(earning_shop))

    assert (answer["status"], answer["body"]["key"], Event.objects.count()) == (403, "forbidden", 0)
