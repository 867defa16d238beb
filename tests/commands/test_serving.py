"""`manage.py serve`: web server and worker start, answer, and end together."""

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from django.db import transaction

from outbox.enqueue import enqueue
from outbox.models import OutboxMessage, State
from tests.once import once
from tests.processes import ROOT, SECONDS, answers, commands, descendants, free_port, listens, wait_for
from tests.world import NOW

pytestmark = pytest.mark.django_db(transaction=True)
PROCESSES = once("processes start and end alike over any database")


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def serve(port):
    """Starts `manage.py serve` against the test database, and makes sure that it is gone afterwards."""
    with commands() as start:
        yield lambda *options: start(
            "serve", "--port", str(port), "--workers", "1", *options, stderr=subprocess.STDOUT
        )


def worker_of(process):
    """The pid of the worker that belongs to a `serve`, or None."""
    return next((pid for pid in descendants(process.pid) if is_worker(pid)), None)


def is_worker(pid):
    """Whether the process is the worker itself; its guard's command line begins otherwise."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return words[1:3] == [str(ROOT / "manage.py").encode(), b"relay_outbox"]


@PROCESSES
def test_serve_says_where_once_it_answers_and_ends_on_a_signal(serve, port):
    process = serve()

    said = process.stdout.readline().decode()
    assert re.fullmatch(rf"Boon serves http://127\.0\.0\.1:{port}\n", said)
    assert answers(port)

    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 0
    assert not listens(port)


@PROCESSES
def test_the_server_ends_with_a_parent_that_was_killed(serve, port):
    process = serve()
    wait_for(lambda: answers(port))

    process.kill()
    process.wait(SECONDS)

    assert wait_for(lambda: not listens(port))


@PROCESSES
def test_serve_names_the_port_that_is_taken(serve, port):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        process = serve()
        output = process.stdout.read().decode()

    assert process.wait(SECONDS) == 1
    assert f"Port {port} cannot be used" in output


@PROCESSES
def test_the_worker_starts_with_the_server_and_ends_with_it(serve, port):
    process = serve()
    wait_for(lambda: worker_of(process) is not None)
    worker = worker_of(process)

    process.send_signal(signal.SIGINT)

    assert process.wait(SECONDS) == 0
    assert (listens(port), is_worker(worker)) == (False, False)


@PROCESSES
def test_a_worker_that_died_is_started_again(serve, port):
    process = serve()
    wait_for(lambda: worker_of(process) is not None)
    first = worker_of(process)

    os.kill(first, signal.SIGKILL)

    assert wait_for(lambda: worker_of(process) not in (first, None))
    assert answers(port)


@PROCESSES
def test_the_worker_ends_with_a_parent_that_was_killed(serve, port):
    process = serve()
    wait_for(lambda: worker_of(process) is not None)
    worker = worker_of(process)

    process.kill()
    process.wait(SECONDS)

    assert wait_for(lambda: not is_worker(worker) and not listens(port))


@PROCESSES
def test_the_web_alone_can_be_served(serve, port):
    process = serve("--no-worker")
    process.stdout.readline()

    process.send_signal(signal.SIGTERM)

    assert process.wait(SECONDS) == 0
    assert process.stdout.read() == b""
    assert worker_of(process) is None


def test_a_worker_handles_what_a_served_request_left_to_it(serve, project):
    with transaction.atomic():
        enqueue(project, "nobody", {}, dedupe_key="a", not_before=NOW)

    serve()

    assert wait_for(lambda: OutboxMessage.objects.in_state(State.PARKED).exists())
