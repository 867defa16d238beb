"""`POST /v1/events/{id}/void`: what is answered, once and again, and what the other routes say afterwards."""

import pytest

from common.jsons import dumps
from events.models import EventVoid
from loyalty.balances import adjust_balance
from loyalty.models import LoyaltyCard
from projects.models import Project
from tests.world import NOW, TESTER, a_definition, a_loyalty_programme, a_rule, accept, an_event


@pytest.fixture
def path(shop) -> str:
    return f"/v1/events/{shop.event.public_id}"


def spend(shop, points):
    card = LoyaltyCard.objects.get(voucher=shop.card)
    return adjust_balance(card, -points, reason="", source_id=None, group_id="", now=NOW, by=TESTER)


# What `GET /v1/events/{id}` tells of an event beside the event itself.
OF_THE_TRACE = ("channel", "group_id", "effects", "skipped", "failed")


def test_the_answer_is_the_event_with_what_was_reversed_alone(api, shop, path):
    event = api.get(path).body

    answer = api.post(f"{path}/void", {"reason": "Sent twice"})

    effects = answer.body.pop("effects")
    voided_at = EventVoid.objects.get().voided_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert answer.status == 200
    assert answer.body == {
        **{name: value for name, value in event.items() if name not in OF_THE_TRACE},
        "voided_at": voided_at,
        "reason": "Sent twice",
        "affected_later": [],
        "shortfall": 0,
    }
    assert [effect["kind"] for effect in effects] == [
        "points.reversed",
        "referral.voided",
        "reward.revoked",
        "reward.revoked",
        "points.reversed",
        "points.reversed",
        "code.unpublished",
        "code.unpublished",
    ]
    assert {effect["points"] for effect in effects if effect["kind"] == "points.reversed"} == {-10, -50, -100}


def test_a_reversal_names_what_it_reverses(api, shop, path):
    earned = [effect for effect in api.get(path).body["effects"] if effect["kind"] == "points.earned"]

    effects = api.post(f"{path}/void").body["effects"]

    reversed_ones = {effect["reverses"]: effect for effect in effects if effect["kind"] == "points.reversed"}
    assert {
        effect["transaction"]: (effect["card"], -effect["points"], effect["customer"], effect["rule"])
        for effect in earned
    } == {
        name: (effect["card"], effect["points"], effect["customer"], effect["rule"])
        for name, effect in reversed_ones.items()
    }


def test_a_body_is_not_needed(api, path):
    answer = api.raw("POST", f"{path}/void")

    assert (answer.status, answer.body["reason"], answer.body["shortfall"]) == (200, None, 0)


def test_a_second_call_answers_the_first_whatever_it_asks_for(api, path):
    first = api.post(f"{path}/void", {"reason": "Sent twice"})

    second = api.post(f"{path}/void", {"reason": "Another", "force": True})

    assert (second.status, dumps(second.body)) == (200, dumps(first.body))


def test_an_event_is_found_by_its_senders_id(api, shop):
    a_definition(shop.project, "visited")
    api.post("/v1/events", {"id": "visit-1", "event": "visited", "customer": {"source_id": "cleo"}})

    answer = api.post("/v1/events/visit-1/void")

    assert (answer.status, answer.body["source_id"]) == (200, "visit-1")
    assert answer.body["voided_at"] is not None


def test_the_event_and_the_list_say_when_it_was_voided(api, shop, path):
    before = api.get(path).body
    voided = api.post(f"{path}/void").body

    after = api.get(path).body

    assert (before["voided_at"], after["voided_at"]) == (None, voided["voided_at"])
    assert after["effects"] == before["effects"] + voided["effects"]
    assert [item["voided_at"] for item in api.get("/v1/events").body["data"]] == [voided["voided_at"]]


def test_a_replayed_request_answers_the_first_answer_as_if_nothing_had_been_voided(api, shop):
    a_rule(shop.club, a_definition(shop.project, "visited"), points=3)
    body = {"id": "visit-1", "event": "visited", "customer": {"source_id": shop.ben.source_id}}
    first = api.post("/v1/events?expand=effects", body)
    api.post("/v1/events/visit-1/void")

    again = api.post("/v1/events?expand=effects", body)

    assert (again.headers["Idempotent-Replayed"], again.body) == ("true", first.body)


def test_spent_points_are_refused_and_by_force_taken_as_far_as_they_go(api, shop, path):
    spent = spend(shop, 55)

    refused = api.post(f"{path}/void", {"force": False})
    forced = api.post(f"{path}/void", {"force": True})

    assert (refused.status, refused.key, refused.body["resource_id"]) == (
        409,
        "points_already_spent",
        shop.event.public_id,
    )
    assert refused.body["details"].startswith("55 of the points")
    assert (forced.status, forced.body["shortfall"]) == (200, 55)
    assert forced.body["affected_later"] == [
        {
            "kind": "points.spent",
            "points": 55,
            "card": shop.card.code,
            "transaction": spent.public_id,
            "event": None,
        }
    ]
    assert api.get(f"/v1/customers/{shop.ben.public_id}").body["loyalty"]["points"] == 0


def test_customers_cards_and_referrals_are_as_if_the_event_had_never_come(api, shop, path):
    api.post(f"{path}/void")

    ben, ada = (api.get(f"/v1/customers/{person.public_id}").body for person in (shop.ben, shop.ada))
    card = api.get(f"/v1/loyalties/members/{shop.card.code}").body
    conversions = api.get(f"/v1/referrals/{shop.referrals.public_id}/conversions").body["data"]
    holders = api.get(f"/v1/referrals/members/{shop.code.code}/holders").body["data"]
    assert (ben["loyalty"], ben["referrals"]) == (
        {"points": 0, "referred_customers": 0, "campaigns": {}},
        {"total": 0, "campaigns": []},
    )
    assert ada["loyalty"] == {"points": 0, "referred_customers": 0, "campaigns": {}}
    assert (card["holder_id"], card["publish"]["count"], card["loyalty_card"]["balance"]) == (None, 0, 0)
    assert [(item["status"], item["reason"]) for item in conversions] == [("voided", "event_voided")]
    assert [item["holder_role"] for item in holders] == ["REFERRER"]
    assert [item["voucher"]["code"] for item in api.get("/v1/publications").body["publications"]] == [shop.code.code]


def test_points_cannot_be_added_to_a_card_that_was_closed(api, shop, path):
    api.post(f"{path}/void")

    answer = api.post(f"/v1/loyalties/members/{shop.card.code}/balance", {"points": 5})

    assert (answer.status, answer.key) == (400, "not_published")


def test_a_card_that_was_closed_is_joined_anew_and_shows_its_new_holders_transactions_alone(api, shop, path):
    api.post(f"{path}/void")
    member = api.post(f"/v1/loyalties/{shop.club.public_id}/members", {"customer": {"source_id": "cleo"}}).body
    api.post(f"/v1/loyalties/members/{member['code']}/balance", {"points": 5})

    entries = api.get(f"/v1/loyalties/members/{member['code']}/transactions").body["data"]

    assert [(entry["type"], entry["details"]["balance"]["total"]) for entry in entries] == [("POINTS_ADDITION", 5)]


def test_a_reversal_is_a_transaction_related_to_the_first(api, shop):
    project = Project.objects.get(pk=shop.project.pk)
    a_rule(shop.club, a_definition(project, "visited"), points=3)
    event = accept(project, an_event("visited", by=shop.ben.source_id))[0].event
    api.post(f"/v1/events/{event.public_id}/void")

    reversal, earned = api.get(f"/v1/loyalties/members/{shop.card.code}/transactions", limit="2").body["data"]

    assert (reversal["type"], reversal["details"]["balance"]["points"]) == ("POINTS_REMOVAL", -3)
    assert reversal["related_transaction_id"] == earned["id"]


def test_the_activity_of_both_sides_tells_what_was_taken_back(api, shop, path):
    api.post(f"{path}/void")

    of_ben, of_ada = (
        [
            (item["type"], item["data"]["data"].get("balance", {}).get("points"))
            for item in api.get(f"/v1/customers/{person.public_id}/activity", limit=limit).body["data"]
        ]
        for person, limit in ((shop.ben, "5"), (shop.ada, "3"))
    )

    points, rewarded = "customer.voucher.loyalty_card.points_added", "customer.rewarded"
    unassigned = "customer.holder.assignment.deleted"
    assert of_ben == [(unassigned, None), (points, -50), (rewarded, -50), (unassigned, None), (points, -10)]
    assert of_ada == [(unassigned, None), (points, -100), (rewarded, -100)]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"reason": 5}, ["reason"]),
        ({"reason": "x" * 501}, ["reason"]),
        ({"force": "yes", "reason": []}, ["reason", "force"]),
        ({"force": 1}, ["force"]),
    ],
)
def test_every_offending_field_is_named_and_nothing_is_voided(api, path, body, paths):
    answer = api.post(f"{path}/void", body)

    assert (answer.status, answer.paths) == (400, paths)
    assert EventVoid.objects.count() == 0


def test_anothers_event_is_not_found_and_stays(mallory, shop, path):
    a_loyalty_programme(shop.project, "Another club")

    answer = mallory.post(f"{path}/void", {"force": True})

    assert (answer.status, answer.key, EventVoid.objects.count()) == (404, "not_found", 0)


@pytest.mark.parametrize("name", ["event_0000000000000000000000", "nothing", "cust_x/void"])
def test_an_unknown_event_is_not_found(api, name):
    answer = api.post(f"/v1/events/{name}/void", {"reason": "x"})

    assert (answer.status, answer.key) == (404, "not_found")
