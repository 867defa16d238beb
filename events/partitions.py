"""Upkeep of the event log's monthly partitions on PostgreSQL (docs/adr/0002, docs/operators.md).

Nothing depends on it being run: what has no month of its own lies in the default partition.

Adding a month follows the order that ATTACH asks for. A table of its own is made and filled with the month's rows from
the default partition, which stay visible there meanwhile. Then, in one transaction under ACCESS EXCLUSIVE on the
log, what changed since is caught up with, the rows leave the default partition, and the table becomes a partition.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import OperationalError, connection

from common.ids import first_key_at
from common.transactions import has_timed_out, run_in_transaction
from customers.segments import segment_book
from events.models import Event, IdempotencyKey, RejectedEvent, StoredEffect
from events.months import DEFAULT, TABLE, Month, months_between
from projects.models import Project

COPIED_AT_ONCE = 10_000
# How long a statement waits for its lock, while whoever comes after it waits behind it; and how often it tries. Less
# than PostgreSQL's deadlock_timeout (1s): where somebody locks the same tables in another order, this gives way.
LOCK_WAIT = "500ms"
ATTEMPTS = 10
PAUSE_SECONDS = 1.0
ADVISORY_KEY = 0x626F6F6E  # "boon": one upkeep at a time
COLUMNS = ", ".join(f'"{field.column}"' for field in Event._meta.concrete_fields)

T = TypeVar("T")


class UpkeepProblem(Exception):
    """Why the partitions could not be seen to; what was done before stays done."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A month that is gone: its events; what of them stays (effects, senders' ids), and what can no longer be done."""

    partition: str
    events: int
    effects_kept: int
    ids_kept: int
    failures_left: int


@dataclass(frozen=True, slots=True)
class Upkeep:
    """`moved`: how many events left the default partition, by the partition that has them now."""

    created: Sequence[str] = ()
    moved: Mapping[str, int] | None = None
    dropped: Sequence[Dropped] = ()


def has_partitions() -> bool:
    return connection.vendor == "postgresql"


def ensure_partitions(*, now: datetime, months_ahead: int, retain_months: int | None = None) -> Upkeep:
    """Adds what is missing of this month, the coming ones and those whose events lie in the default partition.

    With `retain_months` (1 or more) drops the months before the last so many full ones. Raises UpkeepProblem.
    """
    current = Month.of(now)
    with _alone():
        there = _months_there()
        missing = sorted((months_between(current, current.later(months_ahead)) | _months_in_default()) - there)
        moved = {month.partition: _add(month) for month in missing}
        kept_from = current.later(-retain_months) if retain_months is not None else None
        old = sorted(month for month in there | set(missing) if kept_from and month < kept_from)
        dropped = [_drop(month) for month in old]
    if dropped:
        _count_anew(now)
    return Upkeep(list(moved), {name: count for name, count in moved.items() if count}, dropped)


@contextmanager
def _alone() -> Iterator[None]:
    (is_ours,) = _row("SELECT pg_try_advisory_lock(%s)", ADVISORY_KEY)
    if not is_ours:
        raise UpkeepProblem("Another run sees to the partitions at this moment.")
    try:
        yield
    finally:
        _row("SELECT pg_advisory_unlock(%s)", ADVISORY_KEY)


def _months_there() -> set[Month]:
    rows = _rows("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", TABLE)
    return {month for (name,) in rows if (month := Month.named(name.strip('"').rpartition(".")[2]))}


def _months_in_default() -> set[Month]:
    """From the first to the last month of events in the default partition: their keys are in the order of time."""
    ends = [_rows(f"SELECT received_at FROM {DEFAULT} ORDER BY id {order} LIMIT 1") for order in ("", "DESC")]
    moments = [moment for rows in ends for (moment,) in rows]
    return months_between(Month.of(min(moments)), Month.of(max(moments))) if moments else set()


def _add(month: Month) -> int:
    """Makes the month's partition; how many events it took over from the default one."""
    made = f"{month.partition}_new"
    _in_turn(lambda: _make_table(month, made))
    _copy(month, made)
    try:
        return _in_turn(lambda: _swap(month, made))
    except UpkeepProblem:
        # No second copy of what customers did is left behind.
        _in_turn(lambda: _run(f"DROP TABLE {made}"))
        raise


def _make_table(month: Month, made: str) -> None:
    """A table like the log that is no part of it yet, with everything that ATTACH would otherwise check or build."""
    if _row("SELECT to_regclass(%s)", month.partition)[0] is not None:
        raise UpkeepProblem(f"There is a table {month.partition} that is no partition of {TABLE}: rename it first.")
    # Left by a run that was broken off; nobody ever saw its rows.
    _run(f"DROP TABLE IF EXISTS {made}")
    _run(f"CREATE TABLE {made} (LIKE {TABLE} INCLUDING ALL)")
    _run(f"ALTER TABLE {made} ADD CONSTRAINT {made}_month CHECK {_within(month)}")
    keys = (
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'"
    )
    for name, definition in _rows(keys, TABLE):
        _run(f'ALTER TABLE {made} ADD CONSTRAINT "{name}" {definition}')


def _copy(month: Month, made: str) -> None:
    """Copies the month's rows in steps; nobody is kept waiting."""
    last = UUID(int=0)
    while True:
        copied, last = _row(
            f"WITH copied AS (INSERT INTO {made} ({COLUMNS}) SELECT {COLUMNS} FROM {DEFAULT}"
            f" WHERE {_within(month)} AND id > %s ORDER BY id LIMIT {COPIED_AT_ONCE} RETURNING id)"
            " SELECT count(*), (array_agg(id ORDER BY id DESC))[1] FROM copied",
            last,
        )
        if copied < COPIED_AT_ONCE:
            return


def _swap(month: Month, made: str) -> int:
    """The rows leave the default partition and are the month's own in the same moment."""
    _run(f"LOCK TABLE ONLY {TABLE} IN ACCESS EXCLUSIVE MODE")
    # A table with checks that are still to be done cannot be altered.
    _run("SET CONSTRAINTS ALL IMMEDIATE")
    # What came or was blanked since it was copied (a customer who was deleted).
    _run(
        f"INSERT INTO {made} ({COLUMNS}) SELECT {COLUMNS} FROM {DEFAULT} AS old WHERE {_within(month)}"
        f" AND NOT EXISTS (SELECT FROM {made} WHERE {made}.id = old.id)"
    )
    _run(
        f"UPDATE {made} SET metadata = old.metadata FROM {DEFAULT} AS old"
        f" WHERE {made}.id = old.id AND {made}.metadata IS DISTINCT FROM old.metadata"
    )
    moved = _run(f"DELETE FROM {DEFAULT} WHERE {_within(month)}")
    _run(f"ALTER TABLE {made} RENAME TO {month.partition}")
    _run(
        f"ALTER TABLE {TABLE} ATTACH PARTITION {month.partition}"
        f" FOR VALUES FROM ('{month.starts_at.isoformat()}') TO ('{month.ends_at.isoformat()}')"
    )
    _run(f"ALTER TABLE {month.partition} DROP CONSTRAINT {made}_month")
    return moved


def _count_anew(now: datetime) -> None:
    """Segments that count events count fewer; nobody is told."""
    for project in Project.objects.order_by("pk"):
        segment_book().rebuild(project, ["event"], now=now)


def _drop(month: Month) -> Dropped:
    (events,) = _row(f"SELECT count(*) FROM {month.partition}")
    dropped = Dropped(
        month.partition,
        events,
        effects_kept=StoredEffect.objects.filter(**_of(month, "event_id")).count(),
        ids_kept=IdempotencyKey.objects.filter(**_of(month, "event_id")).count(),
        failures_left=RejectedEvent.objects.filter(**_of(month, "event_id"), replayed_at=None).count(),
    )

    def drop() -> None:
        _run(f"LOCK TABLE ONLY {TABLE} IN ACCESS EXCLUSIVE MODE")
        _run(f"DROP TABLE {month.partition}")

    _in_turn(drop)
    return dropped


def _of(month: Month, column: str) -> dict[str, UUID]:
    """A filter by the keys of the month's events."""
    return {f"{column}__gte": first_key_at(month.starts_at), f"{column}__lt": first_key_at(month.ends_at)}


def _within(month: Month) -> str:
    starts, ends = month.starts_at.isoformat(), month.ends_at.isoformat()
    return f"(received_at >= '{starts}' AND received_at < '{ends}')"


def _in_turn(work: Callable[[], T]) -> T:
    """`work()` in one transaction that does not wait long for its locks, tried again after a pause."""

    def with_short_waits() -> T:
        _run(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
        return work()

    for attempt in range(1, ATTEMPTS + 1):
        try:
            return run_in_transaction(with_short_waits)
        except OperationalError as error:
            if not has_timed_out(error):
                raise
            if attempt == ATTEMPTS:
                raise UpkeepProblem(
                    "The event log was in use all the time (by a dump?): run this again later."
                ) from error
        time.sleep(PAUSE_SECONDS)
    raise AssertionError("unreachable")


def _rows(sql: str, *parameters: str | int | UUID) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _row(sql: str, *parameters: str | int | UUID) -> tuple[Any, ...]:
    (row,) = _rows(sql, *parameters)
    return row


def _run(sql: str) -> int:
    """How many rows the statement touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.rowcount)
