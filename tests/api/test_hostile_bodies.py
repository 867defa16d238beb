"""Whatever is sent: an answer in JSON, never a failure of ours, and nothing written where it is refused."""

import pytest
from django.db import transaction

from common.jsons import dumps
from tests.api.answers import kept_answers, recorded
from tests.api.bodies import BODIES, FORMS
from tests.api.hostile import NEVER_JSON, PATHS, QUERIES, mutations
from tests.api.routes import routes
from tests.once import once

ANSWERS = {200, 202, 204, 400, 401, 403, 404, 405, 406, 409, 413, 415}
ROUTES = sorted(set(routes()))
WITH_BODY = sorted(BODIES)
WITHOUT_BODY = sorted(row for row in ROUTES if row[0] in ("POST", "PUT", "PATCH") and row not in BODIES | FORMS)

# Bytes of a body, where they are not 256 KB.
LIMITS = {
    ("POST", "v1/events/batch"): 5 * 1024 * 1024,
    ("POST", "v1/segments"): 2 * 1024 * 1024,
    ("POST", "v1/customers/bulk/async"): 10 * 1024 * 1024,
    ("POST", "v1/customers/metadata/async"): 10 * 1024 * 1024,
    **dict.fromkeys(
        (
            ("POST", "v1/campaigns/<campaign_id>/import"),
            ("POST", "v1/vouchers/import"),
            ("POST", "v1/vouchers/bulk/async"),
            ("POST", "v1/vouchers/metadata/async"),
        ),
        10 * 1024 * 1024,
    ),
    ("PUT", "management/v1/projects/<project_id>/custom-event-schemas/<schema_id>/json-schema"): 1024 * 1024,
}

ALWAYS_REFUSED = {
    # The shop names a code by its id, as no new code may be called.
    ("POST", "v1/vouchers/<code>"),
    # Both of its two parts are needed.
    ("POST", "v1/validation-rules/<validation_rule_id>/assignments"),
}

# A management key belongs to one project, and makes no other.
FORBIDDEN = {("POST", "management/v1/projects")}
# What a good call without a body is answered, where it is not 200.
OTHERWISE = dict.fromkeys(FORBIDDEN, 403) | {
    ("POST", "v1/deliveries/<delivery_id>/resend"): 202,
    ("POST", "management/v1/projects/<project_id>/send-outs/<send_out_id>/resend"): 202,
}

READ_A_QUERY = {
    ("POST", "v1/events/batch"),
    ("POST", "v1/events"),
    ("POST", "client/v1/events"),
    ("POST", "v1/publications"),
    ("POST", "v1/campaigns/<campaign_id>/vouchers"),
    ("DELETE", "v1/campaigns/<campaign_id>"),
    ("DELETE", "v1/vouchers/<code>"),
    ("DELETE", "management/v1/projects/<project_id>/custom-event-schemas/<schema_id>"),
}


@pytest.fixture
def ask(shop, api, count_rows):
    """Sends to a route and gives the answer. What an accepted request wrote is taken back; a refused one that wrote
    anything fails the test at its end.
    """

    def sent(row, content=None, *, path=None, **options):
        if content is None:
            content = dumps(BODIES[row](shop)).encode() if row in BODIES else b""
        with transaction.atomic():
            answer = api.raw(row[0], path or shop.path(row[1]), content, **options)
            if answer.status < 300:
                transaction.set_rollback(True)
        return answer

    before = count_rows()
    yield sent
    assert count_rows() == before


@pytest.fixture
def send(ask):
    """As `ask`, for the status alone."""
    return lambda *row, **options: ask(*row, **options).status


@once("such bodies are refused before any row is read or written")
def test_what_is_no_json_that_can_be_stored_is_refused_by_every_route(send):
    statuses = {(row, name): send(row, raw) for row in WITH_BODY for name, raw in NEVER_JSON.items()}

    assert statuses == {
        (row, name): 413 if len(raw) > LIMITS.get(row, 256 * 1024) else 400
        for row in WITH_BODY
        for name, raw in NEVER_JSON.items()
    }


@once("such bodies are never read")
def test_a_route_that_takes_no_body_does_not_mind_one(send):
    statuses = {(row, name): send(row, raw) for row in WITHOUT_BODY for name, raw in NEVER_JSON.items()}

    assert statuses == {case: OTHERWISE.get(case[0], 200) for case in statuses}


@pytest.mark.parametrize(("method", "route"), WITH_BODY)
def test_a_good_body_with_one_wrong_part_is_answered(ask, shop, method, route):
    bodies = [dumps(body) for body in mutations(BODIES[method, route](shop))]

    answers = {body: ask((method, route), body.encode()) for body in bodies}

    statuses = {body: answer.status for body, answer in answers.items()}

    assert {body: status for body, status in statuses.items() if status not in ANSWERS} == {}
    assert set(statuses.values()) > {400} or (method, route) in ALWAYS_REFUSED
    # Written by one run and read by the next, on the other database: both answer alike.
    assert recorded(f"{method} {route}", answers.values()) == kept_answers()[f"{method} {route}"]


def test_bodies_of_another_kind_are_refused_by_every_route(send):
    kinds = [
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "multipart/form-data; boundary=b"},
        {"content_type": "text/plain"},
        {"content_type": "/"},
        {"content_type": "application/json; charset=utf-7"},
        {"headers": {"Content-Encoding": "gzip"}},
    ]

    statuses = {send(row, **kind) for row in WITH_BODY for kind in kinds}

    assert statuses == {415}


def parameters(route):
    return [part.split(">")[0] for part in route.split("<")[1:]]


def allowed_for(method, route, name, hostile):
    """A slash leads to another route, and a campaign may be given a code of any letters; of a customer whom nobody
    knows it is said in which segments such a one would be, and an unknown rule is assigned to nothing.
    """
    allowed = {404, 405} if "%2F" in hostile else {404}
    if name == "code" and method == "POST":
        return allowed | {200, 400}
    of_nobody = ("v1/customers/<customer_id>/segments", "v1/validation-rules/<validation_rule_id>/assignments")
    return allowed | {200} if method == "GET" and route in of_nobody else allowed


def test_names_that_nothing_can_have_are_not_found(send, shop):
    cases = [(row, name, hostile) for row in ROUTES for name in parameters(row[1]) for hostile in PATHS]

    statuses = {
        (row, name, hostile): send(row, path=shop.path(row[1].replace(f"<{name}>", hostile)))
        for row, name, hostile in cases
    }

    assert {
        (row, name, hostile): status
        for (row, name, hostile), status in statuses.items()
        if status not in allowed_for(*row, name, hostile)
    } == {}


@pytest.mark.parametrize("part", range(2))
def test_queries_are_answered_by_every_route_that_reads_one(send, shop, part):
    rows = [row for row in ROUTES if row[0] == "GET" or row in READ_A_QUERY]

    statuses = {
        (row, query): send(row, path=f"{shop.path(row[1])}?{query}") for row in rows[part::2] for query in QUERIES
    }

    assert {case: status for case, status in statuses.items() if status not in ANSWERS} == {}


@pytest.mark.parametrize("query", ["a=%00", "%00=a"])
def test_a_nul_in_a_query_is_refused_everywhere(send, shop, query):
    statuses = {row: send(row, path=f"{shop.path(row[1])}?{query}") for row in ROUTES}

    assert statuses == dict.fromkeys(ROUTES, 400)
