"""Boon as a process of its own before the test database, and what kills it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from django.db import connection

from bench.processes import ROOT, descendants, free_port

SECONDS = 60


def database_url() -> str:
    """The test database, for another process."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def wait_for(condition: Callable[[], bool], seconds: float = SECONDS) -> bool:
    """True once the condition holds; fails the test where it does not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.01)
    return True


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Served:
    """`manage.py serve` on the test database: killed without a warning, and started anew, as often as one likes."""

    def __init__(self, *options: str) -> None:
        self.port = free_port()
        self._command = [sys.executable, "manage.py", "serve", "--port", str(self.port), *options]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it answers."""
        environment = {**os.environ, "DATABASE_URL": database_url(), "LOG_LEVEL": "CRITICAL"}
        self._process = subprocess.Popen(self._command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        wait_for(lambda: answers(self.port))

    def kill(self) -> None:
        """SIGKILL for it and everything that it started."""
        if self._process is not None:
            kill_tree(self._process.pid)
            self._process.wait()
            self._process = None


@contextmanager
def served(*options: str) -> Iterator[Served]:
    """Boon as a process that answers; gone after the block."""
    boon = Served(*options)
    try:
        boon.start()
        yield boon
    finally:
        boon.kill()


def kill_tree(pid: int) -> None:
    """SIGKILL for a process and everything that it started, without a warning to any of them."""
    doomed: list[int] = []
    # Stopped first, so that none of them starts another meanwhile.
    while fresh := [member for member in (pid, *descendants(pid)) if member not in doomed]:
        send(signal.SIGSTOP, fresh)
        doomed += fresh
    send(signal.SIGKILL, doomed)


def send(number: signal.Signals, pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


@contextmanager
def commands(*program: str) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts `manage.py` commands on the test database, their output piped; what still runs at the end is killed.

    Or those of another `program`: the arguments of Python that run it.
    """
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, stderr: int | None = None, **variables: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "DATABASE_URL": database_url(), **variables}
        command = [sys.executable, *(program or ["manage.py"]), *arguments]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=stderr)
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            kill_tree(process.pid)
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
