"""Holders, tiers and conversions over the API."""

import pytest

from tests.api.bodies import reward
from tests.world import accept, an_event


def holders_path(shop, prefix="", holder=""):
    return f"/v1/referrals/{prefix}members/{shop.code.code}/holders{holder and '/' + holder}"


def test_referees_are_added_and_answered_as_the_contract_says(api, shop):
    body = {"holders": [{"source_id": "cleo"}], "metadata": {"a": 1}}

    holder = api.post(holders_path(shop), body).body["holders"][0]

    assert {name: value for name, value in holder.items() if name not in {"id", "created_at", "customer_id"}} == {
        "redeemable_id": shop.code.public_id,
        "redeemable_object": "voucher",
        "campaign_id": shop.referrals.public_id,
        "campaign_type": "REFERRAL_PROGRAM",
        "voucher_type": "DISCOUNT_VOUCHER",
        "publication_id": None,
        "holder_role": "REFEREE",
        "metadata": {"a": 1},
        "updated_at": None,
        "object": "redeemable_holder",
    }


@pytest.mark.parametrize("prefix", ["", "zebra%20referrals/"])
def test_holders_are_listed_newest_first(api, shop, prefix):
    body = api.get(holders_path(shop, prefix)).body

    assert [(item["holder_role"], item["customer_id"]) for item in body["data"]] == [
        ("REFEREE", shop.ben.public_id),
        ("REFERRER", shop.ada.public_id),
    ]
    assert (body["total"], body["has_more"], body["more_starting_after"]) == (2, False, None)


@pytest.mark.parametrize(
    ("holders", "status", "key"),
    [
        (None, 400, "invalid_payload"),
        ([], 400, "invalid_payload"),
        ([{}], 400, "invalid_payload"),
        ([None], 400, "invalid_payload"),
        ({"source_id": "cleo"}, 400, "invalid_payload"),
        ([{"source_id": "cleo"}] * 101, 400, "invalid_payload"),
        ([{"source_id": 5}, {"name": 5}], 400, "invalid_payload"),
        ([{"source_id": "cleo"}, {"source_id": "cleo"}], 409, "duplicate_found"),
        ([{"source_id": "cleo"}, {"source_id": "zebra-ben"}], 409, "holder_assignement_duplication"),
        ([{"source_id": "cleo"}, {"id": "cust_x"}], 404, "not_found"),
    ],
)
def test_a_list_with_anything_wrong_adds_nobody(api, shop, count_rows, holders, status, key):
    before = count_rows()

    answer = api.post(holders_path(shop), {"holders": holders})

    assert (answer.status, answer.key, count_rows()) == (status, key, before)


def test_a_code_that_nobody_has_takes_no_referees(api, shop):
    api.post(f"/v1/campaigns/{shop.referrals.public_id}/vouchers/FREE-1")

    answer = api.post("/v1/referrals/members/FREE-1/holders", {"holders": [{"source_id": "cleo"}]})

    assert (answer.status, answer.key) == (400, "not_published")


def test_who_was_added_and_removed_is_told_of_both(api, shop):
    holder = api.post(holders_path(shop), {"holders": [{"source_id": "cleo"}]}).body["holders"][0]["id"]
    api.delete(holders_path(shop, holder=holder))

    told = api.get("/v1/customers/cleo/activity").body["data"]

    assert [entry["type"] for entry in told] == [
        "customer.holder.assignment.deleted",
        "customer.holder.assignment.created",
        "customer.created",
    ]
    assert told[0]["data"]["data"]["voucher"]["code"] == shop.code.code


def test_a_referee_is_removed_and_the_referrer_is_not(api, shop):
    referee, referrer = (item["id"] for item in api.get(holders_path(shop)).body["data"])

    statuses = [api.delete(holders_path(shop, holder=holder)).status for holder in (referee, referee, referrer)]

    assert statuses == [204, 404, 403]
    assert api.delete(holders_path(shop, holder=referrer)).body["details"] == "You can not remove Referrer assignment"


def tiers_path(shop, tier=""):
    return f"/v1/referrals/{shop.referrals.public_id}/tiers{tier and '/' + tier}"


def test_a_tier_is_made_read_replaced_and_deleted(api, shop):
    made = api.post(tiers_path(shop), {"reward": reward(shop), "banner": "Thanks"}).body
    replaced = api.put(tiers_path(shop, made["id"]), {"reward": reward(shop) | {"amount": 7}, "active": False}).body
    read = api.get(tiers_path(shop, made["id"])).body
    listed = [item["id"] for item in api.get(tiers_path(shop)).body["data"]]
    deleted = [api.delete(tiers_path(shop, made["id"])).status for _ in range(2)]

    assert (made["banner"], made["reward"]["amount"], made["active"]) == ("Thanks", 5, True)
    assert (replaced["banner"], replaced["reward"]["amount"], replaced["active"]) == (None, 7, False)
    assert (read, listed, deleted) == (replaced, [shop.tier.public_id, made["id"]], [204, 404])


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["reward"]),
        ({"reward": {"type": "LOYALTY_CARD"}}, ["reward.related_object_parent", "reward.amount"]),
        ({"criterion": "MINIMUM"}, ["criterion"]),
        ({"minimum": 5}, ["minimum"]),
        ({"segment": {"id": "seg_x"}}, ["segment"]),
        ({"active": "yes"}, ["active"]),
        ({"amount": 0}, ["reward.amount"]),
        ({"amount": 2**31}, ["reward.amount"]),
        ({"amount": 1.5}, ["reward.amount"]),
        ({"type": "MATERIAL"}, ["reward.type"]),
        ({"related_object_parent": {}}, ["related_object_parent"]),
    ],
)
def test_a_tier_that_cannot_be_paid_is_refused(api, shop, count_rows, body, paths):
    before = count_rows()
    if body and "reward" not in body:
        changes = {name: body[name] for name in ("amount", "type", "related_object_parent") if name in body}
        body = {"reward": reward(shop) | changes} | {
            name: value for name, value in body.items() if name not in changes
        }

    answer = api.post(tiers_path(shop), body)

    assert (answer.status, answer.paths, count_rows()) == (400, paths, before)


def test_a_tier_is_of_its_campaign_alone(api, shop):
    assert api.get(f"/v1/referrals/{shop.club.public_id}/tiers").status == 404
    assert api.get(f"/v1/referrals/{shop.referrals.public_id}/tiers/{shop.rule.public_id}").status == 404


def test_conversions_tell_who_came_through_whom(api, shop):
    accept(shop.project, an_event(shop.definition.name, by="cleo", referral={"code": shop.code.code}))

    newest, oldest = api.get(f"/v1/referrals/{shop.referrals.public_id}/conversions").body["data"]

    assert {name: value for name, value in oldest.items() if name != "converted_at"} == {
        "id": shop.conversion.public_id,
        "campaign_id": shop.referrals.public_id,
        "code": shop.code.code,
        "referrer_id": shop.ada.public_id,
        "referee_id": shop.ben.public_id,
        "event_id": shop.event.public_id,
        "status": "counted",
        "reason": None,
        "object": "referral_conversion",
    }
    assert newest["referee_id"] != oldest["referee_id"]
