"""Serving Boon for the bench by `manage.py serve`, as in production: a worker a core, DEBUG off."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench import processes
from bench.databases import Unavailable

START_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its base URL and the pid of its parent process."""

    url: str
    pid: int


def environment(database_url: str, settings: str = "config.settings") -> dict[str, str]:
    """The environment of an installation in production, but for TLS: wrk speaks plain HTTP to it."""
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": settings,
        "SECRET_KEY": "only-for-the-bench-and-worth-nothing-elsewhere",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DEBUG": "0",
        "BEHIND_TLS": "0",
        "LOG_LEVEL": "ERROR",
    }


@contextmanager
def serving(variables: Mapping[str, str], *, workers: int = 0) -> Iterator[Server]:
    """A server that is ready, with as many workers as suit its database where none are named.

    Raises Unavailable where it does not get ready.
    """
    port = processes.free_port()
    with tempfile.TemporaryFile("w+") as log:
        output: Any = {"stdout": log, "stderr": subprocess.STDOUT}
        with processes.guarded(_command(port, workers), signal.SIGTERM, env=dict(variables), **output) as child:
            server = Server(f"http://127.0.0.1:{port}", child.pid)
            _wait_for(f"{server.url}/readyz", child, log)
            yield server


def _command(port: int, workers: int) -> list[str]:
    options = {"--host": "127.0.0.1", "--port": str(port), "--workers": str(workers)}
    flat = [part for pair in options.items() for part in pair]
    return [sys.executable, "manage.py", "serve", "--no-worker", *flat]


def _wait_for(url: str, child: Any, log: Any) -> None:
    deadline = time.monotonic() + START_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError as error:
            log.write(f"{url} answers {error.code}\n")
        except OSError:
            pass
        else:
            return
        time.sleep(0.1)
    log.seek(0)
    raise Unavailable(f"The server did not get ready:\n{log.read()[-4000:]}")
