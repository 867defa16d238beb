"""`make test`: the whole suite on SQLite, then on PostgreSQL. What is missing is said loudly, with its cure.

REQUIRE=postgresql,browser,node,brokers turns what is missing into a failure. TEST_DATABASE_URL names a server to use;
without it one on 127.0.0.1 is used, or a private cluster is started where its programs are installed.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bench.cluster import private_cluster
from bench.databases import Unavailable

# One more than CI has cores: browsers, brokers and commands are waited for.
WORKERS = "3"
LOCAL_URLS = ("postgres://root@127.0.0.1:5432/postgres", "postgres://postgres@127.0.0.1:5432/postgres")


def main() -> int:
    try:
        with postgresql() as url:
            suites = {"SQLite": None, "PostgreSQL": url}
            failed = [name for name, url in suites.items() if not run_suite(name, url, BOTH_DATABASES="1")]
    except Unavailable as error:
        failed = [] if run_suite("SQLite", None) else ["SQLite"]
        say(f"SKIPPED: the tests on PostgreSQL. {error}")
        if "postgresql" in os.environ.get("REQUIRE", ""):
            failed.append("PostgreSQL is required, but absent")
    say(f"FAILED: {', '.join(failed)}" if failed else "All tests passed.")
    return 1 if failed else 0


def run_suite(name: str, url: str | None, **variables: str) -> bool:
    """Runs pytest on one database; whether it passed. BOTH_DATABASES spares second runs (tests/once.py)."""
    say(f"Tests on {name}")
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"} | variables
    if url is not None:
        environment["DATABASE_URL"] = url
        if "SOAK" not in environment:
            # A commit that waits for no disk: what a test writes need not outlive the server.
            environment["PGOPTIONS"] = "-c synchronous_commit=off"
    options = ["-q", "-n", WORKERS, "--dist=worksteal", "--durations=15"]
    command = [sys.executable, "-m", "pytest", *options, *sys.argv[1:]]
    return subprocess.run(command, env=environment, check=False).returncode == 0


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a server on which test databases can be made. Raises Unavailable."""
    url = os.environ.get("TEST_DATABASE_URL") or next(filter(answers, LOCAL_URLS), None)
    if url is not None:
        yield url
        return
    with private_cluster() as database:
        yield database.url


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def say(text: str) -> None:
    sys.stdout.write(f"\n=== {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
