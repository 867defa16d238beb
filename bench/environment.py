"""Where a result was measured: the machine and the versions, without which figures say nothing."""

import os
import platform
import statistics
import tempfile
import time
from importlib.metadata import version
from typing import Any

from django.db import connection

PACKAGES = ("Django", "djangorestframework", "psycopg", "granian")
BLOCK = b"\0" * 8192
SYNCS = 200


def describe(load_generator: str) -> dict[str, Any]:
    """Import it only after `django.setup()`: PostgreSQL is asked for its version."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgres = cursor.fetchone()[0]
    return {
        "kernel": platform.release(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "postgresql": postgres,
        **{name: version(name) for name in PACKAGES},
        "load_generator": load_generator,
        "fdatasync_microseconds": round(fdatasync_microseconds()),
    }


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
