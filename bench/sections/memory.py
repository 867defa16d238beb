"""The memory of one worker while events go in by batches and one by one."""

import statistics
from collections.abc import Sequence
from functools import partial

from bench import processes, server
from bench.batches import prepared, some_batches
from bench.cases import API, Case, Chapter, Finding, Sample, measure
from bench.exactness import problems
from bench.loads import Load, http_load
from bench.options import Options
from bench.places import Place
from bench.saying import say
from bench.server import Server
from bench.targets import MEMORY, MEMORY_GROWTH

CONNECTIONS = 4
SIZE = 1_000
ABOUT = """One worker alone, fed in laps: 4 batches of 1,000, then a second of single events, then its resident memory
is read. Judged: the last reading; flat: the line through the second half's readings rises by at most 2 %."""

# (events that went in, MiB)
Reading = tuple[int, float]


def measured(place: Place, options: Options) -> Chapter:
    with server.serving(server.environment(place.books.database.url), workers=1) as alone:
        samples, readings = _fed(place, alone, options.memory_events)
    second_half = [reading for reading in readings if reading[0] >= options.memory_events / 2]
    findings = []
    if readings:
        findings = [
            Finding(MEMORY.title, (readings[-1][1],), MEMORY),
            Finding(MEMORY_GROWTH.title, (growth(second_half),), MEMORY_GROWTH),
            Finding("highest reading, MiB", (max(memory for _, memory in readings),)),
        ]
    notes = [", ".join(f"{events}: {memory:.1f}" for events, memory in readings) + " (events: MiB)"]
    return Chapter("memory of a worker", ABOUT, [], findings, problems(samples, place.books), notes)


def growth(readings: Sequence[Reading]) -> float:
    """The rise of the line through the readings, from the first to the last, in percent of where it begins."""
    if len(readings) < 2:
        return 0.0
    events, memory = zip(*readings, strict=True)
    slope, intercept = statistics.linear_regression(events, memory)
    return 100 * slope * (events[-1] - events[0]) / (slope * events[0] + intercept)


def _fed(place: Place, alone: Server, wanted: int) -> tuple[list[Sample], list[Reading]]:
    world, books = place.world, place.books
    url, batches = f"{alone.url}/v1/events/batch", prepared(world, SIZE)

    def a_batch_each(connections: int, seconds: int) -> Load:
        return some_batches(url, world, batches, connections, each=1)

    laps = [
        Case("batches", CONNECTIONS, a_batch_each, books, channel=API, server=alone, size=SIZE),
        Case("singles", CONNECTIONS, partial(http_load, f"{alone.url}/v1/events", world), books, API, alone),
    ]
    before = processes.own_cpu_of_tree(alone.pid)
    samples: list[Sample] = []
    readings: list[Reading] = []
    while (stored := sum(sample.stored or 0 for sample in samples)) < wanted:
        lap = [measure(case, 1) for case in laps]
        samples += lap
        stored += sum(sample.stored or 0 for sample in lap)
        if any(sample.failed for sample in lap):
            break
        worker = _busiest(before, processes.own_cpu_of_tree(alone.pid))
        memory = processes.resident_mebibytes(worker)
        if memory is not None:
            readings.append((stored, memory))
        say(f"  {stored} of {wanted} events")
    return samples, readings


def _busiest(before: dict[int, int], after: dict[int, int]) -> int:
    """The process of the server's tree that has worked most: the worker, whatever else is started with it."""
    return max(after, key=lambda pid: after[pid] - before.get(pid, 0))
