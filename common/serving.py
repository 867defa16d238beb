"""Running the web server as a child of this process: started, watched, and ended with it."""

import ctypes
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
from types import FrameType

from django.conf import settings
from django.core.management.base import CommandError

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 5
READY_SECONDS = 30
THREADS = 4


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

    Calls `when_ready` once `/readyz` answers. SIGINT and SIGTERM end both; where this process is killed, the kernel
    ends the server.
    """
    address.check_free()
    server = subprocess.Popen(_command(address, workers), preexec_fn=_end_with_parent)
    previous = {number: signal.signal(number, _stopper(server)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if _wait_until_ready(address, server):
            when_ready()
        return server.wait()
    finally:
        _stop(server)
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


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _stopper(server: subprocess.Popen[bytes]) -> Callable[[int, FrameType | None], None]:
    def stop(number: int, frame: FrameType | None) -> None:
        server.terminate()

    return stop


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


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
