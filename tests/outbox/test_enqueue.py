"""Writing down work: with its cause or not at all, and once for a name."""

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from outbox.enqueue import Work, enqueue, enqueue_all
from outbox.models import OutboxMessage
from tests.outbox.messages import FRESH, a_message, state
from tests.threads import at_once
from tests.world import NOW


def test_a_message_says_what_to_do_and_when(project):
    enqueue(project, "note", {"say": "hello"}, dedupe_key="effect:1", not_before=NOW)

    message = OutboxMessage.objects.get()
    assert (message.project, message.topic, message.payload) == (project, "note", {"say": "hello"})
    assert (message.dedupe_key, state(message)) == ("effect:1", FRESH)


def test_a_name_is_good_for_one_message(project):
    first = enqueue_all(project, "note", [Work({"say": "1"}, "a", NOW), Work({"say": "2"}, "b", NOW)])
    second = enqueue_all(project, "note", [Work({"say": "3"}, "b", NOW), Work({"say": "4"}, "c", NOW)])

    assert [message.payload["say"] for message in first + second] == ["1", "2", "4"]
    assert OutboxMessage.objects.count() == 3


def test_a_name_of_one_project_is_free_in_another(project, mallorys_project):
    a_message(mallorys_project, key="a")
    a_message(project, key="a")

    assert OutboxMessage.objects.count() == 2


@pytest.mark.parametrize("count", [1, 50])
def test_enqueueing_costs_one_statement_for_one_message_and_for_fifty(project, count, django_assert_num_queries):
    works = [Work({}, str(number), NOW) for number in range(count)]

    with django_assert_num_queries(1):
        messages = enqueue_all(project, "note", works)

    assert len(messages) == count


@pytest.mark.django_db(transaction=True)
def test_a_message_without_a_transaction_is_refused(project):
    with pytest.raises(TransactionManagementError):
        enqueue(project, "note", {}, dedupe_key="a", not_before=NOW)

    assert OutboxMessage.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_message_goes_where_its_cause_goes(project):
    with transaction.atomic():
        enqueue(project, "note", {}, dedupe_key="a", not_before=NOW)
        transaction.set_rollback(True)

    assert OutboxMessage.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_write_each_name_once(project):
    names = [str(number) for number in range(100)]

    def write(step):
        with transaction.atomic():
            return len(enqueue_all(project, "note", [Work({}, name, NOW) for name in names[::step]]))

    written = at_once([lambda step=step: write(step) for step in (1, -1) * 4])

    assert (sum(written), OutboxMessage.objects.count()) == (100, 100)
