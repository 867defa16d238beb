"""A body that names every column there is changes none but those that the call is about."""

import pytest

from projects.models import AsyncAction
from tests.api.bodies import BODIES

# Named as columns and as parts of answers are; none of them is anybody's to say.
GREEDY = {
    "id": "cust_0000000000000000000000",
    "pk": "1",
    "project": "x",
    "project_id": "x",
    "object": "admin",
    "created_at": "1999-01-01T00:00:00Z",
    "updated_at": "1999-01-01T00:00:00Z",
    "deleted_at": "1999-01-01T00:00:00Z",
    "balance": 1_000_000,
    "lifetime": 1_000_000,
    "loyalty": {"points": 1_000_000},
    "referrals": {"total": 99},
    "summary": {"redemptions": {"total_redeemed": 99}},
    "system_metadata": {"admin": True},
    "holder": "x",
    "holder_id": "cust_0000000000000000000000",
    "vouchers_generation_status": "FAILED",
    "creation_status": "DRAFT",
    "protected": True,
    "version": 99,
    "revision": 99,
    "slug": "taken",
    "webhook_token": "mine",
    "webhook_secret": "whsec_mine",
    "events_as_sent": ["x"],
    "case_sensitive_codes": True,
    "object_id": "x",
    "automation_id": "x",
    "received_at": "1999-01-01T00:00:00Z",
    "channel": "INTERNAL",
    "group_id": "x",
}
# What a route refuses to change, rather than leave it unread.
REFUSED = {"management/v1/projects/<project_id>": ["case_sensitive_codes"]}
CHANGING = {"id", "created_at", "updated_at", "occurred_at", "voided_at", "code", "transaction"}


def told(answer):
    """What an answer says, apart from ids, times and random codes."""

    def strip(value):
        if isinstance(value, dict):
            return {
                name: strip(item) for name, item in value.items() if not name.endswith("id") and name not in CHANGING
            }
        return [strip(item) for item in value] if isinstance(value, list) else value

    return answer.status, strip(answer.body)


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("POST", "v1/events/<event_id>/void"),
        ("PUT", "v1/customers/<customer_id>"),
        ("POST", "v1/campaigns"),
        ("POST", "v1/loyalties"),
        ("POST", "v1/referrals/<campaign_id>/tiers"),
        ("PUT", "v1/referrals/<campaign_id>/tiers/<tier_id>"),
        ("PUT", "v1/loyalties/<campaign_id>"),
        ("PUT", "v1/loyalties/<campaign_id>/earning-rules/<rule_id>"),
        ("POST", "v1/loyalties/members/<member_id>/balance"),
        ("PUT", "management/v1/projects/<project_id>"),
        ("PUT", "management/v1/projects/<project_id>/webhooks/<webhook_id>"),
        ("POST", "management/v1/projects/<project_id>/custom-event-schemas"),
        ("PUT", "management/v1/projects/<project_id>/custom-event-schemas/<schema_id>"),
    ],
)
def test_greedy_fields_change_nothing(api, shop, undone, method, route):
    body = BODIES[method, route](shop)
    greedy = {name: value for name, value in GREEDY.items() if name not in (*body, *REFUSED.get(route, ()))}

    plain = undone(lambda: told(api.call(method, shop.path(route), body)))
    answered = undone(lambda: told(api.call(method, shop.path(route), body | greedy)))

    assert answered == plain
    assert plain[0] == 200


def test_a_greedy_rule_is_a_plain_rule(api, shop, undone):
    path, rules = (
        shop.path("v1/loyalties/<campaign_id>/earning-rules"),
        BODIES["POST", "v1/loyalties/<campaign_id>/earning-rules"](shop),
    )
    greedy = {name: value for name, value in GREEDY.items() if name not in rules[0]}

    plain = undone(lambda: told(api.post(path, rules)))

    assert undone(lambda: told(api.post(path, [rules[0] | greedy]))) == plain


def test_a_greedy_event_is_a_plain_event(api, shop, undone):
    body = {"event": shop.definition.name, "customer": {"source_id": shop.ben.source_id}}
    greedy = {name: value for name, value in GREEDY.items() if name not in {"loyalty", "referrals", "id"}}

    plain = undone(lambda: told(api.post("/v1/events?expand=effects", body)))

    assert undone(lambda: told(api.post("/v1/events?expand=effects", body | greedy))) == plain


def test_a_greedy_replay_is_a_plain_replay(api, shop, undone):
    body = BODIES["POST", "v1/rejected-events/replay"](shop)

    def replayed(sent):
        status = api.post("/v1/rejected-events/replay", sent).status
        return status, AsyncAction.objects.values("project", "type", "payload", "status").latest("id")

    plain = undone(lambda: replayed(body))

    assert undone(lambda: replayed(body | GREEDY)) == plain


def test_a_customer_cannot_be_given_points_or_another_source_id(api, shop):
    before = api.get(f"/v1/customers/{shop.ben.public_id}").body

    api.put(f"/v1/customers/{shop.ben.public_id}", GREEDY | {"source_id": "taken-over"})

    after = api.get(f"/v1/customers/{shop.ben.public_id}").body
    assert {name: after[name] for name in ("id", "source_id", "loyalty", "referrals", "created_at")} == {
        name: before[name] for name in ("id", "source_id", "loyalty", "referrals", "created_at")
    }
