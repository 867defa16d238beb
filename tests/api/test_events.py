"""`/v1/events`: tracked, listed, and looked at with everything they did."""

from decimal import Decimal

import pytest

from events.models import Event, EventVoid, RejectedEvent
from tests.world import NOW, a_definition, a_rule, accept, an_event

# What the answer has beyond the contract.
ADDED = {"id", "source_id", "created_at", "occurred_at"}


def track(api, shop, by="cleo", query="", **parts):
    return api.post(f"/v1/events{query}", {"event": shop.definition.name, "customer": {"source_id": by}, **parts})


def test_a_tracked_event_is_answered_as_the_contract_says(api, shop):
    body = track(api, shop, customer={"source_id": "cleo", "name": "Cleo", "metadata": {"VIP": True}}).body

    assert {name: body[name] for name in ("object", "type", "referral", "loyalty")} == {
        "object": "event",
        "type": shop.definition.name,
        "referral": None,
        "loyalty": None,
    }
    customer = body["customer"]
    assert customer.pop("id").startswith("cust_")
    assert customer == {
        "source_id": "cleo",
        "name": "Cleo",
        "email": None,
        "metadata": {"VIP": True},
        "object": "customer",
    }
    assert body["id"].startswith("event_")
    assert body.keys() == {"object", "type", "customer", "referral", "loyalty"} | ADDED


def test_referral_and_loyalty_are_null_in_the_answer_even_where_they_were_sent(api, shop):
    body = track(api, shop, referral={"code": shop.code.code}).body

    assert (body["referral"], body["loyalty"]) == (None, None)


def test_effects_and_skips_are_told_where_they_are_asked_for(api, shop):
    first = track(api, shop, query="?expand=effects", referral={"code": shop.code.code}).body
    second = track(api, shop, query="?expand=effects", referral={"code": shop.code.code}).body

    assert [effect["kind"] for effect in first["effects"]] == [
        "customer.created",
        "referral.converted",
        "reward.granted",
        "code.published",
        "points.earned",
        "reward.granted",
        "points.earned",
        "points.earned",
    ]
    assert first["skipped"] == []
    assert [effect["kind"] for effect in second["effects"]] == ["points.earned"]
    assert second["skipped"] == [{"kind": "referral", "id": shop.code.code, "reason": "already_referred"}]


@pytest.mark.parametrize("query", ["", "?expand=", "?expand=other", "?c=123"])
def test_effects_are_not_told_unasked(api, shop, query):
    assert "effects" not in track(api, shop, query=query).body


def test_the_trace_of_an_event_is_what_its_answer_told(api, shop):
    told = track(api, shop, query="?expand=effects", referral={"code": shop.code.code}).body

    kept = api.get(f"/v1/events/{told['id']}").body

    assert (kept["effects"], kept["skipped"]) == (told["effects"], told["skipped"])


def test_a_stored_event_tells_what_was_sent(api, shop):
    told = track(api, shop, referral={"code": shop.code.code}, metadata={"note": "Hi", "n": Decimal("0.10")}).body

    kept = api.get(f"/v1/events/{told['id']}").body

    assert {name: kept[name] for name in ("object", "id", "type", "referral", "loyalty", "metadata")} == {
        "object": "event",
        "id": told["id"],
        "type": shop.definition.name,
        "referral": {"code": shop.code.code},
        "loyalty": None,
        "metadata": {"note": "Hi", "n": Decimal("0.1")},
    }
    assert kept["event_schema"] == {"id": shop.definition.public_id, "name": shop.definition.name, "version": 1}
    assert kept["customer"]["source_id"] == "cleo"


def test_every_rule_that_declined_is_told(api, shop):
    rules = [a_rule(shop.club, shop.definition, active=False) for _ in range(3)]

    skipped = track(api, shop, query="?expand=effects").body["skipped"]

    assert skipped == [{"kind": "earning_rule", "id": rule.public_id, "reason": "rule_inactive"} for rule in rules]


def test_personal_properties_are_masked_in_lists_and_shown_in_the_event_itself(api, project):
    note = {"type": "string", "optional": True, "personal": True, "aliases": ["remark"]}
    a_definition(project, "noted", {"note": note, "plan": {"type": "string", "optional": True}})
    said = [{"note": "secret", "plan": "pro"}, {"remark": "secret", "plan": "pro"}]
    events = [item.event for item in accept(project, *(an_event("noted", metadata=metadata) for metadata in said))]

    listed = [item["metadata"] for item in api.get("/v1/events").body["data"]]
    shown = [api.get(f"/v1/events/{event.public_id}").body["metadata"] for event in events]

    assert listed == [{"remark": "***", "plan": "pro"}, {"note": "***", "plan": "pro"}]
    assert shown == said


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["visited by ben", "opened by ada", "opened by ben"]),
        ({"event": "opened"}, ["opened by ada", "opened by ben"]),
        ({"event": "unheard_of"}, []),
        ({"customer": "ben"}, ["visited by ben", "opened by ben"]),
        ({"customer": "nobody"}, []),
        ({"customer": "ben", "event": "opened"}, ["opened by ben"]),
        ({"occurred_at[before]": "2026-11-22T10:00:00Z"}, []),
        ({"occurred_at[after]": "2026-11-22T09:59:59Z", "limit": "1"}, ["visited by ben"]),
        ({"created_at[after]": "2999-01-01"}, []),
    ],
)
def test_events_are_filtered(api, project, query, expected):
    for name in ("opened", "visited"):
        a_definition(project, name)
    accept(project, an_event("opened", by="ben"), an_event("opened", by="ada"), an_event("visited", by="ben"))

    found = api.get("/v1/events", **query).body["data"]

    assert [f"{item['type']} by {item['customer']['source_id']}" for item in found] == expected


def test_an_event_is_found_by_its_id_alone(api, shop):
    for name in ("x", shop.ben.public_id, "event_0000000000000000000000"):
        answer = api.get(f"/v1/events/{name}")

        assert (answer.status, answer.body["resource_type"], answer.body["resource_id"]) == (404, "event", name)


def test_a_number_comes_back_as_it_was_sent(api, shop):
    content = b'{"event":"%s","customer":{"source_id":"c"},"metadata":{"a":12345678901234567890.5,"b":[0.1,1e30]}}'

    told = api.raw("POST", "/v1/events", content % shop.definition.name.encode()).body

    assert api.get(f"/v1/events/{told['id']}").body["metadata"] == {
        "a": Decimal("12345678901234567890.5"),
        "b": [Decimal("0.1"), Decimal("1e30")],
    }


def test_an_event_tells_its_channel_its_request_and_whether_it_was_voided(api, shop):
    told = track(api, shop).body

    kept = api.get(f"/v1/events/{told['id']}").body

    assert {name: kept[name] for name in ("channel", "failed", "voided_at")} == {
        "channel": "API",
        "failed": [],
        "voided_at": None,
    }
    assert kept["group_id"] == Event.objects.get(customer__source_id="cleo").group_id


def test_reactions_that_failed_on_an_event_are_told_with_it(api, shop):
    event = shop.event
    failure = RejectedEvent.objects.create(
        project=event.project,
        name=event.name,
        key="reaction_failed",
        cause="reaction_failed loyalty.reactions.EarnPoints KeyError",
        reaction="loyalty.reactions.EarnPoints",
        event_id=event.pk,
        occurred_at=NOW,
        created_at=NOW,
    )
    EventVoid.objects.create(event_id=event.pk, project=event.project, actor="mia", voided_at=NOW)

    kept = api.get(f"/v1/events/{event.public_id}").body

    assert kept["failed"] == [
        {
            "id": failure.public_id,
            "reaction": "loyalty.reactions.EarnPoints",
            "cause": "reaction_failed loyalty.reactions.EarnPoints KeyError",
            "attempts": 1,
            "created_at": "2026-11-22T10:00:00.000Z",
            "replayed_at": None,
        }
    ]
    assert kept["voided_at"] == "2026-11-22T10:00:00.000Z"


def test_an_event_whose_month_was_dropped_is_not_found_and_its_effects_stay_in_the_activity(api, shop):
    told = track(api, shop, id="order-1", metadata={"n": 1}).body
    Event.objects.filter(customer__source_id="cleo")._raw_delete("default")

    found = [api.get(f"/v1/events/{name}").status for name in (told["id"], "order-1")]
    activity = api.get("/v1/customers/cleo/activity").body["data"]

    earned = [item for item in activity if item["type"] == "customer.rewarded.loyalty_points"]
    assert found == [404, 404]
    assert [item["data"]["data"]["custom_event"] for item in earned] == [{"id": told["id"], "object": "event"}]
