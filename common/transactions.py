"""Running a transaction again where the database asked for it."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, transaction

T = TypeVar("T")

MOST_ATTEMPTS = 4
# serialization_failure and deadlock_detected (PostgreSQL, appendix A)
RETRIED_STATES = {"40001", "40P01"}


def run_in_transaction(work: Callable[[], T]) -> T:
    """`work()` in one transaction, run again up to three times where PostgreSQL broke it off for a deadlock.

    `work` must start from nothing each time. Inside an outer transaction it runs once: only the outermost can retry.
    """
    attempts = 1 if transaction.get_connection().in_atomic_block else MOST_ATTEMPTS
    for attempt in range(1, attempts + 1):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            if attempt == attempts or getattr(error.__cause__, "sqlstate", None) not in RETRIED_STATES:
                raise
    raise AssertionError("unreachable")
