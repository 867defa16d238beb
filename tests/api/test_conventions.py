"""What holds of every route there is (contract a.1, a.4): which methods, which types, and how a refusal looks."""

import pytest

from tests.api.bodies import BODIES, FORMS
from tests.api.routes import routes

ROUTES = sorted(set(routes()))
REFUSAL = {"code", "key", "message", "details", "request_id"}


def test_every_route_names_the_methods_that_it_has(api, shop):
    methods = {route: {method for method, other in ROUTES if other == route} for _, route in ROUTES}

    answers = {route: api.raw("PATCH", shop.path(route)) for route in methods}

    assert {answer.status for answer in answers.values()} == {405}
    for route, answer in answers.items():
        if answer.status == 405:
            named = answer.body["details"].removeprefix("Allowed methods: ").split(", ")
            assert (set(answer.body), answer.key) == (REFUSAL, "method_not_allowed")
            assert set(named) - {"HEAD", "OPTIONS"} == methods[route], route


@pytest.mark.parametrize("headers", [{"Accept": "text/html"}, {"Accept": "image/png, text/csv"}])
def test_every_route_refuses_who_takes_no_json(api, shop, headers):
    rows = sorted(routes())

    answers = {row: api.raw(row[0], shop.path(row[1]), headers=headers) for row in rows}

    assert {row: answer.status for row, answer in answers.items()} == dict.fromkeys(rows, 406)
    assert {answer.key for answer in answers.values()} == {"not_acceptable"}
    assert all(set(answer.body) == REFUSAL for answer in answers.values())


def test_every_route_that_reads_a_body_refuses_one_of_another_type(api, shop):
    rows = sorted({*BODIES, *FORMS})

    answers = {row: api.raw(row[0], shop.path(row[1]), b"a,b", content_type="text/csv") for row in rows}

    assert {row: answer.status for row, answer in answers.items()} == dict.fromkeys(rows, 415)
    assert {answer.key for answer in answers.values()} == {"unsupported_media_type"}
    assert all(set(answer.body) == REFUSAL for answer in answers.values())


def test_names_come_percent_encoded(api):
    for source_id, written in [("bob@x.io", "bob%40x.io"), ("a/b c%é", "a%2Fb%20c%25%C3%A9"), ("a+b", "a+b")]:
        api.post("/v1/customers", {"source_id": source_id})

        assert api.get(f"/v1/customers/{written}").body["source_id"] == source_id
