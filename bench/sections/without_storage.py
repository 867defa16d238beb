"""What the endpoint costs before it writes, against the least that Django can do: CPU time, in process and served."""

import json
from dataclasses import asdict
from functools import partial

from bench import inside, server
from bench.cases import Case, Chapter, Finding, Ratio, Round, run_rounds
from bench.exactness import of_samples
from bench.loads import http_load
from bench.options import Options
from bench.places import Place
from bench.targets import WITHOUT_STORAGE

CONNECTIONS = 8
SETTINGS = "bench.settings_without_storage"
BARE, OURS = "bare view", "endpoint without storage"
ABOUT = """The bar is judged in process: both views by turns in one process, CPU time by the nanosecond. That is
the steadier of the two; served, the web server's own CPU time is in both and brings the ratio nearer to 1."""


def measured(place: Place, options: Options) -> Chapter:
    in_process = inside.call(
        "bench.in_process",
        str(options.in_process_rounds),
        json.dumps(asdict(place.world)),
        database_url=place.books.database.url,
        settings=SETTINGS,
    )
    ratios = tuple(ours / bare for ours, bare in zip(in_process[OURS], in_process[BARE], strict=True))
    rounds, problems = _served(place, options)
    served = Ratio(
        f"the same, served, {CONNECTIONS} connections",
        (OURS, CONNECTIONS),
        (BARE, CONNECTIONS),
        lambda sample: sample.server_cpu,
    )
    findings = [
        Finding(WITHOUT_STORAGE.title, ratios, WITHOUT_STORAGE),
        *(Finding(f"CPU in process, {name}, µs", tuple(values)) for name, values in in_process.items()),
        served.finding(rounds),
    ]
    return Chapter("the endpoint without storage", ABOUT, rounds, findings, problems)


def _served(place: Place, options: Options) -> tuple[list[Round], list[str]]:
    url, books, world = place.books.database.url, place.books, place.world
    with (
        server.serving(server.environment(url, "bench.settings")) as bare,
        server.serving(server.environment(url, SETTINGS)) as ours,
    ):
        cases = [
            Case(BARE, CONNECTIONS, partial(http_load, f"{bare.url}/bare", world), books, server=bare),
            Case(OURS, CONNECTIONS, partial(http_load, f"{ours.url}/v1/events", world), books, server=ours),
        ]
        rounds, samples = run_rounds(cases, options.rounds, options.seconds)
    return rounds, list(of_samples(samples))
