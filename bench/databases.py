"""The databases under test, read past the product."""

import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

QUIET_SECONDS = 0.15
MOST_QUIET_SECONDS = 30


class Unavailable(Exception):
    """The bench cannot run here; `str()` says why and what to do about it."""


@dataclass(frozen=True, slots=True)
class Database:
    """Where the product's data goes. `pid` is PostgreSQL's postmaster, None where there is none of ours to look at."""

    url: str
    pid: int | None = None

    @property
    def is_postgresql(self) -> bool:
        return self.url.startswith("postgres")

    @property
    def path(self) -> Path:
        """The file of an SQLite database."""
        return Path(self.url.removeprefix("sqlite:///"))


class Books:
    """One connection to a migrated database, which counts what is there."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._connection: Any = (
            psycopg.connect(database.url, autocommit=True)
            if database.is_postgresql
            else sqlite3.connect(database.path, isolation_level=None, timeout=20)
        )
        self._version: Any = None

    def row(self, sql: str, *values: Any) -> tuple[Any, ...]:
        """The first row of a statement, whose parameters are written `%s`."""
        adapted = sql if self.database.is_postgresql else sql.replace("%s", "?")
        found: tuple[Any, ...] = self._connection.execute(adapted, values).fetchone()
        return found

    def run(self, sql: str) -> None:
        self._connection.execute(sql)

    def close(self) -> None:
        self._connection.close()

    def stored_since(self, since: UUID, channel: str) -> int:
        """Events of that channel with later keys (read by key: the cost does not grow with the log)."""
        key = since if self.database.is_postgresql else since.hex
        (count,) = self.row("SELECT count(*) FROM events_event WHERE id > %s AND channel = %s", key, channel)
        return int(count)

    def tidy(self) -> None:
        """As a database is that nobody has worked on for a while: vacuumed, counted, and written to disk."""
        if not self.database.is_postgresql:
            self.run("PRAGMA wal_checkpoint(TRUNCATE)")
            self.run("ANALYZE")
            return
        self.run("VACUUM ANALYZE")
        # Not everybody may ask for one; it only steadies the figures.
        with suppress(psycopg.errors.InsufficientPrivilege):
            self.run("CHECKPOINT")

    def wait_until_quiet(self) -> None:
        """Waits until nobody else has worked for QUIET_SECONDS: requests that lost their client are still carried out,
        and a session's CPU time is counted only once the session's process is gone."""
        deadline = time.monotonic() + MOST_QUIET_SECONDS
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_SECONDS:
            time.sleep(0.02)
            if self._others_work():
                quiet_since = time.monotonic()
            if time.monotonic() > deadline:
                raise RuntimeError(f"The database did not get quiet in {MOST_QUIET_SECONDS} seconds")

    def _others_work(self) -> bool:
        if self.database.is_postgresql:
            (working,) = self.row(
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' "
                "AND datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid())"
            )
            return bool(working)
        # SQLite has no sessions to ask for; its version changes when another connection has committed.
        before, (self._version,) = self._version, self.row("PRAGMA data_version")
        return bool(before != self._version)
