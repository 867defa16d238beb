"""The OpenAPI document says which key opens which door."""

import pytest

from api.schema import Generator
from tests.api.caller import HEADERS
from tests.api.routes import segment_routes
from tests.api.test_authorisation import TABLE, kind_of


@pytest.fixture(scope="module")
def document():
    return Generator().get_schema(public=True)


def keys_of(kind):
    """The two headers; a token that was given for a key of the kind opens the same, but manages nothing."""
    headers = {name: [] for name in HEADERS[kind]}
    return [headers] if kind == "management" else [headers, {"X-Voucherify-OAuth": []}]


def test_every_operation_asks_for_the_two_headers_of_its_kind_of_key_or_for_segments_one(document):
    asked = {
        (method.upper(), path.lstrip("/").replace("{", "<").replace("}", ">")): operation["security"]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }

    # A token is given for a key of either kind.
    either = [{name: [] for name in HEADERS[kind]} for kind in ("server", "client")]
    own = {row: either if "/oauth/" in row[1] else keys_of(kind_of(row[1])) for row in TABLE}
    assert asked == own | {row: [{"Segment": []}] for row in segment_routes()}


def test_the_client_api_says_what_it_takes_and_answers(document):
    operation = document["paths"]["/client/v1/events"]["post"]

    parameters = {(item["in"], item["name"]) for item in operation["parameters"]}
    assert parameters == {
        ("query", "expand"),
        ("query", "dry_run"),
        ("header", "Origin"),
        ("header", "Idempotency-Key"),
        ("header", "X-Event-Ticket"),
    }
    assert set(operation["responses"]) == {"200", "400", "401", "403", "404", "409", "413", "415", "429", "503"}
