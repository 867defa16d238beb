"""`/v1/segments` beyond what the official SDK can ask for."""

import pytest

from segments.models import Membership
from tests.segments.world import a_segment
from tests.world import a_definition, a_loyalty_programme, accept, an_event


def refused(answer):
    assert (answer.status, answer.key) == (400, "invalid_payload")
    return sorted(error["path"] for error in answer.body["errors"])


def test_every_offending_field_of_a_filter_is_named(api, project):
    a_definition(project, "paid", {"amount": {"type": "number", "optional": True}}, unknown="reject")
    a_loyalty_programme(project, "Club")
    bad = {
        "junction": "xor",
        "name": {"conditions": {"$more_than": 5, "$is": {"a": 1}}},
        "shoe_size": {"conditions": {"$is": 5}},
        "address.planet": {"conditions": {"$is": "Earth"}},
        "metadata.tier": {"conditions": {}, "within_days": 5},
        "birthdate": {"conditions": {"$before": "yesterday", "$more_than_ago": -1, "$next_month": [False]}},
        "loyalty_points.campaigns.Other.points": {"conditions": {"$is": 5}},
        "events.sold.count": {"conditions": {"$is": 1}},
        "events.paid.last_at": {"conditions": {"$more_than_ago": "x"}, "within_days": 3},
        "events.paid.count": {
            "conditions": {"$more_than": 10_001},
            "within_days": 0,
            "where": {"metadata.colour": {"conditions": {"$is": 1}}, "metadata.amount": [], "name": {}},
        },
    }

    answer = api.post("/v1/segments", {"name": "", "type": "passive", "filter": bad})

    assert refused(answer) == [
        "filter.address.planet",
        "filter.birthdate.conditions.$before",
        "filter.birthdate.conditions.$more_than_ago",
        "filter.birthdate.conditions.$next_month",
        "filter.events.paid.count.conditions",
        "filter.events.paid.count.where.metadata.amount",
        "filter.events.paid.count.where.metadata.colour",
        "filter.events.paid.count.where.name",
        "filter.events.paid.count.within_days",
        "filter.events.paid.last_at.conditions.$more_than_ago",
        "filter.events.paid.last_at.within_days",
        "filter.events.sold.count",
        "filter.junction",
        "filter.loyalty_points.campaigns.Other.points",
        "filter.metadata.tier.conditions",
        "filter.metadata.tier.within_days",
        "filter.name.conditions.$is",
        "filter.name.conditions.$more_than",
        "filter.shoe_size",
        "name",
    ]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"type": "passive"}, ["filter"]),
        ({"type": "passive", "filter": {}}, ["filter"]),
        ({"type": "passive", "filter": {"junction": "and"}}, ["filter"]),
        ({"type": "auto-update", "filter": {"name": 5}, "customers": ["x"]}, ["customers", "filter.name"]),
        ({"type": "static", "filter": {"name": {"conditions": {"$is": "x"}}}}, ["filter"]),
        ({"type": "static", "customers": ["ben", "cust_0000000000000000000001"]}, ["customers.0", "customers.1"]),
        ({"type": "dynamic"}, ["type"]),
    ],
)
def test_what_does_not_make_a_segment_is_refused(api, body, paths):
    assert refused(api.post("/v1/segments", {"name": "Bad"} | body)) == paths
    assert api.get("/v1/segments").body["data"] == []


def test_a_name_is_taken_once_and_members_are_the_projects_own(api, mallory, project):
    ben = api.post("/v1/customers", {"source_id": "ben"}).body["id"]
    body = {"name": "Friends", "type": "static", "customers": [ben, ben]}

    first = api.post("/v1/segments", body)

    assert (first.status, Membership.objects.count()) == (200, 1)
    assert (api.post("/v1/segments", body).status, api.post("/v1/segments", body).key) == (409, "duplicate_found")
    assert refused(mallory.post("/v1/segments", body)) == ["customers.0", "customers.1"]
    assert mallory.get("/v1/customers", segment_id=first.body["id"]).body["customers"] == []


@pytest.mark.parametrize("count", [2, 20])
def test_lists_take_the_same_statements_for_two_rows_and_for_twenty(api, project, count, django_assert_num_queries):
    a_definition(project, "paid")
    for number in range(count):
        a_segment(project, name=f"Segment {number}")
    accept(project, *[an_event("paid", by=f"customer {number}") for number in range(count)])
    newest = api.get("/v1/segments", limit="1").body

    with django_assert_num_queries(3):  # the key, the rows, the total
        listed = api.get("/v1/segments", limit="100").body
    with django_assert_num_queries(3):  # the key, the customer, the segments
        of_one = api.get("/v1/customers/customer 0/segments").body
    with django_assert_num_queries(6):  # as without segment_id
        members = api.get("/v1/customers", segment_id=listed["data"][0]["id"], limit="100").body

    assert (len(listed["data"]), of_one["total"], members["total"]) == (count, count, count)
    assert (newest["has_more"], newest["more_starting_after"]) == (True, listed["data"][0]["id"])
    rest = api.get("/v1/segments", limit="100", starting_after=newest["more_starting_after"]).body
    assert rest["data"] == listed["data"][1:]
    named = api.get("/v1/segments", **{"filters[name][conditions][$is]": "Segment 1", "order": "created_at"}).body
    assert [item["name"] for item in named["data"]] == ["Segment 1"]
