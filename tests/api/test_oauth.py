"""Access tokens (contract a.2): a quarter of an hour with the rights of a key, for what the scopes say."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.keys import create_key, revoke_keys
from projects.models import AccessToken
from projects.scopes import CLIENT_SCOPES, SERVER_SCOPES, scope_of_path
from projects.tokens import LIFE, MOST_TOKENS, issue_token, sweep_tokens
from tests.api.caller import Api, Form, key_headers
from tests.api.routes import routes
from tests.world import NOW, TESTER, a_definition, an_access_token

TOKEN = "/v1/oauth/token"


@pytest.fixture
def key(project):
    return create_key(project, kind="server", by=TESTER)[0]


def ask(api, path=TOKEN, **form):
    return api.call("POST", path, Form(form))


def bearer(token, **headers):
    return Api({"Authorization": f"Bearer {token}", **headers})


def test_a_token_is_given_found_and_revoked(api, project):
    issued = ask(api, grant_type="client_credentials", scope="customers events customers")

    token, expires_at = issued.body.pop("access_token"), issued.body.pop("expires_at")
    assert issued.body == {"token_type": "Bearer", "expires_in": 900, "scope": "customers events"}
    assert issued.headers["Cache-Control"] == "no-store"
    row = AccessToken.objects.get()
    assert (expires_at, token in repr(vars(row))) == (int(row.expires_at.timestamp()), False)
    told = ask(api, "/v1/oauth/introspect", token=token).body
    assert (told["active"], told["scope"], told["exp"]) == (True, "customers events", expires_at)
    assert bearer(token).get("/v1/customers").status == 200

    revoked, again = (ask(api, f"{TOKEN}/revoke", token=token) for _ in range(2))

    assert [(answer.status, answer.body) for answer in (revoked, again)] == [(204, None), (404, None)]
    assert bearer(token).get("/v1/customers").status == 401
    assert ask(api, "/v1/oauth/introspect", token=token).body == {"active": False}


@pytest.mark.parametrize(
    ("form", "key"),
    [
        ({}, "missing_parameters"),
        ({"grant_type": ""}, "missing_parameters"),
        ({"grant_type": "password"}, "invalid_grant_type"),
        ({"grant_type": "client_credentials", "scope": "api sorcery"}, "invalid_scope"),
        ({"grant_type": "client_credentials", "scope": "client_events"}, "invalid_scope"),
    ],
)
def test_what_is_no_request_for_a_token_is_told(api, form, key):
    answer = ask(api, **form)

    assert (answer.status, answer.key) == (400, key)


def test_the_form_is_one(api):
    for content, status in [(b"grant_type=%ff", 400), (b"token=a&token=b", 400), (b"a&" * 30, 400), (b"", 400)]:
        assert api.raw("POST", TOKEN, content, content_type=Form.content_type).status == status
    assert api.post(TOKEN, {"grant_type": "client_credentials"}).status == 415


def test_a_token_opens_what_its_scopes_and_its_kind_name_and_nothing_else(project, key):
    a_definition(project, "signed_up")
    body = {"event": "signed_up", "customer": {"source_id": "ben"}}
    narrow, wide = (issue_token(key, scope, now=datetime.now(UTC)).token for scope in ("customers", ""))
    browser = an_access_token(project, kind="client", domains=["shop.example"])
    page = {"Origin": "https://shop.example"}

    assert bearer(narrow).get("/v1/customers").status == 200
    for refused in (bearer(narrow).get("/v1/campaigns"), bearer(narrow).post("/v1/events", body)):
        assert (refused.status, refused.key, refused.body["message"]) == (
            403,
            "missing_required_permission",
            "Missing permission",
        )
    assert bearer(wide).post("/v1/events", body).status == bearer(wide).get("/v1/campaigns").status == 200
    assert bearer(browser, **page).post("/client/v1/events", body).status == 200
    assert bearer(browser).post("/client/v1/events", body).status == 403
    closed = [
        bearer(wide, **page).post("/client/v1/events", body),
        bearer(browser, **page).post("/v1/events", body),
        bearer(wide).get("/management/v1/projects"),
        ask(bearer(wide), grant_type="client_credentials"),
        bearer(f"{wide}x").get("/v1/customers"),
    ]
    assert {answer.status for answer in closed} == {401}


def test_a_token_dies_of_age_and_with_its_key(project, key):
    a_definition(project, "signed_up")
    body = {"event": "signed_up", "customer": {"source_id": "ben"}}
    now = datetime.now(UTC)
    expired, dying = issue_token(key, "", now=now - LIFE).token, issue_token(key, "", now=now).token

    assert bearer(expired).post("/v1/events", body).status == 401
    assert bearer(dying).post("/v1/events", body).status == 200

    revoke_keys([key], by=TESTER, now=now)

    assert bearer(dying).post("/v1/events", body).status == bearer(dying).get("/v1/customers").status == 401


def test_a_token_that_is_revoked_tracks_nothing_more(api, project, key):
    a_definition(project, "signed_up")
    token, body = issue_token(key, "events", now=datetime.now(UTC)).token, {"event": "signed_up", "customer": {}}
    body["customer"]["source_id"] = "ben"
    assert bearer(token).post("/v1/events", body).status == 200

    ask(api, f"{TOKEN}/revoke", token=token)

    assert bearer(token).post("/v1/events", body).status == 401


def test_a_project_keeps_a_thousand_tokens_and_none_that_is_over(project, mallorys_project, key):
    old = issue_token(key, "", now=NOW).row
    an_access_token(mallorys_project, now=NOW)
    times = {"created_at": NOW, "expires_at": NOW + LIFE}
    AccessToken.objects.bulk_create(
        AccessToken(project=project, key=key, token_hash=n, **times) for n in range(MOST_TOKENS - 1)
    )
    assert AccessToken.objects.filter(project=project).count() == MOST_TOKENS

    issue_token(key, "", now=NOW)

    assert AccessToken.objects.filter(project=project).count() == MOST_TOKENS
    assert not AccessToken.objects.filter(pk=old.pk).exists()
    issue_token(key, "", now=NOW + LIFE)
    assert AccessToken.objects.filter(project=project).count() == 1
    assert (sweep_tokens(NOW + LIFE), sweep_tokens(NOW + LIFE)) == (1, 0)


def test_tokens_cost_one_statement_and_keys_none(project, key):
    a_definition(project, "signed_up")
    body = {"event": "signed_up", "customer": {"source_id": "ben"}}
    token = issue_token(key, "events", now=datetime.now(UTC)).token

    def statements(caller):
        caller.post("/v1/events", body)
        with CaptureQueriesContext(connection) as captured:
            assert caller.post("/v1/events", body).status == 200
        return len(captured)

    assert statements(bearer(token)) == statements(Api(key_headers(project, "server"))) + 1


def test_every_route_has_a_scope_of_the_contract():
    paths = [route for _, route in routes() if not route.startswith(("management/", "v1/oauth/"))]

    assert {scope_of_path(f"/{path}") for path in paths} <= {*SERVER_SCOPES, *CLIENT_SCOPES}
