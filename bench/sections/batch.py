"""A thousand events a request, against the same rows written by one set-based statement."""

from functools import partial

from bench import exactness
from bench.batches import batch_load, prepared
from bench.cases import API, FLOOR, Case, Chapter, Ratio, run_rounds
from bench.loads import pgbench_load
from bench.options import Options
from bench.places import Place
from bench.targets import BATCH

SIZE = 1_000
CONNECTIONS = 4
# A batch takes long, so that few of them fit into the time of a single event's case.
TIMES_THE_SECONDS = 2
ABOUT = "Events/s through POST /v1/events/batch over those of bench/floor_batch.sql; latencies are those of batches."


def measured(place: Place, options: Options) -> Chapter:
    rounds, samples = run_rounds(_cases(place), options.rounds, TIMES_THE_SECONDS * options.seconds)
    floor, endpoint = ("batch floor", CONNECTIONS), ("batch", CONNECTIONS)
    ratios = [
        Ratio(BATCH.title, endpoint, floor, lambda sample: sample.rate, BATCH),
        Ratio("PostgreSQL's CPU an event, batch / batch floor", endpoint, floor, lambda sample: sample.postgres_cpu),
    ]
    findings = [ratio.finding(rounds) for ratio in ratios]
    return Chapter("batches of 1,000", ABOUT, rounds, findings, exactness.problems(samples, place.books))


def _cases(place: Place) -> list[Case]:
    url, books, world = place.books.database.url, place.books, place.world
    floor = partial(pgbench_load, "floor_batch.sql", url, world, size=SIZE)
    endpoint = partial(batch_load, f"{place.boon.url}/v1/events/batch", world, prepared(world, SIZE))
    return [
        Case("batch floor", CONNECTIONS, floor, books, channel=FLOOR, size=SIZE),
        Case("batch", CONNECTIONS, endpoint, books, channel=API, server=place.boon, size=SIZE),
    ]
