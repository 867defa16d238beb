"""`/v1/publications`, and the members of a programme, who are published a card."""

import pytest

from tests.api.bodies import campaign


def publish(api, query="", **body):
    return api.post(f"/v1/publications{query}", {"customer": {"source_id": "cleo"}} | body)


@pytest.fixture
def free_code(api, shop):
    return api.post(f"/v1/campaigns/{shop.referrals.public_id}/vouchers/FREE-1").body["code"]


def test_a_publication_is_answered_with_customer_and_code(api, shop, free_code):
    body = publish(api, voucher=free_code, source_id="p-1", channel="mail", metadata={"a": 1}).body

    assert {name: body[name] for name in ("object", "tracking_id", "metadata", "channel", "source_id", "result")} == {
        "object": "publication",
        "tracking_id": "cleo",
        "metadata": {"a": 1},
        "channel": "mail",
        "source_id": "p-1",
        "result": "SUCCESS",
    }
    assert body["customer_id"] == body["customer"]["id"] == body["voucher"]["holder_id"]
    assert (body["vouchers_id"], body["voucher"]["code"]) == ([body["voucher"]["id"]], "FREE-1")
    assert (body["voucher"]["referrer_id"], body["voucher"]["publish"]["count"]) == (body["customer_id"], 1)


@pytest.mark.parametrize(
    "form", [lambda name: name, lambda name: {"name": name}, lambda name: {"name": name, "count": 1}]
)
def test_a_campaign_may_be_named_in_two_ways(api, shop, free_code, form):
    assert publish(api, campaign=form(shop.referrals.name)).body["voucher"]["code"] == free_code


def test_nulls_mean_left_out(api, shop, free_code):
    nulls = {"campaign": None, "source_id": None, "channel": None, "metadata": None}

    body = publish(api, voucher=free_code, **nulls).body

    assert (body["source_id"], body["channel"], body["metadata"]) == (None, "API", {})


def test_an_email_is_enough_for_a_customer(api, free_code):
    assert publish(api, voucher=free_code, customer={"email": "new@example.com"}).body["customer"]["source_id"] is None


@pytest.mark.parametrize(
    ("body", "status", "key"),
    [
        ({}, 400, "missing_vouchers"),
        ({"voucher": "zebra-01"}, 400, "voucher_already_published"),
        ({"voucher": "NOBODYS"}, 404, "not_found"),
        ({"campaign": "Nothing"}, 404, "not_found"),
        ({"campaign": {"name": "zebra referrals", "count": 2}}, 400, "too_many_vouchers_requested"),
        ({"campaign": "zebra referrals"}, 400, "no_voucher_suitable_for_publication"),
        ({"campaign": 5}, 400, "invalid_payload"),
        ({"campaign": {}}, 400, "invalid_payload"),
        ({"voucher": "zebra-01", "customer": {}}, 400, "invalid_payload"),
        ({"voucher": "zebra-01", "customer": None}, 400, "invalid_payload"),
        ({"voucher": "zebra-01", "customer": {"id": "cust_x"}}, 404, "not_found"),
        ({"voucher": 5, "channel": 5, "metadata": []}, 400, "invalid_payload"),
    ],
)
def test_a_publication_that_cannot_be_is_refused_and_nothing_is_written(api, shop, count_rows, body, status, key):
    before = count_rows()

    answer = publish(api, **body)

    assert (answer.status, answer.key, count_rows()) == (status, key, before)


def test_joining_once_is_asked_for_in_the_query(api, shop, free_code):
    api.post(f"/v1/campaigns/{shop.referrals.public_id}/vouchers/FREE-2")

    codes = [
        publish(api, query, campaign=shop.referrals.name).body["voucher"]["code"]
        for query in ("", "?join_once=true", "?join_once=false")
    ]

    assert codes == ["FREE-1", "FREE-1", "FREE-2"]
    assert publish(api, "?join_once=maybe", campaign=shop.referrals.name).paths == ["join_once"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 3),
        ({"campaign": "zebra referrals"}, 1),
        ({"campaign": "zebra club"}, 2),
        ({"voucher": "zebra-01"}, 1),
        ({"source_id": "p-1"}, 0),
        ({"order": "id", "limit": "2"}, 2),
        ({"order": "-channel"}, 3),
    ],
)
def test_publications_are_listed(api, shop, query, count):
    assert len(api.get("/v1/publications", **query).body["publications"]) == count


def join(api, shop, **body):
    return api.post(f"/v1/loyalties/{shop.club.public_id}/members", {"customer": {"source_id": "cleo"}} | body)


def test_a_member_is_answered_with_the_card(api, shop):
    card = join(api, shop).body

    assert (card["type"], card["campaign"], card["is_referral_code"]) == ("LOYALTY_CARD", shop.club.name, False)
    assert card["loyalty_card"] == {
        "points": 0,
        "balance": 0,
        "next_expiration_date": None,
        "next_expiration_points": None,
        "pending_points": 0,
        "expired_points": 0,
        "subtracted_points": 0,
    }
    assert "referrer_id" not in card


def test_who_is_a_member_is_answered_with_the_card_there_is(api, shop):
    first, second = (join(api, shop).body for _ in range(2))

    assert (first["id"], first["holder_id"]) == (second["id"], second["holder_id"])
    assert join(api, shop, customer={"id": shop.ben.public_id}).body["id"] == shop.card.public_id


def test_a_chosen_card_has_to_be_of_the_programme(api, shop):
    answer = join(api, shop, voucher=shop.code.code)

    assert (answer.status, answer.body["resource_type"]) == (404, "voucher")


@pytest.mark.parametrize(
    ("query", "holders"),
    [
        ({"customer": "zebra-ben"}, ["zebra-ben"]),
        ({"code": "NOBODYS"}, []),
        ({"order": "code", "limit": "1", "created_at[after]": "2999-01-01"}, []),
    ],
)
def test_members_are_found(api, shop, query, holders):
    cards = api.get(f"/v1/loyalties/{shop.club.public_id}/members", **query).body["vouchers"]

    assert [card["holder_id"] for card in cards] == [shop.ben.public_id for _ in holders]


def test_a_card_is_read_by_code_and_id_with_and_without_its_programme(api, shop):
    paths = [
        f"/v1/loyalties/{prefix}members/{name}"
        for prefix in ("", f"{shop.club.public_id}/")
        for name in (shop.card.code, shop.card.public_id, shop.card.code.upper())
    ]

    cards = [api.get(path).body for path in paths]

    assert cards == [cards[0]] * 6
    assert (cards[0]["id"], cards[0]["loyalty_card"]["balance"]) == (shop.card.public_id, 60)


def test_a_card_is_not_found_elsewhere(api, shop):
    other = api.post("/v1/campaigns", campaign(shop)).body["id"]

    statuses = [
        api.get(f"/v1/loyalties/{other}/members/{shop.card.code}").status,
        api.get(f"/v1/loyalties/members/{shop.code.code}").status,
        api.get(f"/v1/referrals/members/{shop.card.code}/holders").status,
    ]

    assert statuses == [404, 404, 404]
