"""Running the web server and the worker as children of this process: started, watched, and ended with it."""

import logging
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core.management.base import CommandError

from common.children import Child, Kept, end, start

READY_SECONDS = 30
# Requests that a process takes at a time. Events wait in them for the one thread that writes (events/grouping.py): the
# more there are, the more of them share a transaction. Other requests use a connection of their thread's each.
THREADS = 16

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


def serve(address: Address, *, workers: int, when_ready: Callable[[], None], with_worker: bool = True) -> int:
    """Serve until a signal comes or the server ends; returns the server's exit code.

    Calls `when_ready` once `/readyz` answers, and starts the worker (manage.py relay_outbox) beside the server then.
    SIGINT and SIGTERM end all of them; they end as well where this process is killed (common/guard.py).
    """
    address.check_free()
    server, worker = start(_command(address, workers)), Kept("The worker", _worker_command())

    def stop(*signalled: object) -> None:
        end(server)
        worker.end()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if _wait_until_ready(address, server):
            when_ready()
        elif server.poll() is None:
            logger.error("%s/readyz does not answer 200 after %s seconds", address.url, READY_SECONDS)
        if with_worker and server.poll() is None:
            worker.start()
        return server.wait()
    finally:
        stop()
        server.wait()
        worker.wait()
        for number, handler in previous.items():
            signal.signal(number, handler)


def _worker_command() -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "relay_outbox"]


def _command(address: Address, workers: int) -> list[str]:
    options = {
        "--interface": "wsgi",
        "--host": address.host,
        "--port": str(address.port),
        "--workers": str(workers),
        "--blocking-threads": str(THREADS),
        # Not its warnings: it thinks the threads too many for the cores, but most of them wait.
        "--log-level": "error",
    }
    flat = [part for pair in options.items() for part in pair]
    # As a module: a console script's first line would name a virtual environment that may have moved.
    return [sys.executable, "-m", "granian", *flat, "--respawn-failed-workers", "config.wsgi:application"]


def _wait_until_ready(address: Address, server: Child) -> bool:
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
