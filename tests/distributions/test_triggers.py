"""What distributions react to: each cause once, ever."""

import pytest

from campaigns.models import CodeSupply
from distributions.checking import Limit
from distributions.models import Delivery
from events.acceptance import accept_events
from events.payloads import CLIENT_API, Source, parse_event
from outbox.models import OutboxMessage
from segments.due import run_due
from tests.distributions.world import a_distribution, deliver_due, deliveries, later
from tests.rules.world import a_validation_rule
from tests.segments.world import a_segment
from tests.world import (
    NOW,
    a_coupon_campaign,
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_rewarding_shop,
    a_rule,
    accept,
    an_event,
    kinds,
    reasons,
    send,
)
from webhooks.models import SendOut


@pytest.fixture
def cart(project):
    return a_definition(project, "cart_abandoned")


def test_a_custom_event_schedules_a_delivery(project, cart):
    distribution = a_distribution(project, definition=cart, delay="PT1H")

    (accepted,) = accept(project, an_event("cart_abandoned", by="ann"))

    delivery = Delivery.objects.get()
    assert kinds(accepted) == ["customer.created", "delivery.scheduled"]
    assert accepted.effects[-1].data == {
        "delivery": delivery.public_id,
        "distribution": distribution.public_id,
        "due_at": "2026-11-22T11:00:00.000Z",
    }
    message = OutboxMessage.objects.get(topic="distribution.deliver")
    assert message.available_at == delivery.due_at == later(hours=1)


def test_nothing_is_delivered_before_it_is_due_and_once_after(project, cart):
    a_distribution(project, definition=cart, delay="PT1H")
    accept(project, an_event("cart_abandoned", by="ann"))

    deliver_due(project, now=later(minutes=59))
    assert deliveries(project) == [("ann", "scheduled")]
    deliver_due(project, now=later(minutes=60))
    deliver_due(project, now=later(minutes=61))

    assert deliveries(project) == [("ann", "delivered")]
    assert SendOut.objects.count() == 1


def test_another_event_schedules_nothing(project, cart):
    a_definition(project, "paid")
    a_distribution(project, definition=cart)

    accept(project, an_event("paid", by="ann"))

    assert deliveries(project) == []


def test_entering_and_leaving_a_segment(project, cart):
    segment = a_segment(
        project, {"events.cart_abandoned.count": {"conditions": {"$more_than_equal": [2]}, "within_days": 7}}
    )
    a_distribution(project, name="In", trigger="segment.entered", segment_id=segment.pk)
    a_distribution(project, name="Out", trigger="segment.left", segment_id=segment.pk)

    first, second = (accept(project, an_event("cart_abandoned", by="ann"))[0] for _ in range(2))

    assert "delivery.scheduled" not in kinds(first)
    assert kinds(second) == ["segment.entered", "delivery.scheduled"]
    assert Delivery.objects.get().distribution.name == "In"


def test_a_passive_segment_turns_active_where_a_distribution_uses_it(project, cart):
    segment = a_segment(project, {"events.cart_abandoned.count": {"conditions": {"$is": [1]}}}, kind="passive")

    a_distribution(project, trigger="segment.entered", segment_id=segment.pk)

    segment.refresh_from_db()
    assert segment.type == "auto-update"
    (accepted,) = accept(project, an_event("cart_abandoned", by="ann"))
    assert kinds(accepted)[-2:] == ["segment.entered", "delivery.scheduled"]


def test_points_of_one_programme_or_of_any(project, cart):
    club, other = a_loyalty_programme(project), a_loyalty_programme(project, name="Other")
    a_rule(club, cart, points=5)
    a_distribution(project, name="Club", trigger="points.earned", trigger_campaign=club)
    a_distribution(project, name="Other", trigger="points.earned", trigger_campaign=other)
    a_distribution(project, name="Any", trigger="points.earned")

    accept(project, an_event("cart_abandoned", by="ann"))

    assert sorted(Delivery.objects.values_list("distribution__name", flat=True)) == ["Any", "Club"]


def test_several_rules_that_pay_for_one_event_bring_one_delivery(project, cart):
    club = a_loyalty_programme(project)
    a_rule(club, cart, points=5)
    a_rule(club, cart, points=7)
    a_distribution(project, trigger="points.earned")

    accept(project, an_event("cart_abandoned", by="ann"))

    assert deliveries(project) == [("ann", "scheduled")]


def test_a_referral_tells_the_referee(project):
    _, _, referrals = a_rewarding_shop(project, "signed_up", points=1, referee_points=5, referrer_points=10)
    a_published_code(referrals, "NRY-01", to="ada")
    a_distribution(project, trigger="referral.converted", trigger_campaign=referrals)

    accept(project, an_event("signed_up", by="ben", metadata={"amount": 1}, referral={"code": "NRY-01"}))

    assert deliveries(project) == [("ben", "scheduled")]


def test_a_repeated_event_brings_nothing_more(project, cart):
    a_distribution(project, definition=cart)
    body = an_event("cart_abandoned", by="ann", id="e-1")

    accept(project, body)
    send(project, body)

    assert len(deliveries(project)) == 1


def test_a_limit_stops_what_is_more_within_its_period(project, cart):
    distribution = a_distribution(project, definition=cart, limit=Limit(2, "P7D"))

    for _ in range(2):
        accept(project, an_event("cart_abandoned", by="ann"))
    (third,) = accept(project, an_event("cart_abandoned", by="ann"))
    (bens,) = accept(project, an_event("cart_abandoned", by="ben"))
    (week,) = accept(project, an_event("cart_abandoned", by="ann"), now=later(days=7))

    assert reasons(third) == [("distribution", "cap_reached")]
    assert third.skips[0].id == distribution.public_id
    assert "delivery.scheduled" in kinds(bens)
    assert "delivery.scheduled" in kinds(week)


def test_a_limit_counts_within_one_batch(project, cart):
    a_distribution(project, definition=cart, limit=Limit(1, "P1D"))

    accept(project, *[an_event("cart_abandoned", by="ann") for _ in range(5)])

    assert len(deliveries(project)) == 1


@pytest.mark.parametrize("count", [1, 50])
def test_fifty_events_take_as_many_statements_as_one(project, cart, count, django_assert_num_queries):
    a_distribution(project, definition=cart, limit=Limit(1_000, "P7D"))
    accept(project, *[an_event("cart_abandoned", by=f"c{n}") for n in range(count)])
    events = [an_event("cart_abandoned", by=f"c{n}") for n in range(count)]
    # What an event takes, the insert of effects, what the limit counts, deliveries and their messages.
    with django_assert_num_queries(9):
        accept(project, *events)


def test_a_project_without_distributions_pays_nothing(project, cart, django_assert_num_queries):
    accept(project, an_event("cart_abandoned", by="ann"))
    a_distribution(project, definition=a_definition(project, "paid"))
    accept(project, an_event("cart_abandoned", by="ann"))
    with django_assert_num_queries(5):
        accept(project, an_event("cart_abandoned", by="ann"))


def test_a_disabled_distribution_schedules_nothing(project, cart):
    a_distribution(project, definition=cart, active=False)

    accept(project, an_event("cart_abandoned", by="ann"))

    assert deliveries(project) == []


def test_another_project_hears_of_nothing(project, mallorys_project, cart):
    a_distribution(mallorys_project, definition=a_definition(mallorys_project, "cart_abandoned"))

    accept(project, an_event("cart_abandoned", by="ann"))

    assert Delivery.objects.count() == 0


def browsers(project, *bodies):
    payloads = [parse_event(body, Source(CLIENT_API, "v-1")) for body in bodies]
    project.refresh_from_db()
    return accept_events(project=project, payloads=payloads, now=NOW)


def test_where_browsers_may_not_earn_they_publish_no_codes_either(project, cart):
    campaign = a_coupon_campaign(project, type=CodeSupply.AUTO_UPDATE)
    a_distribution(project, name="Code", definition=cart, campaign=campaign)
    a_distribution(project, name="Message", definition=cart)
    accept(project, an_event("cart_abandoned", by="ann"))

    (accepted,) = browsers(project, an_event("cart_abandoned", by="ann"))

    assert reasons(accepted) == [("distribution", "client_earning_off")]
    assert kinds(accepted) == ["delivery.scheduled"]


def test_imported_history_brings_nothing(project, cart):
    a_distribution(project, definition=cart)
    payload = parse_event(an_event("cart_abandoned", by="ann"), Source("IMPORT", "v-1"))
    project.refresh_from_db()

    accept_events(project=project, payloads=[payload], now=NOW)

    assert deliveries(project) == []


LARGE = {"1": {"name": "custom_event.metadata", "property": "amount", "conditions": {"$more_than": [100]}}}


def test_a_validation_rule_decides_by_the_events_metadata(project):
    paid = a_definition(project, "paid", {"amount": {"type": "number", "optional": True}})
    rule = a_validation_rule(project, LARGE)
    distribution = a_distribution(project, definition=paid, validation_rule_id=rule.public_id)

    small, large = accept(project, *(an_event("paid", by="ann", metadata={"amount": n}) for n in (100, 101)))

    assert reasons(small) == [("distribution", "condition_not_met")]
    assert small.skips[0].id == distribution.public_id
    assert kinds(large) == ["delivery.scheduled"]


def test_a_rule_about_who_entered_a_segment_by_time_reads_the_stored_customer(project):
    a_definition(project, "paid")
    silent = {"events.paid.last_at": {"conditions": {"$more_than_ago": [30]}}}
    segment = a_segment(project, silent, name="Silent")
    rule = a_validation_rule(project, {"1": {"name": "customer.source_id", "conditions": {"$is": ["ann"]}}})
    a_distribution(
        project, trigger="segment.entered", segment_id=segment.pk, validation_rule_id=rule.public_id, delay="PT1H"
    )
    accept(project, an_event("paid", by="ann"), an_event("paid", by="ben"))

    run_due(later(days=32))
    run_due(later(days=33))

    assert deliveries(project) == [("ann", "scheduled")]
    assert Delivery.objects.get().event_id is None
