"""The log of what was sent holds a month of what ended, and all that has not ended."""

from datetime import timedelta

import pytest

from tests.factories import ProjectFactory
from tests.webhooks.world import a_send_out, a_webhook
from tests.world import NOW
from webhooks import sweeping
from webhooks.models import Attempt, SendOut, SlowSource
from webhooks.sweeping import KEPT, sweep_send_outs

MOMENT = timedelta(seconds=1)
# In production a transaction of its own.
SAVEPOINT = 2


@pytest.fixture
def webhook(project):
    return a_webhook(project, "customer.created")


def ended(webhook, count, before=NOW - KEPT - MOMENT):
    """So many that ended at that time, the first of them first."""
    rows = [a_send_out(webhook, cause=f"{before}-{number}") for number in range(count)]
    for number, row in enumerate(rows):
        SendOut.objects.filter(pk=row.pk).update(ended_at=before - MOMENT * (count - number))
    return rows


def causes():
    return set(SendOut.objects.values_list("cause", flat=True))


def test_what_ended_is_kept_for_thirty_days_to_the_second(webhook):
    for status in ("delivered", "failed"):
        a_send_out(webhook, status, cause=status)

    early = sweep_send_outs(NOW + timedelta(days=30))
    kept = Attempt.objects.count()
    late = sweep_send_outs(NOW + timedelta(days=30) + MOMENT)

    assert (early, kept) == ({"send_outs": 0}, 2)
    assert late == {"send_outs": 2}
    assert not SendOut.objects.exists()
    assert not Attempt.objects.exists()


def test_what_has_not_ended_is_kept_however_old(webhook):
    statuses = ("waiting", "retrying", "held")
    for status in (*statuses, "failed"):
        a_send_out(webhook, status, cause=status)

    swept = sweep_send_outs(NOW + timedelta(days=4_000))

    assert swept == {"send_outs": 1}
    assert causes() == set(statuses)
    assert Attempt.objects.count() == 3


def test_the_log_of_every_project_is_swept(webhook):
    ended(webhook, 1)
    ended(a_webhook(ProjectFactory(), "customer.created"), 1)
    assert sweep_send_outs(NOW) == {"send_outs": 2}


def test_it_goes_by_chunks_oldest_first_and_leaves_the_rest_to_the_next_run(webhook, monkeypatch):
    monkeypatch.setattr(sweeping, "CHUNK", 2)
    monkeypatch.setattr(sweeping, "MOST_CHUNKS", 2)
    rows = ended(webhook, 7)

    first = sweep_send_outs(NOW)
    left = causes()

    assert first == {"send_outs": 4}
    assert left == {row.cause for row in rows[4:]}
    assert sweep_send_outs(NOW) == {"send_outs": 3}
    assert not Attempt.objects.exists()


def test_a_run_that_finds_nothing_costs_two_statements(webhook, django_assert_num_queries):
    a_send_out(webhook)
    with django_assert_num_queries(2 + SAVEPOINT):
        sweep_send_outs(NOW)


def test_a_chunk_costs_the_same_however_many_are_in_it(webhook, django_assert_num_queries):
    ended(webhook, 1)
    with django_assert_num_queries(4 + SAVEPOINT):
        sweep_send_outs(NOW)
    ended(webhook, 200)
    with django_assert_num_queries(4 + SAVEPOINT):
        sweep_send_outs(NOW)
    assert not SendOut.objects.exists()


def test_marks_of_slow_receivers_go_once_they_are_over(webhook):
    other = a_webhook(webhook.project, "customer.created", url="https://other.example/")
    SlowSource.objects.create(source_id=webhook.pk, project=webhook.project, until=NOW - MOMENT)
    SlowSource.objects.create(source_id=other.pk, project=webhook.project, until=NOW)
    sweep_send_outs(NOW)
    assert SlowSource.objects.get().source_id == other.pk
