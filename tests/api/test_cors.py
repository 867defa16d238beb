"""What browsers ask before they let a page call, and what they need to let it read the answer."""

import pytest
from django.db import OperationalError

from projects.origins import TrustedOrigins, trusted_origins
from tests.api.caller import Api, key_headers

SHOP, EVIL = "https://shop.example", "https://evil.example"
PATH = "/client/v1/events"
EXPOSED = "Idempotent-Replayed, Retry-After, X-Rate-Limit-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Retry"
ASKED = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-client-token"}


@pytest.fixture
def keys(shop):
    return key_headers(shop.project, "client", domains=[SHOP])


def preflight(origin, path=PATH, **headers):
    return Api({"Origin": origin, **ASKED, **headers}).raw("OPTIONS", path)


def cors_of(answer):
    return {name: value for name, value in answer.headers.items() if name.startswith("Access-Control")}


def test_a_preflight_is_allowed_for_an_origin_that_some_key_trusts(keys):
    answer = preflight(SHOP)

    assert (answer.status, answer.body, answer.headers["Vary"]) == (204, None, "Origin")
    assert cors_of(answer) == {
        "Access-Control-Allow-Origin": SHOP,
        "Access-Control-Expose-Headers": EXPOSED,
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, Idempotency-Key, "
        "X-Client-Application-Id, X-Client-Token, X-Event-Ticket, X-Voucherify-API-Version, X-Voucherify-Channel",
        "Access-Control-Max-Age": "7200",
    }


def test_a_preflight_of_an_origin_that_nobody_trusts_is_allowed_nothing(keys):
    answer = preflight(EVIL)

    assert (answer.status, cors_of(answer), answer.headers["Vary"]) == (204, {}, "Origin")


def test_no_cookies_are_ever_asked_for(keys):
    answers = [preflight(SHOP), Api(keys | {"Origin": SHOP}).post(PATH, {})]

    assert ["Access-Control-Allow-Credentials" in answer.headers for answer in answers] == [False, False]


@pytest.mark.parametrize("path", ["/v1/events", "/management/v1/projects"])
def test_other_doors_allow_no_page_of_another_site(keys, path):
    answer = preflight(SHOP, path)

    assert (answer.status, cors_of(answer)) == (401, {})


def test_options_without_a_preflights_headers_is_a_request_like_any_other(keys):
    without_key, with_key = Api({}).raw("OPTIONS", PATH), Api(keys | {"Origin": SHOP}).raw("OPTIONS", PATH)

    assert (without_key.status, with_key.status) == (401, 200)


def test_the_page_may_read_a_good_answer_without_a_further_statement(keys, shop, django_assert_max_num_queries):
    body = {"event": shop.definition.name, "customer": {"id": shop.ben.public_id}}
    page, app = Api(keys | {"Origin": SHOP}), Api(key_headers(shop.project, "client"))
    first = [page.post(PATH, body), app.post(PATH, body)][0]

    with django_assert_max_num_queries(20) as from_a_page:
        page.post(PATH, body)
    with django_assert_max_num_queries(20) as from_an_app:
        app.post(PATH, body)

    assert cors_of(first) == {
        "Access-Control-Allow-Origin": SHOP,
        "Access-Control-Expose-Headers": EXPOSED,
    }
    assert first.headers["Vary"] == "Origin"
    assert len(from_a_page) == len(from_an_app)


@pytest.mark.parametrize(
    ("path", "content", "token", "status"),
    [
        (PATH, b"{", None, 400),
        (PATH, b"{}", None, 400),
        (PATH, b'{"event": "unheard of", "customer": {"source_id": "x"}}', None, 404),
        (PATH, b"{}", "wrong", 401),
        ("/client/v1/nothing", b"{}", None, 404),
    ],
)
def test_the_page_may_read_what_went_wrong(keys, path, content, token, status):
    headers = keys | {"Origin": SHOP} | ({"X-Client-Token": token} if token else {})

    answer = Api(headers).raw("POST", path, content)

    assert (answer.status, answer.headers.get("Access-Control-Allow-Origin")) == (status, SHOP)


def test_a_page_that_nobody_trusts_may_not_read_its_refusal(keys):
    answer = Api(keys | {"Origin": EVIL}).post(PATH, {})

    assert (answer.status, cors_of(answer)) == (403, {})


def test_a_key_that_trusts_everybody_answers_everybody(shop):
    body = {"event": shop.definition.name, "customer": {"id": shop.ben.public_id}}
    answer = Api(key_headers(shop.project, "client") | {"Origin": EVIL}).post(PATH, body)

    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, EVIL)
    assert preflight(EVIL).headers["Access-Control-Allow-Origin"] == EVIL


@pytest.mark.parametrize("origin", ["ü", "a" * 5_000, "https://shop.example\tx", "%00", "null"])
def test_hostile_origins_are_no_failure_of_ours(shop, origin):
    headers = key_headers(shop.project, "client") | {"Origin": origin}

    assert [preflight(origin).status, Api(headers).post(PATH, {}).status] == [204, 400]


def test_what_is_known_of_origins_holds_while_the_database_is_away(keys, monkeypatch):
    trusted_origins.trusts(SHOP)

    def away(self):
        raise OperationalError

    monkeypatch.setattr(TrustedOrigins, "_renew", away)

    assert preflight(SHOP).headers["Access-Control-Allow-Origin"] == SHOP
