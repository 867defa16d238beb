"""Boon on SQLite as shipped: batches against the floor of its file, and single events of many clients at once."""

import json
from dataclasses import asdict
from functools import partial

from bench import exactness, inside
from bench.batches import batch_load, prepared
from bench.cases import API, FLOOR, Case, Chapter, Finding, Ratio, run_rounds
from bench.loads import Load, http_load
from bench.options import Options
from bench.places import Place, on_sqlite
from bench.targets import SQLITE_BATCH, SQLITE_ERRORS

SIZE = 1_000
CONNECTIONS, CLIENTS = 4, 16
TIMES_THE_SECONDS = 2
ABOUT = """Batches over 4 connections against Python's sqlite3 on one (bench/sqlite_floor.py): the file has one writer,
and more connections only make it slower. Then single events of 16 clients."""


def measured(options: Options) -> Chapter:
    with on_sqlite(options.customers) as place:
        rounds, samples = run_rounds(_cases(place), options.rounds, TIMES_THE_SECONDS * options.seconds)
        problems = exactness.problems(samples, place.books)
    floor, batch = ("sqlite3 floor", 1), ("batch", CONNECTIONS)
    ratios = [
        Ratio(SQLITE_BATCH.title, batch, floor, lambda sample: sample.rate, SQLITE_BATCH),
        Ratio("CPU an event, batch / sqlite3 floor", batch, floor, lambda sample: sample.server_cpu),
    ]
    failed = sum(sample.failed for sample in samples if sample.case == "single")
    findings = [*(ratio.finding(rounds) for ratio in ratios), Finding(SQLITE_ERRORS.title, (failed,), SQLITE_ERRORS)]
    return Chapter("SQLite", ABOUT, rounds, findings, problems)


def _cases(place: Place) -> list[Case]:
    url, books, world = place.boon.url, place.books, place.world
    batch = partial(batch_load, f"{url}/v1/events/batch", world, prepared(world, SIZE))
    single = partial(http_load, f"{url}/v1/events", world)
    return [
        Case("sqlite3 floor", 1, partial(_floor, place), books, FLOOR, size=SIZE),
        Case("batch", CONNECTIONS, batch, books, API, place.boon, SIZE),
        Case("single", CLIENTS, single, books, API, place.boon),
    ]


def _floor(place: Place, connections: int, seconds: int) -> Load:
    arguments = (json.dumps(asdict(place.world)), str(SIZE), str(seconds))
    return Load(**inside.call("bench.sqlite_floor", *arguments, database_url=place.books.database.url))
