"""What is measured (cases) and what is compared (ratios). A further ratio is a further line at the end of this file.

Import it only after `django.setup()`.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection

from bench import processes
from bench.cluster import Database
from bench.loads import Load, floor_load, http_load
from bench.server import Server
from bench.world import World
from common.ids import uuid7
from events.models import Event

API, FLOOR = "API", "FLOOR"
QUIET_SECONDS = 0.15
MOST_QUIET_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Case:
    """A way to load the system: `load(connections, seconds)`, and the channel of the events that it stores, if any."""

    name: str
    load: Callable[[int, int], Load]
    channel: str | None = None
    server: Server | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One case at one number of connections in one round. CPU is in microseconds an event; None where unknown."""

    case: str
    connections: int
    answered: int
    stored: int | None
    failed: int
    rate: float  # answers a second
    p50: float  # milliseconds
    p99: float
    server_cpu: float | None
    postgres_cpu: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Ratio:
    """`value` of the case `over` divided by that of the case `under`, in one round, at one number of connections."""

    title: str
    over: str
    under: str
    value: Callable[[Sample], float | None]

    def of(self, samples: dict[str, Sample]) -> float | None:
        """The ratio of one round's samples, by case; None where a part was not measured."""
        over, under = self.value(samples[self.over]), self.value(samples[self.under])
        return over / under if over is not None and under else None


class Meter:
    """Runs cases and takes the CPU time of the server's and the database's processes around them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def measure(self, case: Case, connections: int, seconds: int) -> Sample:
        since = uuid7()
        before = self._cpu(case)
        load = case.load(connections, seconds)
        wait_until_quiet()
        server, postgres = (_spent(earlier, later) for earlier, later in zip(before, self._cpu(case), strict=True))
        stored = stored_since(since, case.channel) if case.channel else None
        # What was under way when time was up is stored, and has cost CPU, but was not answered.
        events = max(stored or load.answered, 1)
        return Sample(
            case=case.name,
            connections=connections,
            answered=load.answered,
            stored=stored,
            failed=load.failed,
            rate=load.answered / load.seconds,
            p50=load.p50,
            p99=load.p99,
            server_cpu=None if server is None else server / events,
            postgres_cpu=None if postgres is None or stored is None else postgres / events,
        )

    def _cpu(self, case: Case) -> tuple[int | None, int | None]:
        server = processes.cpu_microseconds(case.server.pid) if case.server else None
        postgres = processes.cpu_microseconds(self.database.pid) if self.database.pid else None
        return server, postgres


def wait_until_quiet() -> None:
    """Waits until no other session works for QUIET_SECONDS: requests that lost their client are still carried out,
    and a session's CPU time is counted only once the session's process is gone."""
    deadline = time.monotonic() + MOST_QUIET_SECONDS
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < QUIET_SECONDS:
        time.sleep(0.02)
        if _others_work():
            quiet_since = time.monotonic()
        if time.monotonic() > deadline:
            raise RuntimeError(f"The database did not get quiet in {MOST_QUIET_SECONDS} seconds")


def stored_since(since: UUID, channel: str) -> int:
    """Events of that channel with later keys (read by key: the cost does not grow with the log)."""
    return Event.objects.filter(id__gt=since, channel=channel).count()


def _others_work() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' "
            "AND datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid())"
        )
        return bool(cursor.fetchone()[0])


def _spent(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before


def cases(database: Database, boon: Server, bare: Server, world: World) -> list[Case]:
    """In the order in which each round runs them."""
    return [
        Case("floor", partial(floor_load, database.url, world), channel=FLOOR),
        Case("endpoint", partial(http_load, f"{boon.url}/v1/events", world), channel=API, server=boon),
        Case("bare view", partial(http_load, f"{bare.url}/bare", world), server=bare),
    ]


HEADLINE = Ratio("single event, requests/s over the pgbench floor's", "endpoint", "floor", lambda sample: sample.rate)
RATIOS = [
    HEADLINE,
    Ratio("PostgreSQL's CPU an event over the floor's", "endpoint", "floor", lambda sample: sample.postgres_cpu),
    Ratio("server's CPU an event over a bare view's", "endpoint", "bare view", lambda sample: sample.server_cpu),
]
