"""How many requests a key may make in a minute, whichever process they come to."""

import time

import pytest
from django.db import connection

from common.refusals import InvalidPayload
from projects.keys import create_key, limit_key
from projects.limits import Quota, RequestCounter
from projects.models import AuditEntry, RequestCount
from tests.factories import ProjectFactory
from tests.projects.minutes import a_minute_of, end_minute_of
from tests.threads import at_once
from tests.world import TESTER


@pytest.fixture
def counter():
    return RequestCounter()


def a_key(project, rate_limit=None):
    return create_key(project, kind="server", by=TESTER, rate_limit=rate_limit)[0]


def numbers(quotas):
    return [quota and (quota.number, quota.remaining, quota.is_exceeded) for quota in quotas]


def test_a_key_without_a_limit_costs_no_statement(project, counter, django_assert_num_queries):
    keys = [a_key(project), a_key(project, rate_limit=0)]

    with django_assert_num_queries(0):
        quotas = counter.take(keys)

    assert quotas == [None, None]


def test_requests_are_counted_to_the_limit_and_beyond(project, counter):
    key = a_key(project, rate_limit=3)
    a_minute_of(key, used=1)

    quotas = [counter.take([key])[0] for _ in range(3)]

    assert numbers(quotas) == [(2, 1, False), (3, 0, False), (4, 0, True)]


@pytest.mark.parametrize("count", [1, 50])
def test_the_requests_of_a_group_cost_one_statement(project, counter, count, django_assert_num_queries):
    mine, other, free = a_key(project, rate_limit=100), a_key(ProjectFactory(), rate_limit=100), a_key(project)
    for key in (mine, other):
        a_minute_of(key, used=10)

    with django_assert_num_queries(1):
        quotas = counter.take([mine, free, other] * count)

    expected = [(11 + n, 89 - n, False) for n in range(count)]
    assert [numbers(quotas[place::3]) for place in range(3)] == [expected, [None] * count, expected]


def test_a_new_minute_begins_at_one(project, counter):
    key = a_key(project, rate_limit=3)
    a_minute_of(key, used=3)
    end_minute_of(key)

    assert numbers(counter.take([key])) == [(1, 2, False)]


def test_further_refusals_in_the_same_minute_cost_no_statement(project, counter, django_assert_num_queries):
    key = a_key(project, rate_limit=3)
    a_minute_of(key, used=3)
    (first,) = counter.take([key])

    with django_assert_num_queries(0):
        again = counter.take([key, key])

    assert first.is_exceeded
    assert again == [first, first]


def test_a_limit_that_was_raised_holds_at_once(project, counter):
    key = a_key(project, rate_limit=3)
    a_minute_of(key, used=3)
    counter.take([key])

    limit_key(key, 10, by=TESTER)

    assert numbers(counter.take([key])) == [(5, 5, False)]


def test_the_installations_limit_holds_for_keys_without_their_own(project, counter, settings):
    settings.RATE_LIMIT_PER_MINUTE = 5
    common, own, free = a_key(project), a_key(project, rate_limit=7), a_key(project, rate_limit=0)
    for key in (common, own):
        a_minute_of(key, used=1)

    assert numbers(counter.take([common, own, free])) == [(2, 3, False), (2, 5, False), None]


def test_processes_count_together(transactional_db):
    key = a_key(ProjectFactory(), rate_limit=30)
    a_minute_of(key, used=10)

    def a_process():
        counter = RequestCounter()
        return [counter.take([key])[0] for _ in range(10)]

    quotas = [quota for taken in at_once([a_process] * 4) for quota in taken]

    assert sorted(quota.number for quota in quotas if not quota.is_exceeded) == list(range(11, 31))


def test_what_is_counted_waits_for_no_disk(project):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one file for all tables")

    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = %s", [RequestCount._meta.db_table])
        assert cursor.fetchall() == [("u",)]


@pytest.mark.parametrize(
    ("now", "number", "left", "next_at"),
    [(120, 1, 60, 120), (179, 2, 1, 179), (179, 3, 1, 180), (150, 4, 30, 180), (181, 4, 1, 180)],
)
def test_a_quota_says_when_the_next_request_is_allowed(now, number, left, next_at):
    quota = Quota(limit=3, number=number, now=now, ends_at=180)

    assert (quota.seconds_left, quota.next_at) == (left, next_at)


def test_a_minute_ends_with_the_clocks(project, counter):
    (quota,) = counter.take([a_key(project, rate_limit=3)])

    assert quota.ends_at % 60 == 0
    assert 0 < quota.ends_at - quota.now <= 60
    assert abs(quota.now - time.time()) < 60


@pytest.mark.parametrize("limit", [-1, 1_000_001])
def test_a_limit_that_cannot_be_meant_is_refused(project, limit):
    key = a_key(project, rate_limit=3)

    with pytest.raises(InvalidPayload, match="rate_limit must be a whole number from 0 to 1000000"):
        limit_key(key, limit, by=TESTER)
    with pytest.raises(InvalidPayload, match="rate_limit must be a whole number from 0 to 1000000"):
        a_key(project, rate_limit=limit)

    key.refresh_from_db()
    assert key.rate_limit == 3


def test_a_changed_limit_is_on_record_and_the_same_one_is_no_change(project):
    key = a_key(project, rate_limit=3)

    limit_key(key, None, by=TESTER)
    limit_key(key, None, by=TESTER)

    entries = AuditEntry.objects.filter(action="api_key.limited")
    assert [(entry.before, entry.after) for entry in entries] == [({"rate_limit": 3}, {"rate_limit": None})]
