"""A PostgreSQL cluster of the bench's own: made in a temporary directory, with default settings, and gone after."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench import processes

OWNER = "postgres"
START_SECONDS = 30
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


class Unavailable(Exception):
    """The bench cannot run here; `str()` says why and what to do about it."""


@dataclass(frozen=True, slots=True)
class Database:
    """Where the product's data goes. `pid` is the postmaster, None where it is not ours to look at."""

    url: str
    pid: int | None = None


def find_binary(name: str) -> str | None:
    """The newest installed binary of PostgreSQL by that name."""
    found = [path for place in PLACES for path in Path("/").glob(f"{place[1:]}/{name}")]
    newest = max(found, key=_version, default=None)
    return str(newest) if newest else shutil.which(name)


@contextmanager
def private_cluster() -> Iterator[Database]:
    """A running cluster on a free port of 127.0.0.1, without passwords. Raises Unavailable."""
    initdb, postgres = find_binary("initdb"), find_binary("postgres")
    if initdb is None or postgres is None:
        raise Unavailable(
            "No PostgreSQL server was found. Install one (Debian: apt-get install postgresql), "
            "or name an empty database: --database-url postgres://user:password@host/database"
        )
    with tempfile.TemporaryDirectory(prefix="boon-bench-") as directory:
        user = _owner(directory)
        data = f"{directory}/data"
        processes.run([initdb, "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-locale"], user=user)
        with _running(postgres, data, user) as database:
            yield database


@contextmanager
def _running(postgres: str, data: str, user: str) -> Iterator[Database]:
    port = processes.free_port()
    options = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    command = [postgres, "-D", data, "-p", str(port), *options]
    with tempfile.TemporaryFile("w+") as log:
        output: Any = {"stdout": log, "stderr": subprocess.STDOUT}
        # SIGINT is PostgreSQL's fast shutdown: sessions are ended, nothing is lost.
        with processes.guarded(command, signal.SIGINT, user=user, **output) as server:
            database = Database(f"postgres://{OWNER}@127.0.0.1:{port}/postgres", server.pid)
            _wait_for(database, server, log)
            yield database


def _owner(directory: str) -> str:
    """Whom to run the server as, the empty string for the user of the bench: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return ""
    try:
        shutil.chown(directory, OWNER, OWNER)
    except LookupError as error:
        raise Unavailable(
            f"PostgreSQL does not run as root and there is no user {OWNER!r}: run the bench as another user"
        ) from error
    return OWNER


def _wait_for(database: Database, server: Any, log: Any) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(database.url, connect_timeout=1).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    log.seek(0)
    raise Unavailable(f"PostgreSQL did not start:\n{log.read()}")


def _version(path: Path) -> int:
    """The major version in a path such as /usr/lib/postgresql/15/bin/initdb."""
    digits = "".join(character for character in str(path.parent) if character.isdigit())
    return int(digits or 0)
