"""Claims: a message is one worker's alone, and comes free again where that worker is gone."""

from datetime import timedelta

import pytest
from django.db import transaction

from outbox.claims import CLAIM, Holding, claim, due_topics, held, release, renew, reserve
from outbox.enqueue import enqueue
from outbox.models import OutboxMessage
from tests.outbox.messages import FRESH, a_message, some_messages, state
from tests.processes import wait_for
from tests.threads import at_once
from tests.world import NOW

LATER = NOW + CLAIM


def keys(messages):
    return [message.pk for message in messages]


def test_the_oldest_are_claimed_first(project):
    late, first, second = (a_message(project, not_before=NOW - timedelta(minutes=age)) for age in (1, 3, 2))

    claimed = claim(NOW, most=2)

    assert keys(claimed) == keys([first, second])
    assert keys(claim(NOW, most=2)) == keys([late])


def test_a_claim_holds_for_a_while_and_counts_as_a_try(project):
    message = a_message(project)

    [claimed] = claim(NOW, most=1)

    assert claimed.attempts == 1
    assert state(message) == FRESH | {"attempts": 1, "claimed_until": LATER}
    assert claim(LATER - timedelta(seconds=1), most=1) == []
    assert keys(claim(LATER, most=1)) == [message.pk]


def test_what_is_done_parked_or_not_due_yet_is_not_claimed(project):
    for column in ("done_at", "dead_at"):
        OutboxMessage.objects.filter(pk=a_message(project).pk).update(**{column: NOW})
    a_message(project, not_before=NOW + timedelta(seconds=1))

    assert claim(NOW, most=9) == []


def test_a_claim_that_was_renewed_holds_longer(project):
    a_message(project)
    claimed = claim(NOW, most=1)

    renew(claimed, LATER)

    assert claim(LATER, most=1) == []
    assert len(claim(LATER + CLAIM, most=1)) == 1


def test_a_released_message_is_as_if_it_had_not_been_claimed(project):
    message = a_message(project)

    release(claim(NOW, most=1))

    assert state(message) == FRESH


def test_who_lost_a_claim_does_not_hold_the_message_any_more(project):
    a_message(project)
    [lost] = claim(NOW, most=1)
    [current] = claim(LATER, most=1)

    assert (held([lost]).count(), held([current]).count(), held([]).count()) == (0, 1, 0)
    before = state(current)
    release([lost])
    renew([lost], LATER + CLAIM)
    assert state(current) == before


@pytest.mark.parametrize("count", [1, 50])
def test_a_claim_costs_the_same_for_one_message_and_for_fifty(project, count, django_assert_num_queries):
    some_messages(project, count)

    # Is there anything, claim.
    with django_assert_num_queries(2):
        assert len(claim(NOW, most=50)) == count


@pytest.mark.parametrize("count", [1, 50])
def test_looking_for_work_and_claiming_it_costs_two_statements(project, count, django_assert_num_queries):
    some_messages(project, count)

    with django_assert_num_queries(2):
        [topic] = due_topics(NOW)
        assert len(claim(NOW, most=50, topic=topic)) == count


def test_the_topic_of_the_oldest_message_comes_first_and_others_are_not_claimed(project):
    second = a_message(project, "a", not_before=NOW - timedelta(seconds=1))
    first = a_message(project, "b", not_before=NOW - timedelta(seconds=2))
    a_message(project, "c", not_before=NOW + timedelta(seconds=1))
    done = a_message(project, "d")
    OutboxMessage.objects.filter(pk=done.pk).update(done_at=NOW)

    assert due_topics(NOW) == ["b", "a"]
    assert keys(claim(NOW, most=9, topic="a")) == keys([second])
    assert due_topics(NOW) == ["b"]
    assert keys(claim(NOW, most=9)) == keys([first])


def test_a_reserved_message_is_nobody_elses_but_no_try_has_begun(project):
    message = a_message(project)

    [reserved] = reserve(NOW, most=9, topic="note")

    assert (claim(NOW, most=9), reserve(NOW, most=9, topic="note")) == ([], [])
    assert (reserved.attempts, state(message)) == (0, FRESH | {"claimed_until": LATER})


def test_an_idle_worker_only_reads(project, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert claim(NOW, most=50) == []


@pytest.mark.django_db(transaction=True)
def test_eight_workers_claim_each_message_once(project):
    messages = some_messages(project, 200)

    def work(most):
        claimed = []
        while OutboxMessage.objects.due(NOW).exists():
            claimed += claim(NOW, most=most)
        return claimed

    parts = at_once([lambda most=most: work(most) for most in (1, 1, 2, 2, 3, 5, 8, 13)])

    assert sorted(key for part in parts for key in keys(part)) == keys(messages)
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_nothing_is_claimed_before_its_cause_is_committed(project):
    def claimed():
        return at_once([lambda: keys(claim(NOW, most=9))])[0]

    with transaction.atomic():
        enqueue(project, "note", {}, dedupe_key="a", not_before=NOW)
        before = claimed()

    assert (before, claimed()) == ([], keys(OutboxMessage.objects.all()))


@pytest.mark.django_db(transaction=True)
def test_what_a_worker_holds_is_kept_alive(project, monkeypatch):
    a_message(project)
    claimed = claim(NOW, most=1)
    monkeypatch.setattr("outbox.claims.RENEWED_EVERY_SECONDS", 0.01)

    with Holding().kept_alive() as holding:
        holding.take(claimed)
        assert wait_for(lambda: OutboxMessage.objects.get().claimed_until > LATER)
        holding.put_down(claimed)

    assert holding.messages() == []
