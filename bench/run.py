"""`python -m bench.run`: how near the single-event endpoint comes to the floor of its own database."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import django

from bench.cluster import Database, Unavailable, private_cluster
from bench.server import environment

LEAVING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 where a check fails, 2 where the bench cannot run here, 130 where it was interrupted."""
    options = _parse(arguments)
    leave_by_signals()
    try:
        with _database(options.database_url) as database:
            return _measure(database, options)
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted; everything that was started is stopped.", file=sys.stderr)
        return 130


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--rounds", type=_positive, default=5, help="how often everything is measured (5)")
    parser.add_argument("--seconds", type=_positive, default=2, help="seconds a case, connection count and round (2)")
    parser.add_argument("--connections", type=_counts, default=(1, 8, 32), help="such as 1,8,32")
    parser.add_argument("--customers", type=_positive, default=50_000, help="customers with a card each (50000)")
    parser.add_argument("--database-url", help="an EMPTY PostgreSQL database to use instead of a private cluster")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _counts(text: str) -> tuple[int, ...]:
    return tuple(_positive(part) for part in text.split(","))


@contextmanager
def _database(url: str | None) -> Iterator[Database]:
    if url is None:
        with private_cluster() as database:
            yield database
    elif url.startswith(("postgres://", "postgresql://")):
        yield Database(url)
    else:
        raise Unavailable("--database-url must begin with postgres://: the floor is pgbench's.")


def _measure(database: Database, options: argparse.Namespace) -> int:
    os.environ.update(environment(database.url))
    django.setup()
    # Only now: models cannot be imported before the settings know the database.
    from bench.rounds import Options, run

    return run(database, Options(options.rounds, options.seconds, options.connections, options.customers))


def leave_by_signals() -> None:
    """Makes every signal that ends a program a KeyboardInterrupt, so that what was started is stopped."""
    for number in LEAVING:
        signal.signal(number, _leave)


def _leave(*_: object) -> NoReturn:
    # Once is enough: a second Ctrl-C must not interrupt the stopping of what was started.
    for number in LEAVING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
