"""`/v1/customers` and what a customer did."""

import pytest

from tests.factories import CustomerFactory
from tests.world import balances

FRESH = {
    "name": None,
    "description": None,
    "email": None,
    "phone": None,
    "birthday": None,
    "birthdate": None,
    "address": None,
    "summary": {
        "redemptions": {
            "total_redeemed": 0,
            "total_failed": 0,
            "total_succeeded": 0,
            "total_rolled_back": 0,
            "total_rollback_failed": 0,
            "total_rollback_succeeded": 0,
            "gift": {"redeemed_amount": 0, "amount_to_go": 0},
            "loyalty_card": {"redeemed_points": 0, "points_to_go": 0},
        },
        "orders": {"total_amount": 0, "total_count": 0, "average_amount": 0, "last_order_amount": 0},
    },
    "loyalty": {"points": 0, "referred_customers": 0, "campaigns": {}},
    "referrals": {"total": 0, "campaigns": []},
    "metadata": {},
    "system_metadata": {},
    "object": "customer",
}
WHOLE = {
    "name": "Ben",
    "description": "A man",
    "email": "ben@example.com",
    "phone": "+1 933 222 3333",
    "birthdate": "1990-05-01",
    "birthday": "1991-06-02",
    "address": {"city": "Berlin", "line_1": "A 1"},
    "metadata": {"VIP": True, "a": None},
}


def test_a_fresh_customer_is_the_contracts(api):
    body = api.post("/v1/customers", {"source_id": "ben"}).body

    created = {name: body.pop(name) for name in ("id", "created_at")}
    assert body == FRESH | {"source_id": "ben"}
    assert (created["id"][:5], created["created_at"][-1]) == ("cust_", "Z")


def test_everything_that_is_sent_comes_back(api):
    body = api.post("/v1/customers", {"source_id": "ben"} | WHOLE).body

    assert {name: body[name] for name in WHOLE} == WHOLE


def test_a_customer_is_updated_by_source_id_and_by_id(api):
    first = api.post("/v1/customers", {"source_id": "ben"} | WHOLE).body
    second = api.post("/v1/customers", {"source_id": "ben", "name": "Benny"}).body
    third = api.post("/v1/customers", {"id": first["id"], "metadata": {"b": 1}}).body

    assert first["id"] == second["id"] == third["id"]
    assert {name: third[name] for name in WHOLE} == WHOLE | {
        "name": "Benny",
        "metadata": {"VIP": True, "a": None, "b": 1},
    }
    assert ("updated_at" in first, "updated_at" in third) == (False, True)


def test_nulls_clear_and_what_is_left_out_stays(api):
    ben = api.post("/v1/customers", {"source_id": "ben"} | WHOLE).body

    changed = api.put(f"/v1/customers/{ben['id']}", {"name": None, "address": None, "metadata": {"VIP": None}}).body

    assert {name: changed[name] for name in WHOLE} == WHOLE | {
        "name": None,
        "address": None,
        "metadata": {"VIP": None, "a": None},
    }


def test_a_customer_without_any_identity_is_made(api):
    ids = {api.post("/v1/customers", {"email": "ben@example.com"}).body["id"] for _ in range(2)}

    assert len(ids) == 2


@pytest.mark.parametrize("source_id", ["ben@x.io", "a b/c", "ä%2F😀", "..", "cust_x", "ben/activity/x"])
def test_a_source_id_may_hold_anything(api, source_id):
    made = api.post("/v1/customers", {"source_id": source_id}).body

    read = api.get(f"/v1/customers/{quoted(source_id)}").body

    assert read == made | {"assets": {"cockpit_url": None, "cockpit_preference_center_url": None}}


def quoted(text):
    return "".join(f"%{byte:02X}" for byte in text.encode())


def test_an_unknown_id_is_not_found(api):
    answer = api.post("/v1/customers", {"id": "registered_10055"})

    assert (answer.status, answer.body["details"]) == (404, "Cannot find customer with id registered_10055")


def test_wrong_fields_are_named_as_they_were_sent(api):
    answer = api.post("/v1/customers", {"source_id": "ben", "name": 5, "address": {"city": 5}})

    assert (answer.paths, answer.body["details"]) == (
        ["name", "address.city"],
        "Property .name must be string; Property .address.city must be string",
    )


def test_points_and_referrals_of_both_sides_are_shown(api, shop):
    ben = api.get(f"/v1/customers/{shop.ben.public_id}").body
    ada = api.get(f"/v1/customers/{shop.ada.source_id}").body

    assert ben["loyalty"] == {
        "points": 60,
        "referred_customers": 0,
        "campaigns": {shop.club.name: {"points": 60, "referred_customers": 0}},
    }
    assert ada["loyalty"] == {
        "points": 100,
        "referred_customers": 1,
        "campaigns": {
            shop.club.name: {"points": 100, "referred_customers": 0},
            shop.referrals.name: {"points": 0, "referred_customers": 1},
        },
    }
    referral = ben["referrals"]["campaigns"][0]
    assert (ben["referrals"]["total"], ada["referrals"]) == (1, {"total": 0, "campaigns": []})
    assert {name: referral[name] for name in referral if name != "date"} == {
        "campaign_id": shop.referrals.public_id,
        "referrer_id": shop.ada.public_id,
        "related_object_id": shop.event.public_id,
        "related_object_type": "event",
    }


def test_a_deleted_customer_is_gone_and_the_points_stay(api, shop):
    assert api.delete(f"/v1/customers/{shop.ben.public_id}").status == 204

    statuses = [api.get(f"/v1/customers/{name}").status for name in (shop.ben.public_id, shop.ben.source_id)]
    assert (statuses, api.delete(f"/v1/customers/{shop.ben.public_id}").status) == ([404, 404], 404)
    assert api.post("/v1/customers", {"id": shop.ben.public_id}).status == 404
    assert sorted(balances(shop.project).values()) == [60, 100]
    assert api.get(f"/v1/events/{shop.event.public_id}").body["metadata"] == {"note": ""}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"email": "ada@example.com"}, ["ada"]),
        ({"name": "Ben"}, ["ben"]),
        ({"city": "Berlin"}, ["ben", "ada"]),
        ({"city": "Berlin", "name": "Ben"}, ["ben"]),
        ({"city": "berlin"}, []),
        ({"email": "nobody@example.com"}, []),
    ],
)
def test_customers_are_filtered_exactly(api, query, found):
    for source_id, name in (("ada", "Ada"), ("ben", "Ben")):
        city = {"city": "Berlin"}
        api.post(
            "/v1/customers",
            {"source_id": source_id, "name": name, "email": f"{source_id}@example.com", "address": city},
        )

    assert [item["source_id"] for item in api.get("/v1/customers", **query).body["customers"]] == found


def activity(api, customer, **query):
    return api.get(f"/v1/customers/{customer.public_id}/activity", limit="100", **query).body["data"]


def test_activity_tells_what_a_customer_did_and_what_came_of_it(api, shop):
    entries = activity(api, shop.ben, order="created_at")

    assert sorted((entry["type"], entry["category"]) for entry in entries) == sorted(
        [
            ("customer.created", "ACTION"),
            ("customer.custom_event", "ACTION"),
            ("customer.referred", "EFFECT"),
            ("customer.rewarded", "EFFECT"),
            ("customer.publication.succeeded", "EFFECT"),
            ("customer.voucher.loyalty_card.points_added", "EFFECT"),
            ("customer.rewarded.loyalty_points", "EFFECT"),
        ]
    )
    assert {entry["group_id"] for entry in entries} == {shop.event.group_id}


def test_the_tracked_event_is_in_the_activity_with_its_code(api, shop):
    entry = activity(api, shop.ben, type="customer.custom_event")[0]

    data = entry["data"]["data"]
    assert (data["event"]["id"], data["event"]["metadata"]) == (shop.event.public_id, {"note": "zebra"})
    assert data["event_schema"] == {"id": shop.definition.public_id, "name": shop.definition.name}
    assert (data["referral"]["voucher"]["code"], data["loyalty"]) == (shop.code.code, None)
    assert entry["data"]["event_source"] == {"channel": "API", "user": None, "api_key": None}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"category": "ACTION"}, 2),
        ({"category": "EFFECT"}, 5),
        ({"type": "customer.referred"}, 1),
        ({"type": "customer.referred", "category": "ACTION"}, 0),
        ({"type": "customer.redemption.succeeded"}, 0),
        ({"campaign_type": "REFERRAL_PROGRAM"}, 1),
        ({"campaign_type": "LOYALTY_PROGRAM"}, 4),
        ({"start_date": "2999-01-01"}, 0),
        ({"end_date": "1999-01-01"}, 0),
    ],
)
def test_activity_is_narrowed(api, shop, query, count):
    assert len(activity(api, shop.ben, **query)) == count


def test_activity_is_led_through_by_its_cursor(api, shop):
    path, seen, cursor = f"/v1/customers/{shop.ben.public_id}/activity", [], {}
    for _ in range(4):
        body = api.get(path, limit="2", **cursor).body
        seen += [entry["id"] for entry in body["data"]]
        cursor = {"starting_after_id": body["more_starting_after"]}

    assert (seen, body["has_more"]) == ([entry["id"] for entry in activity(api, shop.ben)], False)


def test_nobody_has_no_activity(api):
    assert api.get("/v1/customers/nobody/activity").status == 404


def test_a_list_that_nobody_can_make_is_not_answered_with_everybody(api, shop):
    nobody = api.get("/v1/customers", segment_id="seg_1")
    unknown = api.get("/v1/customers", **{"filters[age][conditions][$is]": "1"})

    assert (nobody.status, nobody.body["customers"], nobody.body["total"]) == (200, [], 0)
    assert (unknown.status, unknown.paths) == (400, ["filters[age][conditions][$is]"])


def test_a_list_is_filtered(api, project):
    CustomerFactory(project=project, source_id="ben", address={"city": "Rome"}, metadata={"tier": "gold"})
    CustomerFactory(project=project, source_id="ada", address={"city": "Berlin"}, metadata={"tier": "gold", "n": 5})

    def found(**query):
        return [one["source_id"] for one in api.get("/v1/customers", **query).body["customers"]]

    assert found(**{"filters[metadata.tier][conditions][$is]": "gold"}) == ["ada", "ben"]
    assert found(**{"filters[metadata.n][conditions][$more_than]": "4"}) == ["ada"]
    assert found(**{"filters[address.city][conditions][$in][0]": "Rome", "city": "Rome"}) == ["ben"]
