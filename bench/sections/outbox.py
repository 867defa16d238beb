"""Deliveries a second through the outbox, against a bare Celery task that sends the same."""

import json
import os
import signal
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

from bench import processes, server, world
from bench.brokers import BROKERS, Node
from bench.cases import Chapter, Finding
from bench.cluster import private_cluster
from bench.databases import Books, Database, Unavailable
from bench.options import Options
from bench.saying import say
from bench.targets import OUTBOX

WORKERS = 2
SECONDS = 300
# Of all requests, those between these parts of them are timed: whoever starts first works alone for a moment.
FIRST, LAST = 0.2, 0.9
ABOUT = """{count} deliveries wait when the workers start. The bare task takes a URL and a body from {broker} and posts
it over a connection that stays open, prefetching, without results: {workers} processes of Celery. Boon's {workers}
processes do the same request, and sign it, write the attempt and its reply to the log, and keep the outcome: as
Celery's workers before the same broker, with the relay beside them, and as embedded workers without one."""

# What is run, and its environment.
Command = tuple[Sequence[str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Bench:
    database: Database
    broker: Node
    url: str

    def variables(self, *, with_broker: bool) -> Mapping[str, str]:
        extra = {"CELERY_BROKER_URL": self.broker.url} if with_broker else {}
        return {**server.environment(self.database.url), "WEBHOOK_ALLOW_PRIVATE": "1", **extra}

    def inside(self, *arguments: str) -> Any:
        """What bench/deliveries.py returns."""
        command = [sys.executable, "-m", "bench.inside", "bench.deliveries", *arguments]
        variables = self.variables(with_broker=False)
        return json.loads(processes.run(command, environment=variables, directory=processes.ROOT))


def measured(options: Options) -> Chapter:
    name = "RabbitMQ"
    with BROKERS[name]() as broker, private_cluster() as database, _receiver() as url:
        world.build(database, 1)
        bench = Bench(database, broker, url)
        rounds = [_round(bench, number, options.deliveries) for number in range(options.rounds)]
        [undelivered, open_messages] = bench.inside("left")
    problems = [f"{undelivered} are not delivered, {open_messages} messages are open"] if undelivered else []
    bare, carried, embedded = zip(*rounds, strict=True)
    findings = [
        Finding(OUTBOX.title, tuple(ours / theirs for ours, theirs in zip(carried, bare, strict=True)), OUTBOX),
        Finding(
            "the same by embedded workers", tuple(ours / theirs for ours, theirs in zip(embedded, bare, strict=True))
        ),
        Finding("deliveries/s, bare task", bare),
        Finding("deliveries/s, outbox over Celery", carried),
        Finding("deliveries/s, outbox, embedded", embedded),
    ]
    about = ABOUT.format(count=f"{options.deliveries:,}", broker=name, workers=WORKERS)
    return Chapter("outbox", about, [], findings, problems)


def _round(bench: Bench, number: int, count: int) -> tuple[float, float, float]:
    """Deliveries a second: of the bare task, over Celery, embedded."""
    say(f"  round {number + 1}")
    processes.run(
        [sys.executable, "-m", "bench.bare_task", str(count), bench.url],
        environment=bench.variables(with_broker=True),
        directory=processes.ROOT,
    )
    bare = _drained(bench, count, _celery("bench.bare_task", bench))
    _fill(bench, count, f"{number} carried")
    carried = _drained(bench, count, [*_celery("config", bench), (_relay(), bench.variables(with_broker=True))])
    _fill(bench, count, f"{number} embedded")
    embedded = _drained(bench, count, [(_relay(), bench.variables(with_broker=False))] * WORKERS)
    return bare, carried, embedded


def _celery(app: str, bench: Bench) -> list[Command]:
    options = ["--concurrency", str(WORKERS), "--loglevel", "ERROR", "--without-gossip", "--without-mingle"]
    command = [sys.executable, "-m", "celery", "--quiet", "-A", app, "worker", *options]
    return [(command, bench.variables(with_broker=True))]


def _relay() -> Sequence[str]:
    return [sys.executable, "manage.py", "relay_outbox"]


def _fill(bench: Bench, count: int, name: str) -> None:
    bench.inside("fill", str(count), bench.url, name)
    with closing(Books(bench.database)) as books:
        books.tidy()


def _drained(bench: Bench, count: int, commands: Sequence[Command]) -> float:
    """Deliveries a second while these commands work off what waits. Raises Unavailable where they do not end it."""
    _ask(bench.url, "/reset")
    with ExitStack() as stack:
        for command, variables in commands:
            stack.enter_context(processes.guarded(command, signal.SIGTERM, env=dict(variables)))
        deadline = time.monotonic() + SECONDS
        while (found := _ask(bench.url, "/"))["ids"] < count:
            if time.monotonic() > deadline:
                raise Unavailable(f"After {SECONDS} seconds {found['ids']} of {count} deliveries had arrived")
            time.sleep(0.5)
    times = found["times"]
    first, last = int(len(times) * FIRST), int(len(times) * LAST)
    return 10 * (last - first) / (times[last] - times[first])


def _ask(url: str, path: str) -> Any:
    with urllib.request.urlopen(url + path, timeout=5) as answer:
        return json.loads(answer.read())


@contextmanager
def _receiver() -> Iterator[str]:
    port = processes.free_port()
    command = [sys.executable, "-m", "bench.receiver", str(port)]
    with processes.guarded(command, signal.SIGTERM, env=dict(os.environ)):
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 10
        while True:
            try:
                _ask(url, "/")
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise Unavailable("The receiver does not start") from error
                time.sleep(0.05)
        yield url
