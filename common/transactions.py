"""Running a transaction again where the database asked for it."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, transaction

T = TypeVar("T")

MOST_ATTEMPTS = 4
# serialization_failure and deadlock_detected (PostgreSQL, appendix A)
RETRIED_STATES = {"40001", "40P01"}
# lock_not_available and query_canceled: somebody else held what this waited for.
TIMED_OUT_STATES = {"55P03", "57014"}


class BeginAnew(Exception):
    """Raised inside a transaction that found out too late what another one had written before it."""


def run_in_transaction(work: Callable[[], T]) -> T:
    """`work()` in one transaction, run again up to three times where PostgreSQL broke it off for a deadlock, or where
    it asks for it by BeginAnew.

    `work` must start from nothing each time. Inside an outer transaction only BeginAnew runs it again, in a savepoint:
    what the database broke off only the outermost can retry.
    """
    is_outermost = not transaction.get_connection().in_atomic_block
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return work()
        except BeginAnew:
            if attempt == MOST_ATTEMPTS:
                raise
        except OperationalError as error:
            if attempt == MOST_ATTEMPTS or not is_outermost or sqlstate(error) not in RETRIED_STATES:
                raise
    raise AssertionError("unreachable")


def sqlstate(error: Exception) -> str | None:
    """PostgreSQL's five characters for what went wrong; None on SQLite."""
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    return state


def has_timed_out(error: Exception) -> bool:
    """Whether the statement waited too long for another transaction."""
    return sqlstate(error) in TIMED_OUT_STATES
