"""Rejected events are kept for a while, and up to a number; what is dropped is counted."""

from datetime import timedelta

import pytest

from events.models import RejectedEvent, RejectedTally
from events.rejected import trim
from tests.events.replays import a_payment, with_payments
from tests.world import (
    NOW,
    send,
)


@pytest.fixture
def shop(project):
    """A project in which a payment of so much earns so many points."""
    return with_payments(project)


def rejected(project, count=1, **columns):
    defaults = {"name": "paid", "key": "k", "cause": "c", "occurred_at": NOW, "created_at": NOW} | columns
    rows = [RejectedEvent(project=project, **defaults) for _ in range(count)]
    return RejectedEvent.objects.bulk_create(rows)


def test_what_is_older_than_thirty_days_is_dropped_and_counted(project, mallorys_project):
    long_ago = NOW - timedelta(days=30, seconds=1)
    rejected(project, 2, created_at=long_ago)
    rejected(project, created_at=long_ago, replayed_at=NOW)
    (young,) = rejected(project, created_at=NOW - timedelta(days=30))
    (other,) = rejected(mallorys_project, created_at=long_ago)

    dropped = trim(project, NOW)

    assert dropped == RejectedTally.objects.get(project=project).dropped_count == 2
    assert set(RejectedEvent.objects.all()) == {young, other}


def test_what_is_beyond_the_cap_is_dropped_oldest_first_and_counted(project):
    rows = rejected(project, 5)

    dropped = [trim(project, NOW, most_kept=3), trim(project, NOW, most_kept=2)]

    assert dropped == [2, 1]
    assert list(RejectedEvent.objects.order_by("pk")) == rows[3:]
    assert RejectedTally.objects.get().dropped_count == 3


def test_keeping_what_is_refused_trims_now_and_then(project, shop):
    rejected(project, 2, created_at=NOW - timedelta(days=31))

    send(shop, a_payment())

    assert RejectedTally.objects.get().dropped_count == 2
    assert RejectedEvent.objects.count() == 1
