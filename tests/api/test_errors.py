"""What the API says when it says no: one form, whatever the reason (contract a.4)."""

import re

import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError

from tests.api.caller import Api

REQUEST_ID = re.compile(r"v-[0-9a-f]{18}")


def body_of(answer):
    """The body, its request id checked and taken out."""
    body = dict(answer.body)
    assert REQUEST_ID.fullmatch(body.pop("request_id"))
    assert body["code"] == answer.status
    return body


def test_a_body_of_the_wrong_shape_names_every_field(api):
    answer = api.post("/v1/events", {"event": 5, "metadata": "x"})

    assert body_of(answer) == {
        "code": 400,
        "key": "invalid_payload",
        "message": "Invalid payload",
        "details": "Payload must have required property 'customer'; Property .event must be string; "
        "Property .metadata must be object",
        "errors": [
            {
                "path": "customer",
                "code": "required",
                "message": "Payload must have required property 'customer'",
                "actual": None,
            },
            {"path": "event", "code": "type", "message": "Property .event must be string", "actual": 5},
            {"path": "metadata", "code": "type", "message": "Property .metadata must be object", "actual": "x"},
        ],
    }


def test_metadata_that_does_not_fit_is_told_in_the_contracts_words(api, shop):
    answer = api.post(
        "/v1/events", {"event": shop.definition.name, "customer": {"source_id": "x"}, "metadata": {"note": 5}}
    )

    assert body_of(answer) == {
        "code": 400,
        "key": "metadata_validation_failed",
        "message": "Metadata validation failed",
        "details": "note: must be a string (actual value is '5')",
        "errors": [
            {
                "path": "metadata.note",
                "code": "type",
                "message": "note: must be a string (actual value is '5')",
                "actual": 5,
            }
        ],
    }


def test_a_query_that_is_wrong_names_every_parameter(api):
    answer = api.get("/v1/customers", limit="0", page="x", order="age")

    assert (answer.status, answer.key, answer.body["message"]) == (400, "invalid_query_params", "Invalid query params")
    assert answer.paths == ["order", "limit", "page"]


def test_without_a_key_there_is_nothing_but_the_refusal(shop):
    assert body_of(Api({}).get("/v1/customers")) == {"code": 401, "key": "unauthorized", "message": "Unauthorized"}


def test_what_is_not_there_is_named_with_its_type(api):
    assert body_of(api.get("/v1/customers/nobody")) == {
        "code": 404,
        "key": "not_found",
        "message": "Resource not found",
        "details": "Cannot find customer with id nobody",
        "resource_id": "nobody",
        "resource_type": "customer",
    }


@pytest.mark.parametrize(
    "path", ["/v1/nothing", "/v1/", "/v1/events/", "/management/v1/x", "/client/v1/nothing", "/v1/customers/"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_of_the_api_is_told_in_json(api, method, path):
    assert body_of(api.raw(method, path)) == {
        "code": 404,
        "key": "not_found",
        "message": "Resource not found",
        "details": f"There is no {path}",
    }


def test_an_unknown_path_elsewhere_is_a_page(client, db):
    answer = client.get("/nothing")

    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/v1/events", "GET, POST, HEAD, OPTIONS"),
        ("DELETE", "/v1/customers", "GET, POST, HEAD, OPTIONS"),
        ("POST", "/v1/customers/ben", "GET, PUT, DELETE, HEAD, OPTIONS"),
        ("PUT", "/v1/publications", "GET, POST, HEAD, OPTIONS"),
        ("BREW", "/v1/events", "GET, POST, HEAD, OPTIONS"),
    ],
)
def test_another_method_is_refused_with_those_that_are_allowed(api, method, path, allowed):
    answer = api.raw(method, path)

    assert body_of(answer) == {
        "code": 405,
        "key": "method_not_allowed",
        "message": "Method not allowed",
        "details": f"Allowed methods: {allowed}",
    }
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*", "text/csv, text/html;q=0.5"])
def test_who_takes_no_json_is_told_so_in_json(api, accept):
    assert body_of(api.raw("GET", "/v1/customers", headers={"Accept": accept})) == {
        "code": 406,
        "key": "not_acceptable",
        "message": "Not acceptable",
        "details": "Answers are application/json",
    }


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "application/*", "text/html, application/json;q=0.9", "text/html,*/*;q=0.1"]
)
def test_who_takes_json_among_others_gets_it(api, accept):
    assert api.raw("GET", "/v1/customers", headers={"Accept": accept}).status == 200


def test_what_exists_already_is_a_conflict(api, shop):
    answer = api.post(f"/v1/campaigns/{shop.referrals.public_id}/vouchers/{shop.code.code}")

    assert body_of(answer) == {
        "code": 409,
        "key": "duplicate_resource_key",
        "message": "Resource with this key already exists",
        "details": f"Voucher with code {shop.code.code} already exists",
        "resource_id": shop.code.code,
        "resource_type": "voucher",
    }


def test_every_answer_of_the_api_says_what_browsers_may_do_with_it(api):
    headers = api.get("/v1/customers").headers

    assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"]) == ("nosniff", "DENY")
    assert "default-src 'self'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("failure", [OperationalError("gone"), InterfaceError("closed"), ProgrammingError("no table")])
def test_a_database_that_is_away_is_said_to_be_away(api, monkeypatch, failure):
    def fails(*args, **options):
        raise failure

    monkeypatch.setattr("api.v1.customers.page_of", fails)

    answer = api.get("/v1/customers")

    assert body_of(answer) == {
        "code": 503,
        "key": "unavailable",
        "message": "Service unavailable",
        "details": "Nothing was written; send it again",
    }
    assert answer.headers["Retry-After"] == "1"


def test_a_failure_of_ours_is_told_without_its_secrets(api, monkeypatch):
    def fails(*args, **options):
        raise ValueError("secret of the machine")

    monkeypatch.setattr("api.v1.customers.page_of", fails)

    answer = api.get("/v1/customers")

    assert body_of(answer) == {"code": 500, "key": "internal_error", "message": "Internal error"}


def test_an_unknown_host_is_refused_in_json(api):
    answer = api.raw("GET", "/v1/customers", headers={"Host": "evil.example"})

    assert body_of(answer) == {
        "code": 400,
        "key": "invalid_payload",
        "message": "Bad request",
        "details": "The request was refused",
    }


def test_what_may_be_done_is_told_to_who_asks(api):
    answer = api.raw("OPTIONS", "/v1/events")

    assert (answer.status, answer.headers["Allow"]) == (200, "GET, POST, HEAD, OPTIONS")


def test_health_needs_no_key(db):
    assert Api({}).get("/healthz").body == {"status": "ok"}
    assert Api({}).get("/readyz").body == {"status": "ok", "database": "ok", "overdue_messages": 0}
