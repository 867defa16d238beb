"""Boon served by `manage.py serve` over a PostgreSQL of the test's own, which it can stop and start."""

import http.client
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg

from bench import processes
from bench.cluster import OWNER, Unavailable, find_binary, owner
from bench.processes import ROOT
from common.jsons import dumps
from tests.api.caller import Answer
from tests.processes import SECONDS, wait_for


class Cluster:
    """A PostgreSQL on a port that stays the same."""

    def __init__(self, directory: str, user: str) -> None:
        self._user = user
        self._data = f"{directory}/data"
        self._running = ExitStack()
        self.port = processes.free_port()
        self.url = f"postgres://{OWNER}@127.0.0.1:{self.port}/postgres"
        processes.run(
            [binary("initdb"), "-D", self._data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-locale"], user=user
        )

    def start(self) -> None:
        options = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
        command = [binary("postgres"), "-D", self._data, "-p", str(self.port), *options]
        # SIGQUIT is the immediate shutdown: sessions are cut, nothing is finished.
        quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._running.enter_context(processes.guarded(command, signal.SIGQUIT, user=self._user, **quiet))
        wait_for(self._answers)

    def stop(self) -> None:
        self._running.close()

    def connect(self) -> Any:
        return psycopg.connect(self.url, autocommit=True)

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


def binary(name: str) -> str:
    """Raises Unavailable."""
    found = find_binary(name)
    if found is None:
        raise Unavailable("No PostgreSQL server was found")
    return found


@contextmanager
def a_cluster() -> Iterator[Cluster]:
    """A running one. Raises Unavailable."""
    with tempfile.TemporaryDirectory(prefix="boon-test-") as directory:
        cluster = Cluster(directory, owner(directory))
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


def call(port: int, method: str, path: str, headers: dict[str, str], body: Any = None) -> Answer:
    """One request on a connection of its own."""
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        content = None if body is None else dumps(body).encode()
        wire.request(method, path, content, {"Content-Type": "application/json", **headers})
        answer = wire.getresponse()
        return Answer(answer.status, json.loads(answer.read()), dict(answer.headers))
    finally:
        wire.close()


def manage(environment: dict[str, str], *arguments: str) -> Any:
    """What a command with `--json` answers."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout) if "--json" in arguments else None
