"""Brokers that tests start for themselves, and Boon's processes before them."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from subprocess import Popen
from typing import NoReturn

import pytest

from bench.brokers import BROKERS, Node
from bench.databases import Unavailable
from tests.processes import commands

Start = Callable[[], Popen[bytes]]


@contextmanager
def a_broker(name: str) -> Iterator[Node]:
    """A node of "RabbitMQ" or "Redis" that runs. Skips the test where that cannot be."""
    broker = BROKERS[name]()
    try:
        node = broker.__enter__()
    except Unavailable as error:
        _missing(f"What {name} carries was not tried. {error}")
    try:
        yield node
    finally:
        broker.__exit__(None, None, None)


@contextmanager
def machines(url: str, settings: str, **more: str) -> Iterator[tuple[Start, Start]]:
    """What starts a relay, and what starts a worker of Celery with two processes."""
    variables = {"CELERY_BROKER_URL": url, "DJANGO_SETTINGS_MODULE": settings, "LOG_LEVEL": "CRITICAL", **more}
    options = ("--concurrency", "2", "--loglevel", "CRITICAL", "--without-gossip", "--without-mingle")
    with commands() as command, commands("-m", "celery", "--quiet", "-A", "config", "worker") as celery:
        yield lambda: command("relay_outbox", **variables), lambda: celery(*options, **variables)


def _missing(cure: str) -> NoReturn:
    if "brokers" in os.environ.get("REQUIRE", ""):
        pytest.fail(cure)
    pytest.skip(cure)
