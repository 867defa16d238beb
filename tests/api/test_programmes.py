"""Loyalty programmes: made, listed, changed and deleted, and their transactions as files."""

import csv
import io

import pytest
from django.test import Client

from campaigns.models import Campaign, Voucher
from exports.writing import WriteExport
from loyalty.models import LedgerEntry
from outbox.actions import RunAction
from outbox.models import OutboxMessage
from projects.models import AsyncAction
from tests.api.bodies import programme


@pytest.fixture
def club(shop):
    return f"/v1/loyalties/{shop.club.public_id}"


def finished(action_id):
    action = next(action for action in AsyncAction.objects.all() if action.public_id == action_id)
    RunAction().handle({"action": str(action.pk)})
    action.refresh_from_db()
    return action.status


def test_what_is_left_out_of_a_change_stays_and_nulls_clear(api, club):
    window = {"start_date": "2026-01-01T00:00:00Z", "expiration_date": "2027-01-01T00:00:00Z"}

    first = api.put(club, window | {"description": "Regulars", "metadata": {"a": 1, "b": 2}, "join_once": False}).body
    second = api.put(
        club, {"expiration_date": None, "metadata": {"b": 3}, "unset_metadata_fields": ["a"], "name": "Other", "x": 1}
    ).body

    assert (first["description"], first["metadata"], first["join_once"]) == ("Regulars", {"a": 1, "b": 2}, True)
    assert (second["start_date"], second["expiration_date"]) == ("2026-01-01T00:00:00.000Z", None)
    assert (second["description"], second["metadata"], second["name"]) == ("Regulars", {"b": 3}, "zebra club")
    assert api.get(club).body == second


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"start_date": "2027-01-01T00:00:00Z", "expiration_date": "2026-01-01T00:00:00Z"}, ["expiration_date"]),
        ({"auto_join": "yes", "metadata": []}, ["auto_join", "metadata"]),
        ({"loyalty_tiers_expiration": {"qualification_type": "BALANCE"}}, ["loyalty_tiers_expiration"]),
    ],
)
def test_a_change_that_cannot_be_is_refused(api, club, count_rows, body, paths):
    before = api.get(club).body, count_rows()

    answer = api.put(club, body)

    assert (answer.status, answer.paths) == (400, paths)
    assert (api.get(club).body, count_rows()) == before


def test_a_programme_in_which_referrals_pay_is_deleted_by_force_and_the_books_stay(api, shop, club):
    before = sorted(LedgerEntry.objects.values_list("pk", "points", "balance_after"))

    refused = api.delete(club)
    deleted = api.raw("DELETE", club, query_params={"force": "true"})

    assert (refused.status, refused.key) == (400, "resource_in_use")
    assert "zebra referrals" in refused.body["details"]
    assert (deleted.status, finished(deleted.body["async_action_id"])) == (200, "DONE")
    answers = [api.get(path).status for path in (club, f"{club}/members", f"/v1/loyalties/members/{shop.card.code}")]
    assert (answers, api.get("/v1/loyalties").body["campaigns"]) == ([404, 404, 404], [])
    assert sorted(LedgerEntry.objects.values_list("pk", "points", "balance_after")) == before
    assert Voucher.objects.filter(pk=shop.card.pk, deleted_at__isnull=False).exists()


def test_a_deleted_programmes_name_is_free(api, shop):
    made = [api.post("/v1/loyalties", programme(shop)).body for _ in range(2)]
    api.delete(f"/v1/loyalties/{made[0]['id']}")

    again = api.post("/v1/loyalties", programme(shop))

    assert ("key" in made[1], made[1]["key"], again.status) == (True, "duplicate_found", 200)
    assert Campaign.objects.filter(name="Gold").count() == 2


def test_another_type_of_campaign_is_no_loyalty_programme(api, shop, count_rows):
    before = count_rows()

    answer = api.post("/v1/loyalties", programme(shop) | {"campaign_type": "DISCOUNT_COUPONS"})

    assert (answer.status, answer.paths, count_rows()) == (400, ["campaign_type"], before)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"order": "created_at"}, ["zebra club", "Gold"]),
        ({"filters[metadata.level][conditions][$is]": "2"}, ["Gold"]),
        ({"filters[name][conditions][$starts_with]": "zebra", "expand": "category"}, ["zebra club"]),
    ],
)
def test_programmes_are_listed(api, shop, query, shown):
    api.post("/v1/loyalties", programme(shop) | {"metadata": {"level": 2}})

    assert [campaign["name"] for campaign in api.get("/v1/loyalties", **query).body["campaigns"]] == shown


@pytest.mark.parametrize("count", [2, 20])
def test_a_list_of_programmes_costs_the_same_for_two_and_for_twenty(api, shop, count, django_assert_num_queries):
    for number in range(count):
        api.post("/v1/loyalties", programme(shop) | {"name": f"Club {number}"})

    with django_assert_num_queries(6):
        listed = api.get("/v1/loyalties", limit=str(count)).body

    assert len(listed["campaigns"]) == count


@pytest.mark.parametrize("path", ["members/<card>/", "", "../members/<card>/"])
def test_transactions_are_written_to_a_file(api, shop, club, path):
    address = f"{club}/{path}transactions/export".replace(f"{shop.club.public_id}/../", "")
    body = {"parameters": {"order": "created_at", "fields": ["type", "amount", "voucher_id"]}}

    started = api.post(address.replace("<card>", shop.card.code), body).body
    message = OutboxMessage.objects.filter(topic="export.write").latest("id")
    WriteExport().handle(message.payload)
    done = api.get(f"/v1/exports/{started['id']}").body
    rows = list(csv.DictReader(io.StringIO(Client().get(done["result"]["url"]).getvalue().decode())))

    assert (started["object"], started["status"], started["exported_object"], started["result"]) == (
        "export",
        "SCHEDULED",
        "voucher_transactions",
        None,
    )
    own = [(row["type"], row["amount"]) for row in rows if row["voucher_id"] == shop.card.public_id]
    assert own == [("POINTS_ADDITION", "50"), ("POINTS_ACCRUAL", "10")]
    assert len(rows) == (2 if "card" in path else 3)


@pytest.mark.parametrize(
    ("filters", "status"),
    [
        (None, 200),
        ({"created_at": None, "id": {"conditions": {"$is": None}}, "junction": None}, 200),
        ({"id": {"conditions": {"$in": ["vtx_x"], "$is": None}}}, 200),
        ({"created_at": {"conditions": {"$less_than": 5}}, "junction": "OR"}, 200),
        ({"created_at": 5}, 400),
        ({"created_at": {"conditions": [1]}}, 400),
        ({"created_at": {"conditions": {"$after": {"a": 1}}}}, 400),
        ({"created_at": {"conditions": {"$after": "2026-01-01"}}, "junction": "xor"}, 400),
        ({"junction": 5}, 400),
        ({"": {"": ""}, "a][b": {"$is": "1"}}, 400),
        ([], 400),
    ],
)
def test_filters_of_a_file_come_in_the_body(api, shop, club, filters, status):
    answer = api.post(f"{club}/transactions/export", {"parameters": {"filters": filters}})

    assert (answer.status, answer.body.get("key")) == (status, None if status == 200 else "invalid_payload")


def test_a_files_filters_are_kept_to_and_checked(api, shop, club):
    wrong = api.post(
        f"{club}/transactions/export", {"parameters": {"filters": {"points": 5, "created_at": {"$x": 1}}}}
    )
    future = {"created_at": {"conditions": {"$after": "2099-01-01"}}}
    started = api.post(f"{club}/transactions/export", {"parameters": {"filters": future}}).body
    WriteExport().handle(OutboxMessage.objects.filter(topic="export.write").latest("id").payload)
    url = api.get(f"/v1/exports/{started['id']}").body["result"]["url"]

    assert (wrong.status, wrong.key, len(wrong.body["errors"])) == (400, "invalid_payload", 2)
    assert started["parameters"]["filters"] == future
    assert list(csv.DictReader(io.StringIO(Client().get(url).getvalue().decode()))) == []
