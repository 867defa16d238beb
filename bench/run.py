"""`python -m bench.run`: how near Boon comes to what its database can do, against the bars of bench/targets.py."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace

from bench import environment, places, report
from bench.cases import Chapter
from bench.databases import Unavailable
from bench.leaving import leave_by_signals
from bench.loads import has_wrk
from bench.options import QUICK, Options
from bench.saying import say
from bench.sections import (
    batch,
    builder,
    codes,
    growth,
    lists,
    memory,
    outbox,
    segments,
    single,
    sqlite,
    without_storage,
)

# On one PostgreSQL database, in this order; then those that make their own.
SHARED = {
    "single": single.measured,
    "batch": batch.measured,
    "cpu": without_storage.measured,
    "memory": memory.measured,
}
ALONE: dict[str, Callable[[Options], Chapter]] = {
    "growth": growth.measured,
    "sqlite": sqlite.measured,
    "codes": codes.measured,
    "builder": builder.measured,
    "lists": lists.measured,
    "segments": segments.measured,
    "outbox": outbox.measured,
}
LARGE = 10_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 where a check fails, 2 where the bench cannot run here, 130 where it was interrupted.

    A figure that misses its bar is no failure: it depends on who else uses the machine.
    """
    chosen = _parse(arguments)
    options = _options(chosen)
    leave_by_signals()
    try:
        return _run(chosen, options)
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted; everything that was started is stopped.", file=sys.stderr)
        return 130


def _run(chosen: argparse.Namespace, options: Options) -> int:
    machine = environment.describe("wrk" if has_wrk() else "Python threads", chosen.database_url)
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    chapters = []
    for chapter in _chapters(chosen, options):
        chapters.append(chapter)
        print(f"\n{report.chapter_text(chapter)}", flush=True)
    print(f"\n{report.summary_text(chapters)}\n")
    say(f"Written to {report.write(chapters, machine, asdict(options))}")
    problems = [problem for chapter in chapters for problem in chapter.problems]
    if problems:
        print("\nFAILED", *problems, sep="\n  ")
        return 1
    print("Exact: every answered event is stored once, every balance is the sum of its entries.")
    return 0


def _chapters(chosen: argparse.Namespace, options: Options) -> Iterator[Chapter]:
    shared = [name for name in SHARED if name in chosen.only]
    if shared:
        with places.on_postgresql(chosen.database_url, options.customers) as place:
            for name in shared:
                say(f"{name} ...")
                yield SHARED[name](place, options)
    for name in ALONE:
        if name in chosen.only:
            say(f"{name} ...")
            yield ALONE[name](options)


def _options(chosen: argparse.Namespace) -> Options:
    given = {name: getattr(chosen, name) for name in ("rounds", "seconds", "connections", "customers")}
    options = replace(QUICK if chosen.quick else Options(), **{name: value for name, value in given.items() if value})
    return replace(options, grown=LARGE) if chosen.large else options


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    names = (*SHARED, *ALONE)
    parser.add_argument("--only", type=_sections, default=names, help=f"some of {','.join(names)}")
    parser.add_argument("--quick", action="store_true", help="whether everything works; the figures mean nothing")
    parser.add_argument("--large", action="store_true", help="growth by 10 million events instead of 2 million")
    parser.add_argument("--rounds", type=_positive, help="how often everything is measured (5)")
    parser.add_argument("--seconds", type=_positive, help="seconds a case and round (2; double for batches)")
    parser.add_argument("--connections", type=_counts, help="of single events, such as 1,8,32")
    parser.add_argument("--customers", type=_positive, help="customers with a card each (50000)")
    parser.add_argument(
        "--database-url",
        help=f"an EMPTY PostgreSQL database to use for {','.join(SHARED)} instead of a private cluster",
    )
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _counts(text: str) -> tuple[int, ...]:
    return tuple(_positive(part) for part in text.split(","))


def _sections(text: str) -> tuple[str, ...]:
    chosen = tuple(text.split(","))
    unknown = set(chosen) - {*SHARED, *ALONE}
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(unknown))}")
    return chosen


if __name__ == "__main__":
    sys.exit(main())
