"""`/v1/distributions` and `/v1/deliveries`."""

import pytest

from campaigns.creation import CampaignFields, create_campaign
from campaigns.models import CampaignType
from common.refusals import InUse
from distributions.models import Delivery, Distribution
from eventschema.usage import check_unused
from tests.api.bodies import distribution as full_body
from tests.distributions.world import HOOK, a_distribution, a_failed_delivery
from tests.rules.world import a_validation_rule
from tests.segments.world import a_segment
from tests.world import TESTER, a_coupon_campaign, a_definition, a_loyalty_programme, accept, an_event, customer


@pytest.fixture
def cart(project):
    return a_definition(project, "cart_abandoned")


def body_of(cart, **parts):
    return {
        "name": "Reminder",
        "trigger": {"type": "custom_event", "custom_event": {"schema_id": cart.public_id}},
        "action": {"type": "MESSAGE"},
        "channels": [HOOK],
    } | parts


def refused(answer):
    assert (answer.status, answer.key) == (400, "invalid_payload")
    return sorted(error["path"] for error in answer.body["errors"])


def test_a_distribution_comes_back_as_it_was_sent(api, shop):
    sent = full_body(shop)

    made = api.post("/v1/distributions", sent).body

    assert made["id"].startswith("distr_")
    assert {name: made[name] for name in ("name", "channels", "delay", "limit", "active")} == {
        name: sent[name] for name in ("name", "channels", "delay", "limit", "active")
    }
    assert made["trigger"] == {**sent["trigger"], "segment": None, "campaign": None}
    assert api.get(f"/v1/distributions/{made['id']}").body == made
    changed = api.put(f"/v1/distributions/{made['id']}", sent | {"name": "Other", "limit": None}).body
    assert (changed["name"], changed["limit"], changed["delay"]) == ("Other", None, "PT1H")
    assert api.delete(f"/v1/distributions/{made['id']}").status == 204
    assert api.get(f"/v1/distributions/{made['id']}").status == 404


def test_every_offending_field_is_named(api, cart):
    bad = body_of(
        cart,
        name="",
        action={"type": "PUBLISH_CODE"},
        channels=[
            {"type": "webhook", "target_url": "ftp://x", "event_name": 5, "headers": {"Host": "a", "X-A": "b\nc"}},
            {"type": "email", "subject": "a\nb"},
            {"type": "pigeon"},
        ],
        delay="soon",
        limit={"count": 1, "period": "P7Y"},
    )
    bad["trigger"]["campaign"] = None

    assert refused(api.post("/v1/distributions", bad)) == [
        "action.campaign",
        "channels.0.event_name",
        "channels.0.headers.Host",
        "channels.0.headers.X-A",
        "channels.0.target_url",
        "channels.1.body",
        "channels.1.subject",
        "channels.2.type",
        "delay",
        "limit.period",
        "name",
    ]
    assert not Distribution.objects.exists()


def test_a_trigger_has_what_belongs_to_it_alone(api, project, cart):
    segment = a_segment(project, {"name": {"conditions": {"$is_unknown": ""}}})
    for trigger, wrong in [
        ({"type": "custom_event"}, ["trigger.custom_event"]),
        ({"type": "segment.left"}, ["trigger.segment"]),
        ({"type": "points.earned", "segment": {"id": segment.public_id}}, ["trigger.segment"]),
        ({"type": "segment.left", "segment": {"id": "seg_x"}}, ["trigger.segment.id"]),
        ({"type": "custom_event", "custom_event": {"schema_id": "ms_x"}}, ["trigger.custom_event.schema_id"]),
    ]:
        assert refused(api.post("/v1/distributions", body_of(cart, trigger=trigger))) == wrong


def test_a_campaign_in_which_it_cannot_happen_is_refused(api, project, cart):
    sale, club = a_coupon_campaign(project), a_loyalty_programme(project)
    promotion = create_campaign(project, CampaignFields("Week", CampaignType.PROMOTION, {}), by=TESTER)
    for trigger, campaign in [("points.earned", sale), ("referral.converted", club), ("tier.changed", promotion)]:
        said = {"type": trigger, "campaign": {"id": campaign.public_id}}
        assert refused(api.post("/v1/distributions", body_of(cart, trigger=said))) == ["trigger.campaign.id"]

    action = {"type": "PUBLISH_CODE", "campaign": {"id": promotion.public_id}}
    assert refused(api.post("/v1/distributions", body_of(cart, action=action))) == ["action.campaign.id"]


def test_a_name_of_spaces_alone_is_none(api, cart):
    assert refused(api.post("/v1/distributions", body_of(cart, name="  "))) == ["name"]


def test_a_name_is_used_once(api, cart):
    assert api.post("/v1/distributions", body_of(cart)).status == 200

    assert api.post("/v1/distributions", body_of(cart)).status == 409


def test_a_segment_or_an_event_in_use_is_not_deleted(api, project, cart):
    segment = a_segment(project, {"name": {"conditions": {"$is_unknown": ""}}})
    trigger = {"type": "segment.entered", "segment": {"id": segment.public_id}}
    made = api.post("/v1/distributions", body_of(cart, trigger=trigger)).body

    answer = api.delete(f"/v1/segments/{segment.public_id}")

    assert (answer.status, answer.key) == (400, "resource_in_use")
    assert "distribution 'Reminder'" in answer.body["details"]
    api.delete(f"/v1/distributions/{made['id']}")
    assert api.delete(f"/v1/segments/{segment.public_id}").status == 204


def test_a_campaign_an_event_or_a_rule_in_use_is_not_deleted(api, project, cart):
    campaign = a_coupon_campaign(project)
    rule = a_validation_rule(project, {"1": {"name": "customer.source_id", "conditions": {"$has_value": [True]}}})
    action = {"type": "PUBLISH_CODE", "campaign": {"id": campaign.public_id}}
    body = body_of(cart, action=action, validation_rule_id=rule.public_id)
    made = api.post("/v1/distributions", body).body
    paths = [f"/v1/campaigns/{campaign.public_id}", f"/v1/validation-rules/{rule.public_id}"]

    answers = [api.delete(path) for path in paths]
    with pytest.raises(InUse, match="in use by distribution 'Reminder'"):
        check_unused(cart)

    assert [(answer.status, answer.key) for answer in answers] == [(400, "resource_in_use")] * 2
    assert all("distribution 'Reminder'" in answer.body["details"] for answer in answers)
    forced = api.raw("DELETE", paths[0], query_params={"force": "true"})
    assert forced.status == 202
    assert api.get(f"/v1/distributions/{made['id']}").body["active"] is False
    enabled = api.post(f"/v1/distributions/{made['id']}/enable")
    assert (enabled.status, enabled.paths) == (400, ["action.campaign.id"])
    assert refused(api.put(f"/v1/distributions/{made['id']}", body)) == ["action.campaign.id"]


def test_switching_off_and_on(api, cart):
    made = api.post("/v1/distributions", body_of(cart)).body

    assert api.post(f"/v1/distributions/{made['id']}/disable").body["active"] is False
    assert api.post(f"/v1/distributions/{made['id']}/enable").body["active"] is True


def test_deliveries_are_listed_by_status_and_customer(api, project, cart):
    row = a_distribution(project, definition=cart)
    accept(project, an_event("cart_abandoned", by="ann"), an_event("cart_abandoned", by="ben"))
    a_failed_delivery(row, customer(project, "ann"))
    path = f"/v1/distributions/{row.public_id}/deliveries"

    def statuses(**query):
        return [item["status"] for item in api.get(path, **query).body["data"]]

    assert statuses() == ["failed", "scheduled", "scheduled"]
    assert statuses(status="failed") == ["failed"]
    assert statuses(customer="ben") == ["scheduled"]
    assert statuses(customer=customer(project, "ann").public_id) == ["failed", "scheduled"]
    assert api.get(path, status="lost").status == 400


def test_what_failed_is_due_again_and_what_waits_is_refused(api, project, cart):
    row = a_distribution(project, definition=cart)
    accept(project, an_event("cart_abandoned", by="ann"))
    failed = a_failed_delivery(row, customer(project, "ann"))
    waiting = Delivery.objects.exclude(pk=failed.pk).get()

    answer = api.post(f"/v1/deliveries/{failed.public_id}/resend")

    assert (answer.status, answer.body["status"]) == (202, "scheduled")
    assert api.post(f"/v1/deliveries/{waiting.public_id}/resend").key == "delivery_not_sent"
