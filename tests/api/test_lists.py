"""Lists: pages with a total, newest first with a cursor, and as many statements for many rows as for one."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.kinds import BalanceChange
from campaigns.vouchers import add_code
from customers.models import Customer
from gifts.journal import adjust_credits
from referrals.programs import Reward, TierFields, add_tier
from tests.factories import CustomerFactory
from tests.world import NOW, TESTER, a_definition, a_referral_programme, a_rule, accept, an_event


def names(answer, key="source_id"):
    return [item[key] for item in answer.body[answer.body["data_ref"]]]


@pytest.fixture
def people(project):
    """Twelve customers, one an hour, the last of them the newest."""
    Customer.objects.bulk_create(
        CustomerFactory.build(project=project, source_id=f"c{n:02}", created_at=NOW + timedelta(hours=n))
        for n in range(12)
    )
    return [f"c{n:02}" for n in range(12)]


def test_a_list_has_ten_rows_newest_first_where_nothing_is_asked(api, people):
    answer = api.get("/v1/customers")

    assert names(answer) == people[:1:-1]
    assert {name: value for name, value in answer.body.items() if name != "customers"} == {
        "object": "list",
        "data_ref": "customers",
        "total": 12,
        "has_more": True,
    }


@pytest.mark.parametrize(
    ("query", "shown", "has_more"),
    [
        ({"limit": "5"}, slice(11, 6, -1), True),
        ({"limit": "5", "page": "2"}, slice(6, 1, -1), True),
        ({"limit": "5", "page": "3"}, slice(1, None, -1), False),
        ({"limit": "5", "page": "4"}, slice(0, 0), False),
        ({"limit": "12"}, slice(None, None, -1), False),
        ({"limit": "100", "order": "created_at"}, slice(None), False),
        ({"limit": "3", "order": "source_id"}, slice(0, 3), True),
        ({"limit": "3", "order": "-source_id"}, slice(11, 8, -1), True),
    ],
)
def test_pages_follow_one_another(api, people, query, shown, has_more):
    answer = api.get("/v1/customers", **query)

    assert (names(answer), answer.body["total"], answer.body["has_more"]) == (people[shown], 12, has_more)


def test_rows_of_the_same_moment_are_on_one_page_alone(api, project):
    Customer.objects.bulk_create(
        CustomerFactory.build(project=project, source_id=f"c{n}", created_at=NOW) for n in range(9)
    )

    pages = [names(api.get("/v1/customers", limit="3", page=str(page))) for page in (1, 2, 3)]

    assert sorted(name for page in pages for name in page) == [f"c{n}" for n in range(9)]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"limit": "0"}, "Property .limit cannot be lower than 1"),
        ({"limit": "101"}, "Property .limit cannot be higher than 100"),
        ({"limit": "ten"}, "Property .limit must be integer from 1 to 100"),
        ({"limit": "1.0"}, "Property .limit must be integer from 1 to 100"),
        ({"page": "0"}, "Property .page cannot be lower than 1"),
        ({"page": "101"}, "Property .page cannot be higher than 100"),
        (
            {"order": "age"},
            "Property .order must be one of created_at, -created_at, updated_at, -updated_at, source_id, -source_id",
        ),
        (
            {"created_at[before]": "never"},
            "Property .created_at[before] cannot be recognized as a ISO-8601 compliant date",
        ),
        (
            {"starting_after": "2026-02-30"},
            "Property .starting_after cannot be recognized as a ISO-8601 compliant date",
        ),
    ],
)
def test_a_parameter_that_is_wrong_is_told(api, query, sentence):
    answer = api.get("/v1/customers", **query)

    assert (answer.status, answer.key, answer.body["details"]) == (400, "invalid_query_params", sentence)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"created_at[after]": "2026-11-22T19:00:00Z"}, ["c11", "c10"]),
        ({"created_at[before]": "2026-11-22T12:00:00.000000+0000"}, ["c01", "c00"]),
        ({"created_at[after]": "2026-11-22T10:00:00", "created_at[before]": "2026-11-22T12:00:00"}, ["c01"]),
        ({"created_at[after]": "2026-11-23"}, []),
        ({"created_at[before]": "2026-11-22"}, []),
        ({"starting_after": "2026-11-22T12:00:00Z"}, ["c01", "c00"]),
        ({"starting_after": "2026-11-22T19:00:00Z", "order": "created_at"}, ["c10", "c11"]),
    ],
)
def test_moments_narrow_a_list_and_are_themselves_left_out(api, people, query, shown):
    assert names(api.get("/v1/customers", **query)) == shown


def test_a_cursor_leads_through_a_list_row_by_row(api, project):
    a_definition(project, "signed_up")
    events = [accept(project, an_event(by=f"c{n}"))[0].event.public_id for n in range(5)]

    seen, cursor, more = [], {}, True
    while more:
        body = api.get("/v1/events", limit="2", **cursor).body
        seen += [item["id"] for item in body["data"]]
        cursor, more = {"starting_after_id": body["more_starting_after"]}, body["has_more"]

    assert seen == events[::-1]
    assert (body["object"], body["data_ref"], body["more_starting_after"]) == ("list", "data", None)


def test_a_cursor_is_an_id_of_that_list(api, shop):
    for cursor in ("x", shop.ben.public_id, "event_"):
        answer = api.get("/v1/events", starting_after_id=cursor)

        assert (answer.status, answer.paths) == (400, ["starting_after_id"])


# One of each finds the key.
STATEMENTS = {
    "v1/events": 4,
    "v1/events/<event_id>": 6,
    "v1/customers": 6,
    "v1/customers/<customer_id>": 5,
    "v1/customers/<customer_id>/activity": 25,
    "v1/customers/<customer_id>/redeemables": 6,
    "v1/campaigns": 7,
    "v1/campaigns/<campaign_id>": 6,
    "v1/loyalties": 6,
    "v1/publications": 10,
    "v1/distributions": 3,
    "v1/distributions/<distribution_id>": 3,
    "v1/distributions/<distribution_id>/deliveries": 3,
    "v1/vouchers": 7,
    "v1/vouchers/<code>/transactions": 4,
    "v1/exports/<export_id>": 2,
    "v1/campaigns/<campaign_id>/transactions": 3,
    "v1/vouchers/<code>": 4,
    "v1/referrals/<campaign_id>/members/<member_id>/holders": 7,
    "v1/referrals/<campaign_id>/tiers": 4,
    "v1/referrals/<campaign_id>/conversions": 4,
    "v1/loyalties/<campaign_id>/members": 7,
    "v1/loyalties/<campaign_id>/transactions": 5,
    "v1/loyalties/members/<member_id>/transactions": 6,
    "v1/loyalties/<campaign_id>/earning-rules": 5,
    "v1/loyalties/<campaign_id>": 5,
    "v1/loyalties/members/<member_id>": 6,
    "v1/loyalties/members/<member_id>/activity": 24,
    "v1/loyalties/<campaign_id>/earning-rules/<rule_id>": 4,
    "v1/validation-rules": 4,
    "v1/validation-rules-assignments": 3,
    "v1/validation-rules/<validation_rule_id>/assignments": 3,
    "v1/metadata-schemas": 3,
    "management/v1/projects/<project_id>": 2,
    "management/v1/projects/<project_id>/webhooks/<webhook_id>": 2,
    "management/v1/projects/<project_id>/webhooks/<webhook_id>/send-outs": 3,
    "management/v1/projects/<project_id>/send-outs/<send_out_id>": 3,
    "management/v1/projects/<project_id>/metadata-schemas": 3,
    "management/v1/projects/<project_id>/custom-event-schemas": 3,
}


def statements_of(api, path):
    """How many statements a call takes, once what it reads of the configuration is compiled."""
    api.get(path, limit="100")
    with CaptureQueriesContext(connection) as captured:
        assert api.get(path, limit="100").status == 200
    return len(captured)


@pytest.mark.parametrize("count", [1, 12])
def test_reading_costs_the_same_for_one_row_and_for_many(api, shop, project, count):
    event, code = shop.definition.name, shop.code.code
    accept(project, *(an_event(event, by=f"c{n}", referral={"code": code}) for n in range(count)))
    accept(project, *(an_event(event, by=shop.ben.source_id) for _ in range(count)))
    for n in range(count):
        a_rule(shop.club, a_definition(project, f"event {n}"))
        a_referral_programme(project, shop.definition, club=shop.club, referrer_points=5, name=f"referrals {n}")
        add_code(shop.referrals, f"code {n}", by=TESTER)
        adjust_credits(shop.gift, BalanceChange(5), now=NOW, by=TESTER)
        adjust_credits(add_code(shop.gifts, f"gift {n}", by=TESTER), BalanceChange(5), now=NOW, by=TESTER)
        add_tier(shop.referrals.referral_program, TierFields(Reward("LOYALTY_CARD", shop.club, 1)), by=TESTER)

    assert {route: statements_of(api, shop.path(route)) for route in STATEMENTS} == STATEMENTS


def test_times_are_written_with_milliseconds_in_utc(api, people):
    created_at = api.get("/v1/customers").body["customers"][0]["created_at"]

    assert created_at == "2026-11-22T21:00:00.000Z"
    assert datetime.fromisoformat(created_at) == NOW + timedelta(hours=11)


@pytest.mark.parametrize(
    ("order", "expected"),
    [("-updated_at", ["c", "a", "d", "b"]), ("updated_at", ["b", "d", "a", "c"])],
)
def test_rows_that_never_changed_come_after_those_that_did(api, project, order, expected):
    changed = {"a": NOW, "b": None, "c": NOW + timedelta(hours=1), "d": None}
    for name, moment in changed.items():
        CustomerFactory(project=project, source_id=name, updated_at=moment)

    assert names(api.get("/v1/customers", order=order)) == expected


def test_a_code_is_found_in_lists_however_it_is_written(api, shop):
    code = shop.code.code.upper()

    publications = api.get("/v1/publications", voucher=code).body["publications"]
    members = api.get(f"/v1/loyalties/{shop.club.public_id}/members", code=shop.card.code.upper()).body["vouchers"]

    assert [item["voucher"]["id"] for item in publications] == [shop.code.public_id]
    assert [item["id"] for item in members] == [shop.card.public_id]
