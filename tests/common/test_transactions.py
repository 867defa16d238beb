"""A transaction that PostgreSQL broke off for a deadlock is run again, from nothing."""

from threading import Barrier

import psycopg.errors
import pytest
from django.db import OperationalError, connection, transaction

from common.transactions import MOST_ATTEMPTS, run_in_transaction
from projects.models import Project
from tests.factories import ProjectFactory
from tests.threads import at_once


class Work:
    """Makes a project, and fails as often as it is told."""

    def __init__(self, failures, cause):
        self.failures = failures
        self.cause = cause
        self.runs = 0

    def __call__(self):
        self.runs += 1
        ProjectFactory(slug=f"run-{self.runs}")
        if self.runs <= self.failures:
            raise OperationalError(str(self.cause)) from self.cause
        return self.runs


def slugs():
    return list(Project.objects.values_list("slug", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("cause", [psycopg.errors.DeadlockDetected(), psycopg.errors.SerializationFailure()])
def test_a_deadlock_is_tried_again_and_leaves_nothing_of_the_first_run(cause):
    work = Work(failures=2, cause=cause)

    assert run_in_transaction(work) == 3
    assert slugs() == ["run-3"]


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_that_comes_four_times_is_raised():
    work = Work(failures=99, cause=psycopg.errors.DeadlockDetected())

    with pytest.raises(OperationalError):
        run_in_transaction(work)

    assert (work.runs, slugs()) == (MOST_ATTEMPTS, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("cause", [psycopg.errors.LockNotAvailable(), psycopg.errors.QueryCanceled(), None])
def test_another_failure_is_raised_at_once(cause):
    work = Work(failures=1, cause=cause)

    with pytest.raises(OperationalError):
        run_in_transaction(work)

    assert (work.runs, slugs()) == (1, [])


@pytest.mark.django_db(transaction=True)
def test_inside_another_transaction_nothing_is_tried_again():
    work = Work(failures=1, cause=psycopg.errors.DeadlockDetected())

    with pytest.raises(OperationalError), transaction.atomic():
        run_in_transaction(work)

    assert work.runs == 1


@pytest.mark.django_db(transaction=True)
def test_two_writers_who_lock_in_different_orders_both_come_through():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    one, other = ProjectFactory(), ProjectFactory()
    both_hold_a_row = Barrier(2)
    runs = []

    def lock(first, second):
        Project.objects.select_for_update().get(pk=first.pk)
        runs.append(first)
        if len(runs) <= 2:
            both_hold_a_row.wait(timeout=30)
        return Project.objects.select_for_update().get(pk=second.pk)

    locked = at_once(
        [lambda: run_in_transaction(lambda: lock(one, other)), lambda: run_in_transaction(lambda: lock(other, one))]
    )

    assert locked == [other, one]
    # Whoever was broken off may be so again: it can take its row back before the other one wakes.
    assert len(runs) > 2
