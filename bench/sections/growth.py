"""What an event costs with a year of events behind it, against what it costs in a new database."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import Any

from bench import exactness, growing, server, world
from bench.batches import batch_load, prepared
from bench.cases import API, Case, Chapter, Ratio, run_rounds
from bench.cluster import new_cluster
from bench.databases import Books, Database
from bench.loads import http_load
from bench.options import Options
from bench.places import Place
from bench.saying import say
from bench.targets import GROWTH_BATCH, GROWTH_SINGLE, Target
from bench.world import World

SIZE = 500
SINGLE_CONNECTIONS, BATCH_CONNECTIONS = 8, 4
ABOUT = """Two clusters side by side, each with its server: one new, one with {events} events of the past year, as many
keys and ledger entries and twice as many effects; both after VACUUM ANALYZE and CHECKPOINT. Judged: CPU time an event,
the server's and PostgreSQL's together; the time an event takes is beside it."""


def measured(options: Options) -> Chapter:
    with _new_and_grown(options) as places:
        cases = [case for name, place in places.items() for case in _cases(name, place)]
        # By turns: both databases with single events, then both with batches.
        cases.sort(key=lambda case: case.size)
        rounds, samples = run_rounds(cases, options.rounds, options.seconds + 1)
        problems = [
            problem
            for name, place in places.items()
            for problem in exactness.problems([each for each in samples if each.case.endswith(name)], place.books)
        ]
    findings = [ratio.finding(rounds) for ratio in _ratios()]
    return Chapter("growth", ABOUT.format(events=options.grown), rounds, findings, problems)


def _cases(name: str, place: Place) -> list[Case]:
    url, world_, books, boon = place.boon.url, place.world, place.books, place.boon
    single = partial(http_load, f"{url}/v1/events", world_)
    batch = partial(batch_load, f"{url}/v1/events/batch", world_, prepared(world_, SIZE))
    return [
        Case(f"single, {name}", SINGLE_CONNECTIONS, single, books, API, boon),
        Case(f"batch of {SIZE}, {name}", BATCH_CONNECTIONS, batch, books, API, boon, SIZE),
    ]


def _ratios() -> Iterator[Ratio]:
    kinds: list[tuple[str, int, Target]] = [
        ("single", SINGLE_CONNECTIONS, GROWTH_SINGLE),
        (f"batch of {SIZE}", BATCH_CONNECTIONS, GROWTH_BATCH),
    ]
    for kind, connections, target in kinds:
        grown, new = (f"{kind}, grown", connections), (f"{kind}, new", connections)
        yield Ratio(target.title, grown, new, lambda sample: sample.cost, target)
        yield Ratio(f"time an event, {kind}, grown / new", grown, new, lambda sample: 1 / sample.rate)
        yield Ratio(f"PostgreSQL's CPU an event, {kind}, grown / new", grown, new, lambda sample: sample.postgres_cpu)


@contextmanager
def _new_and_grown(options: Options) -> Iterator[dict[str, Place]]:
    """Both with one world: the grown one is a copy of the new one before it grew."""
    with ExitStack() as stack:
        new = stack.enter_context(new_cluster())
        say(f"Making {options.customers} customers with their cards ...")
        with new.running(**growing.SETTINGS) as database:
            made = world.build(database, options.customers)
            _tidy(database)
        grown = stack.enter_context(new.copied())
        say(f"Growing a database by {options.grown} events ...")
        with grown.running(**growing.SETTINGS) as database:
            growing.grow(database, made, options.grown)
            _tidy(database)
        # It was filled without waiting for the disk, which shall not have to catch up while it is measured.
        os.sync()
        yield {
            name: stack.enter_context(_place(cluster.running(), made))
            for name, cluster in (("new", new), ("grown", grown))
        }


@contextmanager
def _place(running: Any, made: World) -> Iterator[Place]:
    with running as database, closing(Books(database)) as books:
        books.tidy()
        with server.serving(server.environment(database.url)) as boon:
            yield Place(books, made, boon)


def _tidy(database: Database) -> None:
    with closing(Books(database)) as books:
        books.tidy()
