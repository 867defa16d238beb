"""Celery carries the outbox over RabbitMQ and Redis: what any of them forgets or says twice does no harm."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from bench.processes import ROOT
from campaigns.generation import start_generation
from outbox.broker import BrokerAway, Carrier
from outbox.claims import CLAIM, claim, reserve, take, unreserve
from outbox.dispatching import MOST_LONG, MOST_QUICK, UnderWay
from outbox.lanes import Lanes
from outbox.models import OutboxMessage
from outbox.relay import Outcome, handle_all, handle_reserved
from tests.brokers import a_broker, machines
from tests.once import once
from tests.outbox.jobs import Note, noted_in
from tests.outbox.messages import FRESH, a_message, some_messages, state
from tests.processes import kill_tree, wait_for
from tests.threads import at_once
from tests.world import NOW, TESTER, a_coupon_campaign
from webhooks.send_outs import SEND_SLOWLY

ON_POSTGRESQL = once("many machines share a PostgreSQL", on="postgresql")
LATER = NOW + CLAIM
# So many that the making is seen.
CODES = 5_000


def now():
    return NOW


# --- taking up what is reserved ------------------------------------------------------------------------


def reservations(messages):
    return [(str(message.pk), message.attempts) for message in messages]


def test_what_was_reserved_is_taken_up_once_and_counts_as_a_try_then(project):
    some_messages(project, 3)
    reserved = reservations(reserve(NOW, most=9, topic="note"))

    first, second = handle_reserved(reserved, now), handle_reserved(reserved, now)

    assert (first, second, Note.noted) == ([Outcome.DONE] * 3, [], ["0", "1", "2"])
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_four_who_are_told_of_the_same_messages_take_each_up_once(project):
    some_messages(project, 40)
    reserved = reservations(reserve(NOW, most=40, topic="note"))

    parts = at_once([lambda: take(reserved, NOW)] * 4)

    assert sorted(message.payload["say"] for part in parts for message in part) == sorted(map(str, range(40)))


def test_what_nobody_took_up_in_time_is_reserved_again_and_the_late_comer_does_nothing(project):
    a_message(project)
    first = reservations(reserve(NOW, most=9, topic="note"))
    second = reservations(reserve(LATER, most=9, topic="note"))

    assert (handle_reserved(second, lambda: LATER), handle_reserved(first, lambda: LATER)) == ([Outcome.DONE], [])
    assert Note.noted == ["hello"]


def test_a_message_that_is_to_be_tried_later_is_not_taken_up_by_an_old_task(project):
    message = a_message(project)
    reserved = reservations(reserve(NOW, most=9, topic="note"))
    OutboxMessage.objects.update(available_at=NOW + timedelta(seconds=1))

    assert handle_reserved(reserved, now) == []
    assert state(message)["attempts"] == 0


def test_taking_up_costs_the_same_for_one_message_and_for_fifty(project, django_assert_num_queries):
    some_messages(project, 50)
    reserved = reservations(reserve(NOW, most=50, topic="note"))

    with django_assert_num_queries(1):
        assert len(take(reserved[:1], NOW)) == 1
    with django_assert_num_queries(1):
        assert len(take(reserved, NOW)) == 49


# --- what waits in the broker ----------------------------------------------------------------------------


def handed_over(under_way, topic, at=NOW):
    messages = reserve(at, most=under_way.room(topic), topic=topic)
    under_way.add(messages)
    return messages


def test_no_more_is_handed_over_than_may_wait(project):
    under_way = UnderWay()
    some_messages(project, MOST_QUICK + 1, "many")

    handed_over(under_way, "many")

    assert (under_way.room("many"), under_way.room("note")) == (0, MOST_LONG)
    assert OutboxMessage.objects.due(NOW).count() == 1


def test_what_is_taken_up_or_done_makes_room(project):
    under_way = UnderWay()
    some_messages(project, 8, "many")
    reserved = reservations(handed_over(under_way, "many"))

    take(reserved[:3], NOW)
    handle_all(take(reserved[3:4], NOW), now)
    under_way.look(NOW)

    assert under_way.room("many") == MOST_QUICK - 4


def test_what_nobody_takes_is_handed_over_again_one_batch_at_a_time_and_told(project, caplog):
    under_way = UnderWay()
    some_messages(project, 20, "many")
    handed_over(under_way, "many")

    under_way.look(LATER)
    rooms = [under_way.room("many")]
    again = handed_over(under_way, "many", LATER)
    rooms.append(under_way.room("many"))
    take(reservations(again), LATER)
    under_way.look(LATER)

    assert (rooms, under_way.room("many")) == ([8, 0], MOST_QUICK)
    assert [record.message.partition(" takes ")[0] for record in caplog.records] == ["No worker of Celery"]


def test_of_a_topic_that_allows_one_batch_at_a_time_one_is_under_way_until_it_is_handled(project):
    under_way = UnderWay()
    some_messages(project, 6, "one at a time")
    reserved = reservations(handed_over(under_way, "one at a time"))
    rooms = [under_way.room("one at a time")]

    taken = take(reserved, NOW)
    under_way.look(NOW)
    rooms.append(under_way.room("one at a time"))
    OutboxMessage.objects.filter(pk__in=[message.pk for message in taken]).update(done_at=NOW, claimed_until=None)
    under_way.look(NOW)

    assert (len(reserved), rooms, under_way.room("one at a time")) == (2, [0, 0], 2)


def test_an_installation_says_how_many_batches_for_slow_receivers_are_under_way(db, settings):
    settings.SLOW_BATCHES = 3
    lanes = Lanes()

    rooms = [UnderWay().room(SEND_SLOWLY)]
    for _ in range(3):
        rooms.append(lanes.room(SEND_SLOWLY))
        lanes.enter(SEND_SLOWLY)

    assert (rooms, lanes.room(SEND_SLOWLY)) == ([3 * 64, 64, 64, 64], 0)


@pytest.mark.parametrize("count", [1, 50])
def test_looking_at_what_is_under_way_costs_one_statement(project, count, django_assert_num_queries):
    under_way = UnderWay()
    some_messages(project, count, "many")
    handed_over(under_way, "many")

    with django_assert_num_queries(1):
        under_way.look(NOW)


def test_what_a_broker_does_not_take_is_free_again(project, settings):
    settings.CELERY_BROKER_URL = "amqp://guest:guest@127.0.0.1:1//"
    message = a_message(project)
    messages = reserve(NOW, most=9, topic="note")

    with pytest.raises(BrokerAway):
        Carrier().send(messages, LATER)
    unreserve(messages)

    assert state(message) == FRESH
    assert len(claim(NOW, most=9)) == 1


# --- real brokers ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["RabbitMQ", "Redis"])
def broker(request):
    with a_broker(request.param) as node:
        yield node


@pytest.fixture
def start(broker):
    with machines(broker.url, "tests.outbox.settings") as start:
        yield start


@pytest.fixture
def file(tmp_path):
    return tmp_path / "notes"


def let_time_pass():
    """What was claimed or reserved by those who are gone runs out; not what is being written, which would deadlock."""
    with transaction.atomic():
        claimed = OutboxMessage.objects.filter(claimed_until__isnull=False).select_for_update(skip_locked=True)
        free = list(claimed.values_list("pk", flat=True))
        OutboxMessage.objects.filter(pk__in=free).update(claimed_until=timezone.now())


def is_all_done():
    return not OutboxMessage.objects.filter(done_at=None).exists()


@ON_POSTGRESQL
@pytest.mark.django_db(transaction=True)
def test_messages_are_handled_once_and_only_after_their_commit(project, start, file):
    relay, worker = start
    relay(), worker()

    with transaction.atomic():
        some_messages(project, 5, file=str(file))
        transaction.set_rollback(True)
    if connection.vendor == "postgresql":  # on SQLite nobody else can write meanwhile
        with transaction.atomic():
            a_message(project, say="late", file=str(file))
            at_once([lambda: some_messages(project, 3, "many", file=str(file))])
            wait_for(lambda: noted_in(file) == ["0 1 2"])
    else:
        some_messages(project, 3, "many", file=str(file))
        wait_for(lambda: noted_in(file) == ["0 1 2"])
        a_message(project, say="late", file=str(file))

    wait_for(is_all_done)
    assert noted_in(file) == ["0 1 2", "late"]
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {1}


@ON_POSTGRESQL
@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_had_in_hand_is_handled_by_another(project, start, file, tmp_path):
    relay, worker = start
    relay()
    message = a_message(project, "slow", file=str(file), until=str(tmp_path / "gate"))
    doomed = worker()
    wait_for(lambda: noted_in(file) == ["begun"])

    kill_tree(doomed.pid)
    doomed.wait()
    worker()
    (tmp_path / "gate").touch()
    let_time_pass()

    # Redis may still hand a task to a connection whose process is just ending: then it takes a minute.
    wait_for(is_all_done, 2 * CLAIM.total_seconds())
    assert (noted_in(file), state(message)["attempts"]) == (["begun", "begun", "ended"], 2)


@ON_POSTGRESQL
@pytest.mark.django_db(transaction=True)
def test_all_is_handled_though_the_broker_was_killed(project, broker, start, file):
    relay, worker = start
    relay(), worker()
    some_messages(project, 1, file=str(file))
    wait_for(is_all_done)

    broker.kill()
    some_messages(project, 20, "many", file=str(file))
    broker.start()

    def is_done_in_time():
        let_time_pass()
        return is_all_done()

    wait_for(is_done_in_time)
    handled = " ".join(noted_in(file)).split()
    assert sorted(set(handled), key=int) == [str(number) for number in range(20)]


def test_a_broker_that_takes_connections_and_says_nothing_holds_nobody_up(project, broker, settings, monkeypatch):
    monkeypatch.setattr("outbox.broker.SILENT_SECONDS", 1)
    settings.CELERY_BROKER_URL = broker.url
    a_message(project)
    messages = reserve(NOW, most=9, topic="note")
    known, carrier = Carrier(), Carrier()
    known.send(messages, LATER)

    with ThreadPoolExecutor(2) as pool, broker.silenced():
        waiting = [pool.submit(one.send, messages, LATER) for one in (known, carrier)]
        errors = [one.exception(timeout=60) for one in waiting]

    assert [type(error) for error in errors] == [BrokerAway, BrokerAway]
    known.send(messages, LATER)
    known.close()


@ON_POSTGRESQL
@pytest.mark.django_db(transaction=True)
def test_codes_are_made_there_and_their_async_action_tells_how_far_it_is(project, broker):
    sale = a_coupon_campaign(project, code_config={"pattern": "S-########"})
    action = start_generation(sale, CODES, request_id="v-1", now=NOW, by=TESTER)
    seen = set()

    def is_done():
        action.refresh_from_db()
        seen.add(action.status)
        return action.status == "DONE"

    with machines(broker.url, "config.settings") as (relay, worker):
        relay(), worker()
        wait_for(is_done)

    assert seen == {"ENQUEUED", "IN_PROGRESS", "DONE"}
    assert (sale.vouchers.count(), action.done_count, action.progress) == (CODES, CODES, 100)


# --- without a broker --------------------------------------------------------------------------------------

SCRIPT = """
import sys, django
django.setup()
import config.wsgi
from django.core.management import call_command
import outbox.management.commands.relay_outbox
sys.exit(any(name.partition(".")[0] in ("celery", "kombu", "redis", "amqp") for name in sys.modules))
"""


def test_where_there_is_no_broker_celery_is_not_loaded():
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "x" * 40}

    assert subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, check=False).returncode == 0


def test_an_address_that_is_no_brokers_is_refused_at_start_and_not_told():
    environment = {"CELERY_BROKER_URL": "ftp://guest:secret@broker", "SECRET_KEY": "x" * 40}
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, "CELERY_BROKER_URL has to begin with amqp://" in done.stderr) == (1, True)
    assert "secret" not in done.stderr
