"""Running the web server as a child of this process: started, watched, and ended with it."""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.core.management.base import CommandError

from common.guard import guarded

READY_SECONDS = 30
THREADS = 4

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def check_free(self) -> None:
        """Raises CommandError where something listens there already."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise CommandError(
                    f"Port {self.port} cannot be used ({error.strerror}). Stop what listens there, or set PORT=…"
                ) from error


def worker_count() -> int:
    """One process on SQLite, which has one writer; one for each core on PostgreSQL."""
    on_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    return 1 if on_sqlite else os.cpu_count() or 1


def serve(address: Address, *, workers: int, when_ready: Callable[[], None]) -> int:
    """Serve until a signal comes or the server ends; returns its exit code.

    Calls `when_ready` once `/readyz` answers. SIGINT and SIGTERM end both, and the server ends as well where this
    process is killed (common/guard.py).
    """
    address.check_free()
    # In a session of its own: Ctrl-C is for this process, which ends the server in order.
    server = subprocess.Popen(
        guarded(_command(address, workers), signal.SIGTERM), stdin=subprocess.PIPE, start_new_session=True
    )
    stop = partial(_stop, server)
    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if _wait_until_ready(address, server):
            when_ready()
        elif server.poll() is None:
            logger.error("%s/readyz does not answer 200 after %s seconds", address.url, READY_SECONDS)
        return server.wait()
    finally:
        _stop(server)
        server.wait()
        for number, handler in previous.items():
            signal.signal(number, handler)


def _command(address: Address, workers: int) -> list[str]:
    options = {
        "--interface": "wsgi",
        "--host": address.host,
        "--port": str(address.port),
        "--workers": str(workers),
        "--blocking-threads": str(THREADS),
        "--log-level": "warning",
    }
    flat = [part for pair in options.items() for part in pair]
    # As a module: a console script's first line would name a virtual environment that may have moved.
    return [sys.executable, "-m", "granian", *flat, "--respawn-failed-workers", "config.wsgi:application"]


def _wait_until_ready(address: Address, server: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        if _is_ready(address):
            return True
        time.sleep(0.05)
    return False


def _is_ready(address: Address) -> bool:
    try:
        with urllib.request.urlopen(f"{address.url}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _stop(server: subprocess.Popen[bytes], *signalled: object) -> None:
    """Closes the guard's input; also a signal handler."""
    assert server.stdin is not None
    server.stdin.close()
