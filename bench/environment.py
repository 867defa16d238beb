"""Where a result was measured: the machine and the versions, without which figures say nothing."""

import os
import platform
import statistics
import tempfile
import time
from contextlib import closing
from importlib.metadata import version
from typing import Any

from bench import processes
from bench.cluster import find_binary
from bench.databases import Books, Database

PACKAGES = ("Django", "djangorestframework", "psycopg", "granian")
BLOCK = b"\0" * 8192
SYNCS = 200


def describe(load_generator: str, database_url: str | None) -> dict[str, Any]:
    """`database_url` is that of a server which is not the bench's own."""
    return {
        "kernel": platform.release(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "postgresql": _version_there(database_url) if database_url else _version_here(),
        **{name: version(name) for name in PACKAGES},
        "load_generator": load_generator,
        "fdatasync_microseconds": round(fdatasync_microseconds()),
    }


def _version_here() -> str:
    """Of the programs that private clusters run."""
    postgres = find_binary("postgres")
    return processes.run([postgres, "--version"]).strip().removeprefix("postgres (PostgreSQL) ") if postgres else "-"


def _version_there(url: str) -> str:
    with closing(Books(Database(url))) as books:
        return str(books.row("SHOW server_version")[0])


def fdatasync_microseconds() -> float:
    """The median time that 8 kB take to reach the disk that holds temporary files, and so the private cluster."""
    sync = getattr(os, "fdatasync", os.fsync)
    times: list[float] = []
    with tempfile.TemporaryFile() as file:
        for _ in range(SYNCS):
            os.pwrite(file.fileno(), BLOCK, 0)
            began = time.perf_counter()
            sync(file.fileno())
            times.append((time.perf_counter() - began) * 1_000_000)
    return statistics.median(times)
