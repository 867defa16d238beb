"""A PostgreSQL cluster of the bench's own: made in a temporary directory, with default settings, and gone after."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from bench import processes
from bench.databases import Database, Unavailable

OWNER = "postgres"
START_SECONDS = 120
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


def find_binary(name: str) -> str | None:
    """The newest installed binary of PostgreSQL by that name."""
    found = [path for place in PLACES for path in Path("/").glob(f"{place[1:]}/{name}")]
    newest = max(found, key=_version, default=None)
    return str(newest) if newest else shutil.which(name)


@contextmanager
def private_cluster() -> Iterator[Database]:
    """A running cluster on a free port of 127.0.0.1, without passwords, with default settings. Raises Unavailable."""
    with new_cluster() as cluster, cluster.running() as database:
        yield database


@contextmanager
def new_cluster() -> Iterator["Cluster"]:
    """A cluster that does not run yet, gone with the block. Raises Unavailable."""
    initdb, postgres = find_binary("initdb"), find_binary("postgres")
    if initdb is None or postgres is None:
        raise Unavailable(
            "No PostgreSQL server was found. Install one (Debian: apt-get install postgresql), "
            "or name an empty database: --database-url postgres://user:password@host/database"
        )
    with tempfile.TemporaryDirectory(prefix="boon-bench-") as directory:
        user = owner(directory)
        cluster = Cluster(postgres, f"{directory}/data", user)
        processes.run([initdb, "-D", cluster.data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-locale"], user=user)
        yield cluster


@dataclass(frozen=True, slots=True)
class Cluster:
    """A directory of data and the server program for it; `user` is whom it must run as, empty for ourselves."""

    postgres: str
    data: str
    user: str

    @contextmanager
    def running(self, **settings: str) -> Iterator[Database]:
        """The cluster's database while it runs, with these settings instead of the defaults. Raises Unavailable."""
        port = processes.free_port()
        chosen = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", **settings}
        options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        command = [self.postgres, "-D", self.data, "-p", str(port), *options]
        with tempfile.TemporaryFile("w+") as log:
            output: Any = {"stdout": log, "stderr": subprocess.STDOUT}
            # SIGINT is PostgreSQL's fast shutdown: sessions are ended, nothing is lost.
            with processes.guarded(command, signal.SIGINT, user=self.user, **output) as server:
                database = Database(f"postgres://{OWNER}@127.0.0.1:{port}/postgres", server.pid)
                _wait_for(database, server, log)
                yield database

    @contextmanager
    def copied(self) -> Iterator["Cluster"]:
        """A second cluster with what this one, which must not run, holds at this moment."""
        with tempfile.TemporaryDirectory(prefix="boon-bench-") as directory:
            owner(directory)
            copy = replace(self, data=f"{directory}/data")
            processes.run(["cp", "-a", self.data, copy.data], user=self.user)
            yield copy


def owner(directory: str) -> str:
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
