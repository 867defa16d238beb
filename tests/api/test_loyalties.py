"""Balances, transactions and earning rules over the API."""

from datetime import timedelta

import pytest

from common.ids import public_id, uuid7
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from loyalty.models import EarningRule, LedgerEntry
from projects.models import Project
from segments.due import run_due
from tests.api.bodies import rules
from tests.eventschema.definitions import change
from tests.eventschema.schemas import specs_of
from tests.segments.world import a_segment
from tests.world import NOW, TESTER, a_definition, accept, an_event


def adjust(api, shop, points, prefix="", **body):
    return api.post(f"/v1/loyalties/{prefix}members/{shop.card.code}/balance", {"points": points} | body)


def test_a_changed_balance_is_answered_as_the_contract_says(api, shop):
    assert adjust(api, shop, 5, reason="Sorry", source_id="s-1").body == {
        "points": 5,
        "total": 65,
        "balance": 65,
        "type": "loyalty_card",
        "object": "balance",
        "related_object": {"type": "voucher", "id": shop.card.public_id},
        "operation_type": "MANUAL",
    }
    assert adjust(api, shop, -15, prefix=f"{shop.club.public_id}/").body["balance"] == 50


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"points": 0}, "invalid_add_balance_params"),
        ({"points": -61}, "loyalty_card_points_exceeded"),
        ({"points": 2**62}, "invalid_add_balance_params"),
        ({"points": 1.5}, "invalid_payload"),
        ({"points": "5"}, "invalid_payload"),
        ({"points": None}, "invalid_payload"),
        ({"points": 5, "reason": "a" * 501}, "invalid_payload"),
        ({"points": 5, "expiration_date": "2030-01-01"}, "invalid_payload"),
        ({"points": 5, "expiration_type": "CUSTOM_DATE"}, "invalid_add_balance_params"),
    ],
)
def test_a_balance_that_cannot_be_is_refused_and_nothing_is_posted(api, shop, count_rows, body, key):
    before = count_rows()

    answer = api.post(f"/v1/loyalties/members/{shop.card.code}/balance", body)

    assert (answer.status, answer.key, count_rows()) == (400, key, before)


def test_a_card_that_nobody_holds_takes_no_points(api, shop):
    code = api.post(f"/v1/campaigns/{shop.club.public_id}/vouchers").body["code"]

    answer = api.post(f"/v1/loyalties/members/{code}/balance", {"points": 5})

    assert (answer.status, answer.key) == (400, "not_published")


def test_transactions_tell_where_points_came_from_newest_first(api, shop):
    adjust(api, shop, -5, reason="Oops", source_id="s-1")

    listed = api.get(f"/v1/loyalties/members/{shop.card.code}/transactions").body["data"]

    told = [
        (item["type"], item["details"]["balance"]["points"], item["details"]["balance"]["balance"], item["source"])
        for item in listed
    ]
    assert told == [
        ("POINTS_REMOVAL", -5, 55, "API"),
        ("POINTS_ACCRUAL", 10, 60, None),
        ("POINTS_ADDITION", 50, 50, None),
    ]
    assert (listed[0]["reason"], listed[0]["source_id"], listed[0]["campaign_id"]) == (
        "Oops",
        "s-1",
        shop.club.public_id,
    )
    assert listed[1]["details"]["custom_event"] == {"id": shop.event.public_id, "type": shop.definition.name}
    assert listed[1]["details"]["earning_rule"] == {"id": shop.rule.public_id, "source": {"banner": "zebra rule"}}
    assert listed[1]["details"]["event_schema"] == {"id": shop.definition.public_id, "name": shop.definition.name}


def test_a_programmes_transactions_are_those_of_all_its_cards(api, shop):
    listed = api.get(f"/v1/loyalties/{shop.club.public_id}/transactions").body["data"]

    assert [item["details"]["balance"]["points"] for item in listed] == [10, 100, 50]


def test_points_that_were_taken_are_told_on_the_card(api, shop):
    adjust(api, shop, -15)

    card = api.get(f"/v1/loyalties/members/{shop.card.code}").body["loyalty_card"]

    assert (card["points"], card["balance"], card["subtracted_points"]) == (60, 45, 15)


def rules_path(shop, rule=""):
    return f"/v1/loyalties/{shop.club.public_id}/earning-rules{rule and '/' + rule}"


PROPORTIONAL = {
    "type": "PROPORTIONAL",
    "calculation_type": "CUSTOM_EVENT_METADATA",
    "custom_event": {"metadata": {"every": 10, "points": "2", "property": "amount"}},
}


def test_rules_are_made_all_of_a_list_or_none(api, shop):
    good = rules(shop)[0]

    made = api.post(rules_path(shop), [good, good | {"source": {"banner": "Second"}}]).body
    refused = api.post(rules_path(shop), [good, good | {"loyalty": {"type": "FIXED", "points": 0}}])

    assert [rule["source"]["banner"] for rule in made] == ["Welcome", "Second"]
    assert (refused.status, EarningRule.objects.count()) == (400, 3)


def test_events_are_checked_by_what_was_published_after_a_refused_list_of_rules(api, shop, undone):
    proportional = rules(shop)[0] | {"loyalty": PROPORTIONAL}
    undone(lambda: api.post(rules_path(shop), [rules(shop)[0], proportional]))

    change(shop.definition, {"amount": {"type": "number", "optional": False}})
    answer = api.post("/v1/events", {"event": shop.definition.name, "customer": {"source_id": "cleo"}})

    assert (answer.status, answer.key) == (400, "metadata_validation_failed")


def test_a_rule_is_answered_as_the_contract_says(api, shop):
    change(shop.definition, {"amount": {"type": "number"}})
    body = api.post(rules_path(shop), [rules(shop)[0] | {"loyalty": PROPORTIONAL}]).body[0]

    assert {name: body[name] for name in ("event", "custom_event", "loyalty", "source", "active", "object")} == {
        "event": shop.definition.name,
        "custom_event": {"schema_id": shop.definition.public_id},
        "loyalty": {
            "type": "PROPORTIONAL",
            "calculation_type": "CUSTOM_EVENT_METADATA",
            "custom_event": {"metadata": {"every": 10, "points": 2, "property": "amount"}},
        },
        "source": {"banner": "Welcome", "object_id": shop.club.public_id, "object_type": "campaign"},
        "active": True,
        "object": "earning_rule",
    }
    assert api.get(rules_path(shop, body["id"])).body["loyalty"] == body["loyalty"]


@pytest.mark.parametrize(
    ("parts", "status", "key"),
    [
        ({"event": "order.paid", "custom_event": None}, 404, "not_found"),
        ({"custom_event": {"schema_id": "ms_x"}}, 404, "not_found"),
        ({"event": "another"}, 400, "invalid_payload"),
        ({"custom_event": {}}, 400, "invalid_payload"),
        ({"loyalty": {"type": "FIXED"}}, 400, "invalid_payload"),
        ({"loyalty": {"type": "PROPORTIONAL"}}, 400, "invalid_payload"),
        ({"loyalty": PROPORTIONAL}, 400, "invalid_payload"),
        ({"loyalty": {"type": "PROPORTIONAL", "calculation_type": "ORDER_AMOUNT"}}, 400, "invalid_payload"),
        ({"validation_rule_id": "val_x"}, 400, "invalid_payload"),
        ({"pending_points": {"period_type": "DAY"}}, 400, "invalid_payload"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_and_not_made(api, shop, count_rows, parts, status, key):
    before = count_rows()

    answer = api.post(rules_path(shop), [rules(shop)[0] | parts])

    assert (answer.status, answer.key, count_rows()) == (status, key, before)


ENTERED = {"event": "customer.segment.entered", "loyalty": {"type": "FIXED", "points": "5"}}


@pytest.fixture
def gold(shop):
    return a_segment(shop.project, {"metadata.tier": {"conditions": {"$is": "gold"}}}, "Gold", kind="passive")


def test_a_rule_pays_for_entering_a_segment_and_keeps_it(api, shop, gold):
    entered = ENTERED | {"segment": {"id": gold.public_id}, "custom_event": None}

    (made,) = api.post(rules_path(shop), [entered]).body
    changed = api.put(rules_path(shop, made["id"]), {"loyalty": {"type": "FIXED", "points": 7}}).body
    listed = api.get(rules_path(shop)).body["data"]
    refused = api.delete(f"/v1/segments/{gold.public_id}")

    assert {name: made[name] for name in ("event", "custom_event", "segment", "loyalty")} == {
        "event": "customer.segment.entered",
        "custom_event": None,
        "segment": {"id": gold.public_id},
        "loyalty": {"type": "FIXED", "points": 5},
    }
    assert changed["loyalty"]["points"] == 7
    assert listed[0] == api.get(rules_path(shop, made["id"])).body == changed
    assert (refused.status, refused.key) == (400, "resource_in_use")
    assert api.get(f"/v1/segments/{gold.public_id}").body["type"] == "auto-update"


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({}, "segment"),
        ({"segment": None}, "segment"),
        ({"segment": {}}, "segment.id"),
        ({"segment": {"id": 5}}, "segment.id"),
        ({"segment": {"id": ""}}, "segment.id"),
        ({"segment": {"id": "seg_x"}}, "segment.id"),
        ({"segment": {"id": "cust_0123456789ABCDEFGHIJKL"}}, "segment.id"),
        ({"segment": {"id": public_id("seg", uuid7())}}, "segment.id"),
        ({"event": "order.paid", "segment": {"id": "seg_x"}}, "segment"),
        ({"custom_event": {"schema_id": "ms_x"}, "segment": {"id": "seg_x"}}, "segment"),
        ({"segment": {"id": "GOLD"}, "loyalty": PROPORTIONAL}, "loyalty.type"),
        ({"segment": {"id": "STATIC"}}, "segment.id"),
    ],
)
def test_an_entry_that_cannot_be_paid_for_is_refused(api, shop, gold, count_rows, parts, path):
    named = {"GOLD": gold.public_id, "STATIC": shop.segment.public_id}
    if parts.get("segment"):
        parts = parts | {"segment": {key: named.get(value, value) for key, value in parts["segment"].items()}}
    before = count_rows()

    answer = api.post(rules_path(shop), [ENTERED | parts])

    assert (answer.status, answer.key, count_rows()) == (400, "invalid_payload", before)
    assert [error["path"] for error in answer.body["errors"]] == [path]


def test_points_that_the_calendar_brought_are_told_without_an_event(api, shop):
    definition = a_definition(shop.project, "paid")
    silent = {"events.paid.last_at": {"conditions": {"$more_than_ago": [30]}}}
    segment = a_segment(shop.project, silent, "Silent")
    (rule,) = api.post(rules_path(shop), [ENTERED | {"segment": {"id": segment.public_id}}]).body
    accept(shop.project, an_event(definition.name, by="silent"))
    run_due(NOW + timedelta(days=31))

    activity = api.get("/v1/customers/silent/activity").body["data"]
    told = {item["type"]: item["data"]["data"] for item in activity}
    entry = LedgerEntry.objects.get(card__customer__source_id="silent", rule__isnull=False)
    (transaction,) = api.get(f"/v1/loyalties/members/{entry.card.voucher.code}/transactions").body["data"][:1]

    assert told["customer.segment.entered"]["segment"]["id"] == segment.public_id
    assert told["customer.rewarded.loyalty_points"]["earning_rule"]["id"] == rule["id"]
    assert transaction["details"].keys() == {"balance", "earning_rule"}
    assert (transaction["type"], transaction["details"]["balance"]["points"]) == ("POINTS_ACCRUAL", 5)


def test_an_event_of_that_name_is_an_event(api, shop):
    definition = a_definition(shop.project, "customer.segment.entered")

    (made,) = api.post(rules_path(shop), [ENTERED | {"custom_event": {"schema_id": definition.public_id}}]).body

    assert (made["custom_event"], made["segment"]) == ({"schema_id": definition.public_id}, None)


@pytest.mark.parametrize("body", [None, {}, [], "x", [5], [None]])
def test_rules_come_as_a_list_of_objects(api, shop, body):
    assert (
        api.raw("POST", rules_path(shop), b"" if body is None else str(body).replace("None", "null").encode()).status
        == 400
    )


def test_a_rule_keeps_what_is_left_out_and_ends_its_window_by_null(api, shop):
    path = rules_path(shop, shop.rule.public_id)
    window = {"start_date": "2026-01-01T00:00:00Z", "expiration_date": "2027-01-01T00:00:00Z"}

    with_window = api.put(path, window).body
    without_end = api.put(path, {"expiration_date": None, "loyalty": {"type": "FIXED", "points": 7}}).body

    assert (with_window["loyalty"], with_window["source"]["banner"]) == ({"type": "FIXED", "points": 10}, "zebra rule")
    assert (without_end["start_date"], without_end["expiration_date"]) == ("2026-01-01T00:00:00.000Z", None)
    assert without_end["loyalty"] == {"type": "FIXED", "points": 7}


def test_a_rule_is_switched_and_deleted(api, shop):
    path = rules_path(shop, shop.rule.public_id)

    switched = [api.post(f"{path}/{word}").body["active"] for word in ("disable", "disable", "enable")]
    deleted = [api.delete(path).status for _ in range(2)]

    assert (switched, deleted) == ([False, False, True], [204, 404])
    assert api.get(rules_path(shop)).body["data"] == []


def test_a_rule_is_of_its_programme_alone(api, shop):
    other = api.post("/v1/loyalties", {"name": "Gold", "voucher": {"loyalty_card": {"points": 0}}}).body["id"]

    assert api.get(f"/v1/loyalties/{other}/earning-rules/{shop.rule.public_id}").status == 404
    assert api.get(f"/v1/loyalties/{shop.referrals.public_id}").status == 404


def test_a_rules_metadata_is_judged_by_the_projects_schema_of_rules(api, shop):
    schema = MetadataSchema(project=shop.project, related_object="earning_rule")
    rank = {"type": "number", "optional": False}
    save_nested_schema(schema, specs_of({"rank": rank}), by=TESTER, now=NOW)
    path = rules_path(shop, shop.rule.public_id)

    made = api.post(rules_path(shop), [rules(shop)[0], rules(shop)[0] | {"metadata": {"rank": 1}}])
    untouched = api.put(path, {"active": False})
    wrong = api.put(path, {"metadata": {"rank": "first"}})
    right = api.put(path, {"metadata": {"rank": 1}})

    assert (made.status, made.key, EarningRule.objects.count()) == (400, "metadata_validation_failed", 1)
    assert made.body["details"] == "rank: must be a number, property is required (actual value is 'undefined')"
    assert (untouched.status, wrong.key, wrong.paths) == (200, "metadata_validation_failed", ["metadata.rank"])
    assert right.body["metadata"] == {"rank": 1}


def test_a_rule_may_pay_at_certain_times_only_in_the_projects_zone(api, shop):
    Project.objects.filter(pk=shop.project.pk).update(time_zone="Asia/Tokyo")
    path = rules_path(shop, shop.rule.public_id)
    sundays = {
        "validity_day_of_week": [0],
        "validity_hours": {"daily": [{"start_time": "19:00", "expiration_time": "20:00"}]},
    }
    frame = {"interval": "P2D", "duration": "PT1H"}

    def earned(moment):
        event = {"event": shop.definition.name, "customer": {"source_id": "zebra-ben"}, "occurred_at": moment}
        return [effect["kind"] for effect in api.post("/v1/events?expand=effects", event).body["effects"]]

    shown = api.put(path, sundays).body
    # 2026-11-22 was a Sunday; 10:30 in UTC is 19:30 in Tokyo.
    paid = [earned(f"2026-11-{moment}:30:00Z") for moment in ("22T10", "22T11", "23T10")]
    without = api.put(path, {"validity_timeframe": frame})
    cleared = api.put(
        path, {"start_date": "2026-11-01T00:00:00Z", "validity_timeframe": frame, "validity_hours": None}
    )

    assert {name: shown[name] for name in sundays} == sundays
    assert paid == [["points.earned"], [], []]
    assert (without.status, without.paths) == (400, ["start_date"])
    assert (cleared.body["validity_timeframe"], cleared.body["validity_hours"]) == (frame, None)
    assert api.put(path, {"validity_day_of_week": [7], "validity_hours": {"daily": []}}).status == 400
