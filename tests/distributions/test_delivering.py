"""What happens when a delivery is due."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns.models import CodeSupply, Publication, Voucher
from campaigns.vouchers import add_code
from common.jsons import parse
from customers.models import Customer
from distributions.creation import (
    delete_distribution,
    disable_distribution,
    enable_distribution,
    pause_distribution,
)
from distributions.models import Delivery
from distributions.pool import pool_of, refill
from distributions.quiet import end_of_quiet
from events.models import StoredEffect
from outbox.models import OutboxMessage
from projects.creation import change_project
from tests.distributions.world import HOOK, a_distribution, a_pool, abandon, deliver_due, deliveries, later, void, wake
from tests.world import NOW, TESTER, a_coupon_campaign, customer
from webhooks.models import SendOut
from webhooks.pausing import PauseSource
from webhooks.releasing import ReleaseHeld

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = {"start": "21:00", "end": "08:00"}


def test_a_webhook_is_told_what_the_contract_says(project, cart):
    distribution = a_distribution(project, definition=cart)
    accepted = abandon(project, metadata={"amount": 12})

    deliver_due(project)

    sent = SendOut.objects.get()
    body = parse(sent.body.encode())
    ann = customer(project, "ann")
    assert (sent.type, sent.target_url, sent.customer_id) == ("cart_reminder", HOOK["target_url"], ann.pk)
    assert sent.source_id == distribution.pk
    assert body["id"] == sent.public_id
    assert (body["type"], body["project_id"]) == ("cart_reminder", project.public_id)
    assert body["source"] == {
        "id": distribution.public_id,
        "object": "distribution",
        "target_url": HOOK["target_url"],
    }
    assert body["data"]["event"]["id"] == accepted.event.public_id
    assert body["data"]["event"]["metadata"] == {"amount": 12}
    assert body["data"]["event_schema"] == {"id": cart.public_id, "name": "cart_abandoned"}
    assert body["data"]["customer"]["source_id"] == "ann"
    assert (body["data"]["referral"], body["data"]["loyalty"]) == (None, None)
    assert Delivery.objects.get().outcomes == [{"type": "webhook", "send_out": sent.public_id}]


def test_a_payload_of_ones_own_takes_the_place_of_the_data(project, cart):
    own = {"who": "{{customer.source_id}}", "amount": "{{event.metadata.amount}}", "code": "Take {{code}}!"}
    hook = {**HOOK, "payload": own, "envelope": False}
    a_distribution(project, definition=cart, campaign=a_pool(project, "C-1"), channels=[hook])
    abandon(project, metadata={"amount": 12})

    deliver_due(project)

    body = parse(SendOut.objects.get().body.encode())
    assert body == {"who": "ann", "amount": 12, "code": "Take C-1!"}


def test_a_code_is_published_and_shown_with_the_event(project, cart):
    campaign = a_pool(project, "C-1")
    distribution = a_distribution(project, definition=cart, campaign=campaign)
    accepted = abandon(project)

    deliver_due(project)

    publication = Publication.objects.get()
    assert (publication.channel, publication.voucher.code) == ("Automation", "C-1")
    name = distribution.public_id
    assert publication.metadata == {"distribution_id": name, "source_type": "distribution", "source_id": name}
    effect = StoredEffect.objects.get(kind="code.published")
    assert (effect.event_id, effect.customer_id) == (accepted.event.pk, publication.customer_id)
    assert Delivery.objects.get().publication == publication
    assert '"code":"C-1"' in SendOut.objects.get().body


def test_one_code_per_customer_where_the_campaign_says_so(project, cart):
    campaign = a_coupon_campaign(project, join_once=True, type=CodeSupply.AUTO_UPDATE)
    a_distribution(project, definition=cart, campaign=campaign)
    for _ in range(3):
        abandon(project)

    deliver_due(project)
    abandon(project)
    deliver_due(project)

    assert [status for _, status in deliveries(project)] == ["delivered"] * 4
    assert Publication.objects.count() == 1
    assert len(set(Delivery.objects.values_list("publication", flat=True))) == 1


def test_those_who_find_no_code_wait_and_are_served_in_order(project, cart):
    campaign = a_pool(project, "C-1")
    a_distribution(project, definition=cart, campaign=campaign)
    for name in ("ann", "ben", "cem"):
        abandon(project, by=name)
    deliver_due(project)
    assert deliveries(project) == [("ann", "delivered"), ("ben", "pool_empty"), ("cem", "pool_empty")]
    pool = pool_of(campaign, NOW)
    assert (pool.free, pool.waiting, pool.is_low) == (0, 2, True)

    add_code(campaign, "C-2", by=TESTER)
    abandon(project, by="dan")
    deliver_due(project)
    assert deliveries(project)[-1] == ("dan", "pool_empty")  # behind those who wait
    refill(later(minutes=1))
    assert [status for _, status in deliveries(project)] == ["delivered", "delivered", "pool_empty", "pool_empty"]
    for code in ("C-3", "C-4", "C-5"):
        add_code(campaign, code, by=TESTER)
    refill(later(minutes=2))

    assert {status for _, status in deliveries(project)} == {"delivered"}
    got = dict(Voucher.objects.exclude(holder=None).values_list("holder__source_id", "code"))
    assert got == {"ann": "C-1", "ben": "C-2", "cem": "C-3", "dan": "C-4"}


def test_quiet_hours_move_what_is_due_to_their_end(project, cart):
    a_distribution(project, definition=cart)
    change_project(project, {"quiet_hours": NIGHT, "time_zone": "Europe/Berlin"}, by=TESTER)
    night = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
    abandon(project, now=night)

    deliver_due(project, now=night)
    assert deliveries(project) == [("ann", "quiet_hours")]
    morning = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    deliver_due(project, now=morning - timedelta(seconds=1))
    assert deliveries(project) == [("ann", "quiet_hours")]
    deliver_due(project, now=morning)

    assert deliveries(project) == [("ann", "delivered")]


@pytest.mark.parametrize(
    ("moment", "hours", "end"),
    [
        ("2026-06-01T19:00:00+00:00", NIGHT, "2026-06-02T06:00:00+00:00"),  # 21:00 itself
        ("2026-06-01T18:59:59+00:00", NIGHT, None),
        ("2026-06-02T06:00:00+00:00", NIGHT, None),  # 08:00 itself
        ("2026-06-02T05:59:59+00:00", NIGHT, "2026-06-02T06:00:00+00:00"),
        # Over the spring night, which is an hour shorter, and over the autumn night.
        ("2026-03-28T22:00:00+00:00", NIGHT, "2026-03-29T06:00:00+00:00"),
        ("2026-10-24T22:00:00+00:00", NIGHT, "2026-10-25T07:00:00+00:00"),
        # An end that the clocks pass twice: the later one. One that they skip: an hour later.
        ("2026-10-25T00:10:00+00:00", {"start": "01:00", "end": "02:30"}, "2026-10-25T01:30:00+00:00"),
        ("2026-10-25T01:10:00+00:00", {"start": "01:00", "end": "02:30"}, "2026-10-25T01:30:00+00:00"),
        ("2026-03-29T00:30:00+00:00", {"start": "01:00", "end": "02:30"}, "2026-03-29T01:30:00+00:00"),
        ("2026-06-01T11:00:00+00:00", {"start": "12:00", "end": "14:00"}, "2026-06-01T12:00:00+00:00"),
        ("2026-06-01T12:00:00+00:00", {"start": "12:00", "end": "14:00"}, None),
    ],
)
def test_when_quiet_hours_end(moment, hours, end):
    found = end_of_quiet(hours, datetime.fromisoformat(moment), BERLIN)

    assert found == (datetime.fromisoformat(end) if end else None)


def test_fatigue_counts_over_all_distributions_and_postpones(project, cart):
    change_project(project, {"fatigue": {"count": 2, "period": "P1D"}}, by=TESTER)
    a_distribution(project, name="One", definition=cart, campaign=a_pool(project, "C-1", "C-2"))
    a_distribution(project, name="Two", definition=cart)
    abandon(project)
    deliver_due(project)
    abandon(project)
    deliver_due(project, now=later(hours=1))

    assert [status for _, status in deliveries(project)] == ["delivered", "delivered", "fatigue", "fatigue"]
    assert Publication.objects.count() == 1  # no code is used up by what waits
    assert set(Delivery.objects.filter(status="fatigue").values_list("due_at", flat=True)) == {later(days=1)}
    deliver_due(project, now=later(days=1))
    assert {status for _, status in deliveries(project)} == {"delivered"}


def test_what_is_due_together_counts_together(project, cart):
    change_project(project, {"fatigue": {"count": 1, "period": "P1D"}}, by=TESTER)
    a_distribution(project, definition=cart)
    for _ in range(2):
        abandon(project)

    deliver_due(project)
    deliver_due(project, now=later(minutes=1))

    assert [status for _, status in deliveries(project)] == ["delivered", "fatigue"]
    assert Delivery.objects.get(status="fatigue").due_at == later(days=1)


def test_a_paused_distribution_goes_on_scheduling_and_delivers_once_enabled(project, cart):
    distribution = a_distribution(project, definition=cart)
    pause_distribution(distribution, reason="The address answers 500", by=TESTER, now=NOW)
    abandon(project)

    deliver_due(project)
    assert deliveries(project) == [("ann", "paused")]
    enable_distribution(distribution, by=TESTER, now=later(hours=1))
    wake()
    deliver_due(project, now=datetime.now(UTC))

    assert deliveries(project) == [("ann", "delivered")]


def test_what_waits_for_a_disabled_distribution_goes_on_once_it_is_enabled(project, cart):
    distribution = a_distribution(project, definition=cart, delay="PT1H")
    abandon(project)
    disable_distribution(distribution, by=TESTER, now=NOW)
    abandon(project, by="ben")

    deliver_due(project, now=later(hours=1))

    assert deliveries(project) == [("ann", "paused")]


def test_a_deleted_distribution_delivers_nothing_more(project, cart):
    distribution = a_distribution(project, definition=cart, delay="PT1H")
    abandon(project)
    delete_distribution(distribution, by=TESTER, now=NOW)

    deliver_due(project, now=later(hours=1))

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.reason) == ("cancelled", "distribution_deleted")
    assert SendOut.objects.count() == 0


def test_a_deleted_customer_gets_nothing(project, cart):
    a_distribution(project, definition=cart)
    abandon(project)
    Customer.objects.update(deleted_at=NOW)

    deliver_due(project)

    assert (Delivery.objects.get().status, Delivery.objects.get().reason) == ("cancelled", "customer_deleted")


def test_voiding_cancels_what_is_not_delivered(project, cart):
    a_distribution(project, definition=cart, delay="PT1H")
    accepted = abandon(project)

    voided = void(project, accepted.event)
    deliver_due(project, now=later(hours=1))

    assert "delivery.cancelled" in [effect["kind"] for effect in voided.effects]
    assert (Delivery.objects.get().status, Delivery.objects.get().reason) == ("cancelled", "event_voided")
    assert SendOut.objects.count() == 0


def test_voiding_takes_an_unused_code_back_and_leaves_what_was_sent(project, cart):
    a_distribution(project, definition=cart, campaign=a_pool(project, "C-1"))
    accepted = abandon(project)
    deliver_due(project)

    voided = void(project, accepted.event)

    assert [effect["kind"] for effect in voided.effects] == ["code.unpublished"]
    assert Voucher.objects.get().holder is None
    assert Publication.objects.get().revoked_at is not None
    assert SendOut.objects.count() == 1


def test_those_who_wait_are_told_of_where_a_campaign_can_make_no_further_code(project, cart):
    pattern = {"pattern": "C-#", "charset": "A"}
    campaign = a_pool(project, type=CodeSupply.AUTO_UPDATE, code_config=pattern)
    a_distribution(project, definition=cart, campaign=campaign)
    assert pool_of(campaign, NOW) is None
    for name in ("ann", "ben"):
        abandon(project, by=name)

    deliver_due(project)

    assert deliveries(project) == [("ann", "delivered"), ("ben", "pool_empty")]
    assert pool_of(campaign, NOW).in_words == "None of its 1 code is left, and 1 delivery waits for one."


def test_a_receiver_that_takes_nothing_pauses_its_distribution(project, cart):
    distribution = a_distribution(project, definition=cart)
    abandon(project)
    deliver_due(project)
    why = "The address took nothing for 24 hours"

    PauseSource().handle({"kind": "distribution", "source": str(distribution.pk), "why": why})
    abandon(project, by="ben")
    deliver_due(project, now=later(minutes=1))

    distribution.refresh_from_db()
    assert (distribution.active, distribution.paused_reason) == (True, why)
    assert SendOut.objects.get().status == "held"
    assert deliveries(project) == [("ann", "delivered"), ("ben", "paused")]
    enable_distribution(distribution, by=TESTER, now=later(hours=1))
    wake()
    release = OutboxMessage.objects.get(topic="webhook.release")
    SendOut.objects.update(created_at=NOW)
    ReleaseHeld().handle(release.payload)
    assert SendOut.objects.get().status == "waiting"
    assert deliveries(project)[-1] == ("ben", "scheduled")


def test_another_projects_quiet_hours_hold_nothing_up(project, mallorys_project, cart):
    change_project(mallorys_project, {"quiet_hours": {"start": "00:00", "end": "23:59"}}, by=TESTER)
    a_distribution(project, definition=cart)
    abandon(project)

    deliver_due(project)

    assert deliveries(project) == [("ann", "delivered")]
