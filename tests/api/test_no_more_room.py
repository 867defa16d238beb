"""SQLite that cannot be written: somebody else holds it too long, or the disk is full. Reading goes on."""

import sqlite3

import pytest
from django.db import connection

from tests.api.caller import api_of
from tests.api.shop import open_shop
from tests.factories import ProjectFactory
from tests.world import an_event

pytestmark = [pytest.mark.django_db(transaction=True)]

WRITES = [
    ("POST", "/v1/events", an_event("zebra_signed_up", by="eve", id="order-1")),
    ("POST", "/v1/events", an_event("unheard of")),
    ("POST", "/v1/events/batch", {"events": [an_event("zebra_signed_up", by=f"new {n}") for n in range(200)]}),
    ("POST", "/v1/customers", {"source_id": "eve", "metadata": {"note": "a" * 10_000}}),
]
READS = [
    ("GET", "/v1/events", None),
    ("GET", "/v1/customers/zebra-ben", None),
    ("GET", "/management/v1/projects", None),
]


@pytest.fixture
def api(monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL: tests/commands/test_outage.py")
    # What failed in another test is not waited for here.
    monkeypatch.setattr("projects.keys._failed_at", None)
    project = ProjectFactory()
    open_shop(project)
    return api_of(project)


@pytest.fixture
def another():
    """A connection of somebody else."""
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    yield other
    other.close()


@pytest.fixture
def impatient(monkeypatch):
    """Waits 20 milliseconds for others, on every connection that is opened from here on."""
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.02)
    connection.close()
    yield
    connection.close()


@pytest.fixture
def locked(api, impatient, another):
    another.execute("BEGIN IMMEDIATE")
    return lambda: another.execute("ROLLBACK")


@pytest.fixture
def full(api):
    with connection.cursor() as cursor:
        used = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {used}")
    most = 2**32 - 2
    yield lambda: connection.cursor().execute(f"PRAGMA max_page_count = {most}")
    connection.cursor().execute(f"PRAGMA max_page_count = {most}")


def statuses(api, rows):
    return [api.call(*row).status for row in rows]


def test_while_somebody_holds_the_database_writing_is_503_and_reading_goes_on(api, locked, count_rows):
    before = count_rows()

    written = [api.call(*row) for row in WRITES]
    read = statuses(api, READS)
    untouched = count_rows() == before
    locked()

    assert [(answer.status, answer.key, answer.headers["Retry-After"]) for answer in written] == [
        (503, "unavailable", "1")
    ] * len(WRITES)
    assert (read, untouched) == ([200] * len(READS), True)
    assert statuses(api, WRITES) == [200, 404, 200, 200]


def test_a_full_disk_is_503_and_leaves_nothing_half_done(api, full, count_rows):
    batch = WRITES[2]
    answers = []
    while not answers or (answers[-1].status == 200 and len(answers) < 50):
        before = count_rows()
        answers.append(api.call(*batch))
    untouched = count_rows() == before

    read = statuses(api, READS)
    full()

    assert (answers[-1].status, answers[-1].key, untouched) == (503, "unavailable", True)
    assert read == [200] * len(READS)
    assert statuses(api, WRITES) == [200, 404, 200, 200]
