"""`python -m bench.hotpath`: where the single-event endpoint's time goes, in one process without a server.

Samples the stack every millisecond of CPU time, so that nothing is slowed down by being watched. A function's share
counts everything that it calls; shares of nested functions therefore overlap.
"""

import argparse
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import django

from bench import world
from bench.cluster import private_cluster
from bench.databases import Unavailable
from bench.leaving import leave_by_signals
from bench.loads import event_body
from bench.processes import ROOT
from bench.server import environment
from bench.world import World

CUSTOMERS = 2_000
WARM_UP = 50
SAMPLE_SECONDS = 0.001
SHOWN = 30
PACKAGES = str(Path(django.__file__).parents[1])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.hotpath", description=__doc__)
    parser.add_argument("--requests", type=int, default=500)
    requests = parser.parse_args().requests
    leave_by_signals()
    try:
        with private_cluster() as database:
            made = world.build(database, CUSTOMERS)
            os.environ.update(environment(database.url), GROUP_EVENTS="0")
            django.setup()
            _profile(requests, made)
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _profile(requests: int, made: World) -> None:
    from bench.calls import post
    from config.wsgi import application

    def sending(count: int) -> Callable[[], None]:
        bodies = [event_body(made.customers).encode() for _ in range(count)]

        def send() -> None:
            for body in bodies:
                post(application, "/v1/events", made, body)

        return send

    sending(WARM_UP)()
    _time(sending(requests), requests)
    _count_statements(sending(1))
    _sample(sending(requests))


def _time(work: Callable[[], Any], requests: int) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{wall / requests * 1e6:.0f} us a request, of which {cpu / requests * 1e6:.0f} us CPU of this process")


def _count_statements(work: Callable[[], Any]) -> None:
    from django.db import connection

    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(" ".join(sql.split())[:110])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        work()
    print(f"{len(seen)} statements a request, without BEGIN, COMMIT and the connection's own health check:")
    print(*(f"  {sql}" for sql in seen), sep="\n")


def _sample(work: Callable[[], Any]) -> None:
    """Prints the share of CPU samples in which each function was on the stack."""
    counts: Counter[tuple[str, bool]] = Counter()
    with _sampling(counts) as total:
        work()
    for title, libraries in (("Boon's own functions", False), ("functions of libraries", True)):
        print(f"share of {total[0]} samples, {title}:")
        chosen = [(name, count) for (name, library), count in counts.most_common() if library == libraries]
        print(*(f"  {count / total[0]:6.1%}  {name}" for name, count in chosen[:SHOWN]), sep="\n")


@contextmanager
def _sampling(counts: Counter[tuple[str, bool]]) -> Any:
    total = [0]

    def note(number: int, frame: FrameType | None) -> None:
        total[0] += 1
        names = set()
        while frame is not None:
            names.add(_named(frame))
            frame = frame.f_back
        counts.update(name for name in names if not name[0].startswith(("bench/", "<")))

    before = signal.signal(signal.SIGPROF, note)
    signal.setitimer(signal.ITIMER_PROF, SAMPLE_SECONDS, SAMPLE_SECONDS)
    try:
        yield total
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _named(frame: FrameType) -> tuple[str, bool]:
    """The function, and whether it is a library's."""
    code = frame.f_code
    path = code.co_filename
    is_library = not path.startswith(str(ROOT)) or path.startswith(PACKAGES)
    short = path.removeprefix(PACKAGES).removeprefix(str(ROOT)).lstrip("/")
    return f"{short}:{code.co_firstlineno} {code.co_qualname}", is_library


if __name__ == "__main__":
    sys.exit(main())
