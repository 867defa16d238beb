"""What senders are told while PostgreSQL is away, slow or back again: a server over a cluster of the test's own."""

from urllib.parse import urlsplit

import pytest
from django.db import connection

from bench.cluster import Unavailable
from bench.server import environment, serving
from tests.api.caller import HEADERS
from tests.commands.served import a_cluster, call, manage
from tests.world import an_event

DEFINITION = {"name": "signed_up", "schema": {"properties": {}}}
NOTHING_WRITTEN = {
    "code": 503,
    "key": "unavailable",
    "message": "Service unavailable",
    "details": "Nothing was written; send it again",
}
# Each way into the API, by what it needs the database for.
CALLS = [
    ("POST", "/v1/events", an_event()),
    ("POST", "/v1/events", an_event(id="order-1")),
    ("POST", "/v1/events?dry_run=true", an_event()),
    ("POST", "/v1/events/batch", {"events": [an_event(), an_event("unheard of")]}),
    ("GET", "/v1/events", None),
    ("POST", "/v1/customers", {"source_id": "ada"}),
    ("GET", "/v1/customers/ben", None),
    ("GET", "/management/v1/projects", None),
]


class Shop:
    """A served project with an event, and who calls it."""

    def __init__(self, cluster, url):
        self.cluster = cluster
        self.port = urlsplit(url).port
        variables = environment(cluster.url)
        project = manage(variables, "create_project", "Shop", "--json")["id"]
        self.headers = {}
        for kind, limit in (("management", "0"), ("server", "0"), ("limited", "1000000")):
            named = ["--project", project, "--kind", "server" if kind == "limited" else kind, "--rate-limit", limit]
            key = manage(variables, "create_api_key", *named, "--json")
            self.headers[kind] = dict(
                zip(HEADERS.get(kind, HEADERS["server"]), (key["id"], key["token"]), strict=True)
            )
        path = f"/management/v1/projects/{project}/custom-event-schemas"
        assert self.call("POST", path, DEFINITION).status == 200

    def call(self, method, path, body=None, key=None):
        kind = key or ("management" if path.startswith("/management") else "server")
        return call(self.port, method, path, self.headers[kind], body)

    def events(self):
        with self.cluster.connect() as database:
            return database.execute("SELECT count(*) FROM events_event").fetchone()[0]


@pytest.fixture(scope="module")
def shop():
    if connection.vendor != "postgresql":
        pytest.skip("About PostgreSQL, and so run with it alone")
    try:
        with a_cluster() as cluster:
            manage(environment(cluster.url), "migrate", "-v", "0")
            with serving(environment(cluster.url)) as server:
                yield Shop(cluster, server.url)
    except Unavailable as error:
        pytest.skip(str(error))


def test_while_the_database_is_away_everything_is_503_and_when_it_is_back_nothing_is(shop):
    def every(key=None):
        return [shop.call(*row, key=key) for row in CALLS if key is None or "management" not in row[1]]

    # Often enough that every thread of every worker holds a connection.
    statuses_before = {answer.status for _ in range(4) for answer in [*every(), *every("limited")]}
    stored = shop.events()

    shop.cluster.stop()
    away = [*every(), *every("limited")]
    health = [shop.call("GET", path) for path in ("/healthz", "/readyz")]
    unknown = shop.call("GET", "/v1/nothing")
    shop.cluster.start()
    first = [*every(), *every("limited")]

    assert statuses_before == {200}
    assert [{**answer.body, "request_id": ""} for answer in away] == [NOTHING_WRITTEN | {"request_id": ""}] * len(away)
    assert {(answer.status, answer.headers["retry-after"]) for answer in away} == {(503, "1")}
    assert [(answer.status, answer.body["status"]) for answer in health] == [(200, "ok"), (503, "unavailable")]
    assert (unknown.status, unknown.key) == (404, "not_found")
    assert [answer.status for answer in first] == [200] * len(first)
    # A round of calls stores two events with each key; the one with an id was stored before.
    assert shop.events() == stored + 4


def test_a_customer_that_is_held_too_long_is_503_and_the_others_are_accepted(shop):
    assert shop.call("POST", "/v1/events", an_event(by="ada")).status == 200
    assert shop.call("POST", "/v1/events", an_event(by="ben")).status == 200
    stored = shop.events()

    with shop.cluster.connect() as database, database.transaction():
        database.execute("SELECT * FROM customers_customer WHERE source_id = 'ada' FOR UPDATE")
        alone = shop.call("POST", "/v1/events", an_event(by="ada"))
        named = shop.call("POST", "/v1/events", an_event(by="ada", id="order-2"))
        batch = shop.call("POST", "/v1/events/batch", {"events": [an_event(by="ben"), an_event(by="ada")]})
    after = shop.call("POST", "/v1/events", an_event(by="ada", id="order-2"))

    assert {**alone.body, "request_id": ""} == NOTHING_WRITTEN | {"request_id": ""}
    assert (alone.status, alone.headers["retry-after"]) == (503, "1")
    # What it waited for may have been its own twin.
    assert (named.status, named.key, named.headers["retry-after"]) == (409, "duplicate_resource_key", "1")
    assert [(item["status"], item.get("error", {}).get("key")) for item in batch.body["data"]] == [
        ("accepted", None),
        ("rejected", "unavailable"),
    ]
    assert after.status == 200
    assert shop.events() == stored + 2
