"""What the tests stand on: one database by DATABASE_URL, and the parts of the machine that are there."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection, transaction

from events.grouping import grouping
from events.models import RejectedEvent
from projects.models import Project
from tests.factories import ProjectFactory


@pytest.fixture
def project(db: None) -> Project:
    """Ada's and Ben's project."""
    return ProjectFactory(name="Shop")


@pytest.fixture
def mallorys_project(db: None) -> Project:
    """Another tenant, who must see nothing of the first."""
    return ProjectFactory(name="Mallory's")


@pytest.fixture
def grouped(settings: Any) -> Iterator[None]:
    """Concurrent requests become one transaction, as they do where Boon is served."""
    settings.GROUP_EVENTS = True
    yield
    grouping.stop()


@pytest.fixture
def count_rows(db) -> Callable[[], dict[str, int]]:
    """How many rows every table holds, but for rejected events, which refusals make; in one statement."""
    tables = sorted(set(connection.introspection.table_names()) - {RejectedEvent._meta.db_table})
    counts = ", ".join(f"(SELECT count(*) FROM {connection.ops.quote_name(table)})" for table in tables)

    def counted() -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {counts}")
            return dict(zip(tables, cursor.fetchone(), strict=True))

    return counted


@pytest.fixture
def undone() -> Callable[[Callable[[], Any]], Any]:
    """What `work()` answers; what it wrote is taken back."""

    def done(work: Callable[[], Any]) -> Any:
        with transaction.atomic():
            result = work()
            transaction.set_rollback(True)
        return result

    return done


def pytest_configure() -> None:
    database = settings.DATABASES["default"]
    # A live server's threads would keep their connections, and the test database could not be dropped.
    database["CONN_MAX_AGE"] = 0
    if database["ENGINE"] == "django.db.backends.sqlite3":
        use_a_file(database)
    else:
        type(connection.ops).sql_flush = delete_what_is_there
    # The writing thread would not see what a test's own transaction holds; live servers switch it on.
    settings.GROUP_EVENTS = False
    # The same examples in every run: a failure that nobody can repeat helps nobody.
    hypothesis.settings.register_profile("boon", derandomize=True, database=None, deadline=None)
    hypothesis.settings.load_profile("boon")


def delete_what_is_there(operations: Any, style: Any, tables: Any, **options: Any) -> list[str]:
    """Instead of a TRUNCATE of every table, which costs PostgreSQL a third of a second after each test that commits.

    As a replica the session runs no triggers: neither those of foreign keys, nor those that keep the books.
    """
    cleared = "\n".join(
        f"IF EXISTS (SELECT FROM {name}) THEN DELETE FROM {name}; END IF;"
        for name in sorted(map(operations.quote_name, tables))
    )
    return [f"SET session_replication_role = replica; DO $$ BEGIN {cleared} END $$; RESET session_replication_role"]


def use_a_file(database: dict[str, Any]) -> None:
    """Databases in memory lock otherwise than files do. One file a process: several runs may share the folder."""
    settings.VAR_DIR.mkdir(exist_ok=True)
    database.setdefault("TEST", {})["NAME"] = str(settings.VAR_DIR / f"test-{os.getpid()}.sqlite3")
    # Nobody pulls the plug on a test: locks and transactions are those of production, without waiting for the disk.
    options = database["OPTIONS"]
    database["OPTIONS"] = options | {"init_command": options["init_command"].replace("=FULL", "=OFF")}


def pytest_report_header() -> str:
    return f"database: {connection.vendor}"
