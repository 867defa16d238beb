"""The members of a loyalty programme: lists, what happened to a card, and what a page of them costs."""

import pytest

from tests.world import a_published_code, accept, an_event


@pytest.fixture
def club(shop):
    return f"/v1/loyalties/{shop.club.public_id}"


def names(answer, key):
    return [item[key] for item in answer.body[answer.body["data_ref"]]]


@pytest.fixture
def cards(shop):
    """Three named cards beside Ada's and Ben's."""
    return [a_published_code(shop.club, code, to=code.lower()) for code in ("C-1", "a-2", "B-3")]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"order": "code", "limit": "2"}, ["a-2", "B-3"]),
        ({"order": "-code", "filters[code][conditions][$contains]": "-"}, None),
        ({"code": "c-1"}, ["C-1"]),
        ({"customer": "b-3"}, ["B-3"]),
        ({"filters[code][conditions][$in][0]": "C-1", "filters[code][conditions][$in][1]": "B-3"}, ["B-3", "C-1"]),
        ({"order": "type", "filters[code][conditions][$in]": "['C-1', 'a-2']"}, ["C-1", "a-2"]),
        ({"created_at[before]": "2020-01-01"}, []),
        ({"ids": "v_x"}, None),
    ],
)
def test_members_are_found_as_the_contract_says(api, club, cards, query, shown):
    found = names(api.get(f"{club}/members", **query), "code")

    if shown is None:
        expected = [] if "ids" in query else sorted((card for card in found), key=str.casefold, reverse=True)
        assert found == expected
    else:
        assert found == shown


def test_members_are_found_by_their_ids(api, club, cards):
    ids = [cards[0].public_id, cards[2].public_id]

    answer = api.get(f"{club}/members", ids=ids, order="code")

    assert names(answer, "id") == [cards[2].public_id, cards[0].public_id]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/members", {"order": "holder"}),
        ("/members", {"filters[points][conditions][$is]": "1"}),
        ("/transactions", {"order": "created_at"}),
        ("/transactions", {"filters[created_at][conditions][$after]": "never"}),
        ("/transactions", {"starting_after_id": "vtx_x"}),
        ("/earning-rules", {"filters[active][conditions][$is]": "on"}),
        ("/members/<card>/activity", {"order": "id"}),
        ("/members/<card>/activity", {"start_date": "never"}),
    ],
)
def test_what_a_list_does_not_have_is_refused(api, shop, club, path, query):
    answer = api.get(club + path.replace("<card>", shop.card.code), **query)

    assert (answer.status, answer.key) == (400, "invalid_query_params")


def test_transactions_go_both_ways_and_are_filtered(api, shop, club):
    for points in (1, 2, 3):
        api.post(f"{club}/members/{shop.card.code}/balance", {"points": points})
    path = f"/v1/loyalties/members/{shop.card.code}/transactions"

    newest = api.get(path, limit="2").body
    rest = api.get(path, starting_after_id=newest["more_starting_after"]).body["data"]
    oldest = api.get(path, order="id", limit="1").body
    after = api.get(path, order="id", limit="1", starting_after_id=oldest["more_starting_after"]).body["data"]
    own = api.get(f"{club}/transactions", **{"filters[voucher_id][conditions][$is]": shop.card.public_id}).body["data"]
    future = api.get(path, **{"filters[created_at][conditions][$after]": "2099-01-01"}).body["data"]

    def points(rows):
        return [row["details"]["balance"]["points"] for row in rows]

    assert (points(newest["data"]), newest["has_more"], points(rest)) == ([3, 2], True, [1, 10, 50])
    assert (points(oldest["data"]), points(after)) == ([50], [10])
    assert (points(own), future) == ([3, 2, 1, 10, 50], [])
    kinds = [row["details"]["balance"]["operation_type"] for row in own]
    assert kinds == ["MANUAL"] * 3 + ["AUTOMATIC"] * 2


def test_a_cards_activity_is_what_happened_to_the_card(api, shop, club):
    accept(shop.project, an_event(shop.definition.name, by="zebra-ben"))
    api.post(f"{club}/members/{shop.card.code}/balance", {"points": -5})

    whole = api.get(f"/v1/loyalties/members/{shop.card.code}/activity").body
    upwards = api.get(f"{club}/members/{shop.card.code}/activity", order="created_at", limit="2").body
    after = api.get(
        f"{club}/members/{shop.card.code}/activity", order="created_at", starting_after_id=upwards["data"][1]["id"]
    ).body
    later = api.get(f"/v1/loyalties/members/{shop.card.code}/activity", start_date="2099-01-01").body

    assert [entry["type"] for entry in whole["data"]] == [
        "customer.voucher.loyalty_card.points_added",
        "customer.rewarded.loyalty_points",
        "customer.rewarded.loyalty_points",
        "customer.voucher.loyalty_card.points_added",
        "customer.publication.succeeded",
        "customer.rewarded",
    ]
    assert whole["data"][0]["data"]["data"]["balance"]["points"] == -5
    assert whole["data"][0]["data"]["data"]["customer"]["source_id"] == "zebra-ben"
    ids = [entry["id"] for entry in whole["data"]]
    assert [entry["id"] for entry in [*upwards["data"], *after["data"]]] == ids[::-1]
    assert (upwards["more_starting_after"], later["data"]) == (ids[-2], [])


def test_a_card_that_nobody_has_has_no_activity(api, shop, club):
    code = api.post(f"/v1/campaigns/{shop.club.public_id}/vouchers").body["code"]

    assert api.get(f"{club}/members/{code}/activity").body["data"] == []


@pytest.mark.parametrize("count", [2, 20])
@pytest.mark.parametrize(
    ("path", "statements"),
    [("/members", 7), ("/transactions", 3), ("/members/<card>/transactions", 4), ("/members/<card>/activity", 14)],
)
def test_a_page_costs_the_same_for_two_and_for_twenty(
    api, shop, club, path, statements, count, django_assert_num_queries
):
    for number in range(count):
        a_published_code(shop.club, f"M-{number}", to=f"member-{number}")
        api.post(f"{club}/members/{shop.card.code}/balance", {"points": 1})
    address = club + path.replace("<card>", shop.card.code)
    api.get(address)

    with django_assert_num_queries(statements):
        listed = api.get(address, limit=str(count)).body

    assert len(listed[listed["data_ref"]]) == count
