"""Rejected events are kept, mended and replayed: each once, at the time at which it happened."""

from datetime import timedelta

import pytest
from django.db import connection

from common.ids import uuid7
from common.refusals import NotFound
from events.editing import Edits
from events.models import Event, IdempotencyKey, RejectedEvent
from events.replaying import CHUNK, Status, chunks, replay
from events.selecting import Selection, open_rows
from loyalty.models import LedgerEntry
from projects.models import Project
from tests.events.replays import LATER, TO_NUMBER, a_payment, counted, everything, replay_all, with_payments
from tests.world import (
    NOW,
    a_definition,
    accept,
    an_event,
    balances,
    send,
)


@pytest.fixture
def shop(project):
    """A project in which a payment of so much earns so many points."""
    return with_payments(project)


def test_five_hundred_events_mended_by_one_cast_earn_once_each_at_their_own_time(shop):
    days = [NOW - timedelta(hours=hour) for hour in range(500)]
    send(shop, *(a_payment(f"customer {n:03}", occurred_at=day.isoformat()) for n, day in enumerate(days)))
    keys = list(open_rows(shop).values_list("pk", flat=True))

    first = replay_all(shop)
    second = counted(replay(shop, keys, TO_NUMBER, now=LATER))

    assert (first, second) == ({"accepted": 500}, {"done_before": 500})
    assert sorted(Event.objects.values_list("occurred_at", flat=True)) == sorted(days)
    assert balances(shop) == {f"customer {n:03}": 12 for n in range(500)}
    assert LedgerEntry.objects.count() == 500
    assert not open_rows(shop).exists()


def test_an_event_without_a_time_of_its_own_happened_when_it_was_received(shop):
    send(shop, a_payment())

    replay_all(shop)

    assert Event.objects.get().occurred_at == NOW


def test_an_event_that_has_grown_too_old_for_its_project_is_accepted_still(shop):
    Project.objects.filter(pk=shop.pk).update(max_event_age_days=1)
    send(shop, a_payment(occurred_at=(NOW - timedelta(hours=23)).isoformat()))

    assert replay_all(shop, now=NOW + timedelta(days=20)) == {"accepted": 1}


def test_a_replayed_event_is_marked_with_what_became_of_it_and_leaves_the_list(shop):
    send(shop, a_payment())

    replay_all(shop)

    row = RejectedEvent.objects.get()
    assert (row.replayed_at, row.replayed_as) == (LATER, Event.objects.get().pk)
    assert list(open_rows(shop)) == []


def test_what_is_refused_again_stays_with_its_new_errors(shop):
    send(shop, a_payment(amount="twelve"))
    before = RejectedEvent.objects.get()

    (result,) = replay(shop, [before.pk], TO_NUMBER, now=LATER)

    row = RejectedEvent.objects.get()
    assert (result.status, result.reason) == (Status.REJECTED, "amount: cannot be cast to number")
    assert (row.attempts, row.key, row.cause) == (
        2,
        "metadata_validation_failed",
        "metadata_validation_failed metadata.amount:cast",
    )
    assert row.errors == [
        {
            "path": "metadata.amount",
            "code": "cast",
            "message": "amount: cannot be cast to number (actual value is 'twelve')",
            "actual": "twelve",
        }
    ]
    assert (row.payload, row.created_at, row.replayed_at) == (before.payload, NOW, None)
    assert not Event.objects.exists()


def test_one_that_stays_spoils_no_other(shop):
    send(shop, a_payment("ada", "1"), a_payment("ben", "x"), a_payment("eve", "3"))

    assert replay_all(shop) == {"accepted": 2, "rejected": 1}
    assert balances(shop) == {"ada": 1, "eve": 3}


def test_events_of_an_unknown_name_are_replayed_once_it_is_defined(project):
    send(project, an_event("paid"))

    before = replay_all(project, Edits())
    a_definition(project, "paid")
    after = replay_all(project, Edits())

    assert (before, after) == ({"rejected": 1}, {"accepted": 1})
    assert RejectedEvent.objects.get().cause == "not_found custom_event_schema"


def test_a_code_that_nobody_has_keeps_a_mended_event_rejected(shop):
    send(shop, a_payment(referral={"code": "NOBODYS"}))

    replay_all(shop)

    row = RejectedEvent.objects.get()
    assert (row.cause, row.errors) == (
        "not_found voucher",
        [
            {
                "path": "voucher",
                "code": "not_found",
                "message": "Cannot find voucher with id NOBODYS",
                "actual": "NOBODYS",
            }
        ],
    )


def test_an_event_that_its_sender_sent_again_mended_counts_as_done(shop):
    send(shop, a_payment(id="order-1"))
    (accepted,) = accept(shop, a_payment(id="order-1", amount=15))

    assert replay_all(shop) == {"done_before": 1}
    assert RejectedEvent.objects.get().replayed_as == accepted.event.pk
    assert balances(shop) == {"ben": 15}


def test_an_event_that_was_sent_and_refused_three_times_is_accepted_once(shop):
    for _ in range(3):
        send(shop, a_payment(id="order-1"))

    assert RejectedEvent.objects.count() == 1
    assert replay_all(shop) == {"accepted": 1}
    assert balances(shop) == {"ben": 12}
    assert IdempotencyKey.objects.get().key == "order-1"


def test_a_mended_event_that_is_sent_after_the_replay_changes_nothing(shop):
    send(shop, a_payment(id="order-1"))
    replay_all(shop)

    (again,) = send(shop, a_payment(id="order-1", amount=12))

    assert again.event_id == Event.objects.get().pk
    assert balances(shop) == {"ben": 12}


@pytest.mark.parametrize(("may_earn", "points"), [(False, {}), (True, {"ben": 12})])
def test_an_event_of_a_browser_earns_by_a_replay_what_browsers_may_earn(shop, may_earn, points):
    accept(shop, an_event("paid", metadata={"amount": 0}))
    Project.objects.filter(pk=shop.pk).update(client_loyalty_events_enabled=may_earn)
    send(shop, a_payment())
    RejectedEvent.objects.update(channel="CLIENT_API")

    assert replay_all(shop) == {"accepted": 1}
    assert balances(shop) == points


def test_a_replay_reaches_no_further_than_its_project(shop, mallorys_project):
    send(shop, a_payment())
    key = open_rows(shop).get().pk

    results = replay(mallorys_project, [key], TO_NUMBER, now=LATER)

    assert (counted(results), Event.objects.count()) == ({"done_before": 1}, 0)
    with pytest.raises(NotFound):
        Selection(ids=(key,)).check(mallorys_project)


def test_edits_cannot_make_an_event_larger_than_it_may_be_sent(shop):
    send(shop, an_event("paid", metadata={f"k{n}": 1 for n in range(950)}))

    assert replay_all(shop, Edits(set={"amount": 1, "more": {f"m{n}": 1 for n in range(90)}})) == {"rejected": 1}
    assert RejectedEvent.objects.get().key == "invalid_payload"


def test_a_dry_run_tells_what_would_come_of_it_and_writes_nothing(shop):
    send(shop, *(a_payment(f"customer {n}") for n in range(4)), a_payment(amount="x"), a_payment(id="order-1"))
    accept(shop, a_payment("ada", id="order-1", amount=1))
    before = everything()

    told = replay_all(shop, dry_run=True)

    assert told == {"accepted": 4, "rejected": 1, "done_before": 1}
    assert everything() == before


def test_rows_come_in_chunks_oldest_first(shop):
    keys = sorted(uuid7() for _ in range(CHUNK + 3))
    RejectedEvent.objects.bulk_create(
        RejectedEvent(pk=key, project=shop, name="paid", key="k", cause="c", occurred_at=NOW, created_at=NOW)
        for key in reversed(keys)
    )

    assert list(chunks(open_rows(shop))) == [keys[:CHUNK], keys[CHUNK:]]


@pytest.mark.parametrize("count", [1, 50])
def test_fifty_events_are_replayed_in_as_many_statements_as_one(shop, count, django_assert_num_queries):
    accept(shop, *(a_payment(f"customer {n}", amount=1) for n in range(count)))
    send(shop, *(a_payment(f"customer {n}") for n in range(count)), *(a_payment(amount="x") for n in range(count)))
    keys = list(open_rows(shop).values_list("pk", flat=True))

    with django_assert_num_queries(11 if connection.vendor == "postgresql" else 14):
        replay(shop, keys, TO_NUMBER, now=LATER)
