"""One run of the bench: the world built, the servers started, every case in every round, the books checked.

Import it only after `django.setup()`.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from bench import environment, exactness, report, server, world
from bench.cases import Case, Meter, cases
from bench.cluster import Database, Unavailable
from bench.loads import has_wrk

HEADLINE_AT = 8  # connections


@dataclass(frozen=True, slots=True)
class Options:
    """`seconds` is the time of one case at one number of connections in one round."""

    rounds: int
    seconds: int
    connections: tuple[int, ...]
    customers: int


def run(database: Database, options: Options) -> int:
    """Measures, prints and writes the result; the exit code, which is 1 where the books are wrong."""
    world.migrate()
    if not world.is_empty():
        raise Unavailable("The database holds projects already. The bench writes only to an empty one of its own.")
    _say(f"Making {options.customers} customers with their cards ...")
    made = world.build(options.customers)
    machine = environment.describe("wrk" if has_wrk() else "Python threads")
    with _servers(database) as (boon, bare):
        meter = Meter(database)
        found = cases(database, boon, bare, made)
        warm_up = [meter.measure(case, max(options.connections), options.seconds) for case in found]
        rounds = [_round(number, meter, found, options) for number in range(1, options.rounds + 1)]
    samples = [*warm_up, *(sample for each in rounds for by_case in each.values() for sample in by_case.values())]
    problems = exactness.problems(samples)
    _print_result(rounds, machine, options)
    _say(f"Written to {report.write(rounds, machine, asdict(options), problems)}")
    if problems:
        print("\nFAILED", *problems, sep="\n  ")
        return 1
    _print_verdict(rounds, options, stored=sum(sample.stored or 0 for sample in samples))
    return 0


@contextmanager
def _servers(database: Database) -> Iterator[tuple[server.Server, server.Server]]:
    """Boon as in production, and the bare view in processes of its own, so that each runs with its own settings."""
    boon, bare = (server.environment(database.url, settings) for settings in ("config.settings", "bench.settings"))
    with server.serving(boon) as first, server.serving(bare) as second:
        yield first, second


def _round(number: int, meter: Meter, found: Sequence[Case], options: Options) -> report.Round:
    _say(f"Round {number} of {options.rounds} ...")
    return {
        connections: {case.name: meter.measure(case, connections, options.seconds) for case in found}
        for connections in options.connections
    }


def _print_result(rounds: Sequence[report.Round], machine: dict[str, object], options: Options) -> None:
    print("\n" + ", ".join(f"{name} {value}" for name, value in machine.items()))
    if not has_wrk():
        print("wrk was not found: Python threads made the load, whose own CPU time lowers every HTTP rate below.")
    print(f"{options.rounds} rounds of {options.seconds} s a case, {options.customers} customers\n")
    print(report.tables(rounds))


def _print_verdict(rounds: Sequence[report.Round], options: Options, stored: int) -> None:
    at = HEADLINE_AT if HEADLINE_AT in options.connections else options.connections[0]
    print(f"\n{report.headline(rounds, at)}")
    print(f"Exact: {stored} events stored, as many ledger entries, every balance the sum of its entries.")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
