"""One event a request, against the floor of its own database and against the least that Django can do."""

from functools import partial

from bench import exactness, server
from bench.cases import API, FLOOR, Case, Chapter, Finding, Ratio, run_rounds
from bench.loads import http_load, pgbench_load
from bench.options import Options
from bench.places import Place
from bench.targets import SINGLE_8, SINGLE_32, TAIL

TARGETS = {8: SINGLE_8, 32: SINGLE_32}
ABOUT = (
    """Events/s through POST /v1/events over transactions/s of bench/floor.sql; CPU time beside it is an event's."""
)


def measured(place: Place, options: Options) -> Chapter:
    bare_settings = server.environment(place.books.database.url, "bench.settings")
    with server.serving(bare_settings) as bare:
        cases = [case for count in options.connections for case in _cases(place, bare, count)]
        rounds, samples = run_rounds(cases, options.rounds, options.seconds)
    findings = [ratio.finding(rounds) for count in options.connections for ratio in _ratios(count)]
    if 8 in options.connections:
        tails = tuple(each["endpoint", 8].p99 / each["endpoint", 8].p50 for each in rounds)
        findings.append(Finding(TAIL.title, tails, TAIL))
    return Chapter("single events", ABOUT, rounds, findings, exactness.problems(samples, place.books))


def _cases(place: Place, bare: server.Server, connections: int) -> list[Case]:
    """In the order in which each round runs them."""
    url, books, world = place.books.database.url, place.books, place.world
    return [
        Case("floor", connections, partial(pgbench_load, "floor.sql", url, world), books, channel=FLOOR),
        Case(
            "endpoint",
            connections,
            partial(http_load, f"{place.boon.url}/v1/events", world),
            books,
            channel=API,
            server=place.boon,
        ),
        Case("bare view", connections, partial(http_load, f"{bare.url}/bare", world), books, server=bare),
    ]


def _ratios(connections: int) -> list[Ratio]:
    def ratio(title: str, over: str, under: str, value: str, *, is_row: bool = False) -> Ratio:
        target = TARGETS.get(connections) if is_row else None
        name = target.title if target else f"{title}, {connections} connections"
        return Ratio(name, (over, connections), (under, connections), lambda sample: getattr(sample, value), target)

    return [
        ratio("single endpoint / floor", "endpoint", "floor", "rate", is_row=True),
        ratio("PostgreSQL's CPU an event, endpoint / floor", "endpoint", "floor", "postgres_cpu"),
        ratio("server's CPU an event, endpoint / bare view", "endpoint", "bare view", "server_cpu"),
    ]
