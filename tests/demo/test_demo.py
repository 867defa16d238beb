"""The demo shop: what `make run` promises."""

import json
import stat
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.test import Client

from customers.models import Customer
from demo.content import DEFINITIONS
from demo.credentials import credentials_path, ensure_credentials
from demo.loading import load_demo
from eventschema.schema import schemas_of
from loyalty.checking import ledger_problems
from projects.keys import find_key
from projects.models import ApiKey, KeyKind

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ALEX = "alex.doe@example.com"
SIGN_UP = {
    "event": "signed_up",
    "customer": {"source_id": ALEX, "email": ALEX, "name": "Alex Doe", "metadata": {"VIP": True}},
    "metadata": {"sign_up_date": "2019-01-25T14:30:00.000Z"},
    "referral": {"code": "NRY-01"},
}
IDEAS = {
    "customer_subscribed",
    "cart_abandoned",
    "sign_up",
    "newsletter_subscribe",
    "ebook_download",
    "check_in",
    "check_out",
    "share_social",
    "share_email",
    "join_webinar",
    "join_event",
    "like_social",
    "left_review",
    "left_comment",
}


@pytest.fixture
def demo(db):
    project, _ = load_demo(NOW)
    project.refresh_from_db()
    return project


@pytest.fixture
def credentials(demo, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return ensure_credentials(demo, NOW)


def rows():
    """How many rows every table has."""
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def server_headers(credentials):
    key = credentials["server"]
    return {"X-App-Id": key["id"], "X-App-Token": key["token"]}


def card_of(client, headers, source_id):
    """The member answer of a customer's only card in the club."""
    listed = client.get("/v1/loyalties/Demo%20club/members", {"customer": source_id}, headers=headers).json()
    (card,) = listed["vouchers"]
    return client.get(f"/v1/loyalties/members/{card['code']}", headers=headers).json()["loyalty_card"]


def test_every_idea_is_defined(demo):
    assert schemas_of(demo).keys() == IDEAS | {"signed_up"} == DEFINITIONS.keys()


def test_loading_twice_changes_nothing(demo):
    before = rows()

    project, is_new = load_demo(NOW)

    assert (project.pk, is_new, rows()) == (demo.pk, False, before)


def test_the_books_of_the_demo_are_right(demo):
    assert list(ledger_problems()) == []
    assert Customer.objects.filter(project=demo, source_id="nora.ryan@example.com").count() == 1


def test_a_sign_up_with_noras_code_pays_both_sides(demo, credentials):
    client, headers = Client(), server_headers(credentials)
    nora_before = card_of(client, headers, "nora.ryan@example.com")["balance"]

    answer = client.post("/v1/events", SIGN_UP, content_type="application/json", headers=headers)

    assert (answer.status_code, answer.json()["customer"]["metadata"]) == (200, {"VIP": True})
    assert card_of(client, headers, ALEX)["balance"] == 50 + 20
    assert card_of(client, headers, "nora.ryan@example.com")["balance"] == nora_before + 100


def test_the_same_sign_up_again_converts_nothing_and_says_why(demo, credentials):
    client, headers = Client(), server_headers(credentials)
    client.post("/v1/events", SIGN_UP, content_type="application/json", headers=headers)

    again = client.post("/v1/events?expand=effects", SIGN_UP, content_type="application/json", headers=headers)

    body = again.json()
    assert [effect["kind"] for effect in body["effects"]] == ["points.earned"]
    assert body["skipped"] == [{"kind": "referral", "id": "NRY-01", "reason": "already_referred"}]


def test_credentials_are_kept_readable_by_their_owner_alone(demo, credentials):
    path = credentials_path()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == credentials
    assert ensure_credentials(demo, NOW) == credentials


def test_credentials_open_the_admin_and_the_api(demo, credentials):
    admin = credentials["admin"]

    assert Client().login(username=admin["user"], password=admin["password"])
    assert [find_key(kind, **_pair(credentials[kind])) is not None for kind in KeyKind.values] == [True] * 3


def test_lost_credentials_are_made_anew_and_the_old_keys_revoked(demo, credentials):
    credentials_path().unlink()

    made = ensure_credentials(demo, NOW)

    assert find_key("server", **_pair(credentials["server"])) is None
    assert find_key("server", **_pair(made["server"])) is not None
    assert ApiKey.objects.filter(project=demo, revoked_at=None).count() == 3
    assert get_user_model().objects.count() == 1


def _pair(key):
    return {"key_id": key["id"], "token": key["token"]}
