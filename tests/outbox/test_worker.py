"""The worker as a process of its own: it ends in order, and loses nothing where it is killed."""

import signal
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from outbox.claims import claim
from outbox.lanes import THREADS
from outbox.models import OutboxMessage
from outbox.relay import Outcome, handle_due
from tests.outbox.jobs import noted_in
from tests.outbox.messages import FRESH, a_message, some_messages, state
from tests.processes import SECONDS, commands, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker():
    """Starts `manage.py relay_outbox` on the test database, and makes sure that it is gone afterwards."""
    with commands() as start:
        yield lambda *options: start("relay_outbox", *options, DJANGO_SETTINGS_MODULE="tests.outbox.settings")


@pytest.fixture
def file(tmp_path):
    """Where the handlers note what they do."""
    return tmp_path / "notes"


@pytest.fixture
def gate(tmp_path):
    """Slow messages end once this file is there."""
    return tmp_path / "gate"


def a_slow_message(project, file, gate):
    return a_message(project, "slow", file=str(file), until=str(gate))


def test_a_message_in_the_hands_of_a_worker_that_is_killed_is_handled_again(project, worker, file, gate):
    message = a_slow_message(project, file, gate)
    process = worker()
    wait_for(lambda: noted_in(file) == ["begun"])

    process.kill()
    process.wait(SECONDS)
    gate.touch()

    runs_out_at = state(message)["claimed_until"]
    assert claim(runs_out_at - timedelta(seconds=1), most=1) == []
    assert handle_due(lambda: runs_out_at) == Counter({Outcome.DONE: 1})
    assert noted_in(file) == ["begun", "begun", "ended"]
    assert (state(message)["attempts"], state(message)["done_at"] is None) == (2, False)


def test_a_worker_that_is_told_to_end_finishes_what_it_holds(project, worker, file, gate):
    message = a_slow_message(project, file, gate)
    process = worker("--json")
    wait_for(lambda: noted_in(file) == ["begun"])

    process.send_signal(signal.SIGTERM)
    gate.touch()

    assert process.wait(SECONDS) == 0
    assert process.stdout.read() == b'{"done":1,"retried":0,"parked":0}\n'
    assert (noted_in(file), state(message)["attempts"]) == (["begun", "ended"], 1)


def test_a_worker_that_is_told_to_end_gives_back_what_it_cannot_finish(project, worker, file, gate):
    message = a_slow_message(project, file, gate)
    process = worker()
    wait_for(lambda: noted_in(file) == ["begun"])

    process.send_signal(signal.SIGINT)

    assert process.wait(SECONDS) == 0
    assert (noted_in(file), state(message)) == (["begun"], FRESH)


def test_two_workers_handle_each_message_once_while_some_are_slow(project, worker, file, gate):
    # One more than a worker can hold: once all have begun, both workers are up.
    slow = [a_slow_message(project, file, gate) for _ in range(THREADS + 1)]
    workers = [worker(), worker()]
    wait_for(lambda: noted_in(file) == ["begun"] * len(slow))

    some_messages(project, 40, file=str(file))
    wait_for(lambda: OutboxMessage.objects.filter(done_at=None).count() == len(slow))
    gate.touch()
    wait_for(lambda: not OutboxMessage.objects.filter(done_at=None).exists())

    for process in workers:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(SECONDS) for process in workers] == [0, 0]
    assert sorted(noted_in(file)) == sorted(["begun", "ended"] * len(slow) + [str(number) for number in range(40)])


def test_a_worker_ends_when_nothing_is_due_any_more(project, worker, file):
    some_messages(project, 3, file=str(file))
    a_message(project, "broken")

    process = worker("--until-empty")

    assert (process.wait(SECONDS), noted_in(file)) == (0, ["0", "1", "2"])
    assert process.stdout.read() == b"3 done, 1 retried, 0 parked\n"


def test_a_worker_ends_after_one_message(project, worker, file):
    some_messages(project, 3, file=str(file))

    process = worker("--once")

    assert (process.wait(SECONDS), noted_in(file)) == (0, ["0"])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connection to lose")
def test_a_worker_whose_connections_are_cut_goes_on(project, worker, file):
    some_messages(project, 1, file=str(file))
    worker()
    wait_for(lambda: noted_in(file) == ["0"])

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    a_message(project, say="after", file=str(file))

    assert wait_for(lambda: noted_in(file) == ["0", "after"])


def test_batches_are_handled_while_four_long_messages_run(project, worker, file, gate):
    for _ in range(THREADS):
        a_slow_message(project, file, gate)
    worker()
    wait_for(lambda: noted_in(file) == ["begun"] * THREADS)

    some_messages(project, 20, "many", file=str(file))

    assert wait_for(lambda: OutboxMessage.objects.filter(done_at=None).count() == THREADS)
    handled = " ".join(noted_in(file)[THREADS:]).split()
    assert sorted(handled, key=int) == [str(number) for number in range(20)]


def test_of_a_topic_that_allows_one_batch_at_a_time_a_worker_has_one_in_hand(project, worker, file, gate):
    some_messages(project, 4, "one at a time", file=str(file), until=str(gate))
    worker()
    wait_for(lambda: noted_in(file) == ["begun"])

    some_messages(project, 1, file=str(file))
    wait_for(lambda: noted_in(file) == ["begun", "0"])
    in_hand = OutboxMessage.objects.filter(topic="one at a time", claimed_until__isnull=False).count()
    gate.touch()

    assert wait_for(lambda: not OutboxMessage.objects.filter(done_at=None).exists())
    assert (in_hand, noted_in(file)) == (2, ["begun", "0", "ended", "begun", "ended"])
