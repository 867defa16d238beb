"""A shop, and who calls its API: its own keys, and Mallory's."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from events.models import RejectedEvent
from tests.api.caller import Api, api_of
from tests.api.shop import Shop, open_shop


@pytest.fixture
def shop(project) -> Shop:
    return open_shop(project)


@pytest.fixture
def api(project) -> Api:
    """With the keys of Ada's and Ben's project."""
    return api_of(project)


@pytest.fixture
def mallory(mallorys_project) -> Api:
    """With valid keys of another project."""
    return api_of(mallorys_project)


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
