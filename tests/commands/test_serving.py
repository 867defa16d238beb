"""`manage.py serve`: one process group that starts, answers, and ends together."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 30

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def serve(port):
    """Starts `manage.py serve` against the test database, and makes sure that it is gone afterwards."""
    started = []

    def start():
        command = [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", "1"]
        environment = {**os.environ, "DATABASE_URL": database_url()}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def database_url():
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def wait_for(condition, seconds=SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
    return True


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_serve_says_where_once_it_answers_and_ends_on_a_signal(serve, port):
    process = serve()

    said = process.stdout.readline().decode()
    assert re.fullmatch(rf"Boon serves http://127\.0\.0\.1:{port}\n", said)
    assert answers(port)

    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 0
    assert not listens(port)


def test_the_server_ends_with_a_parent_that_was_killed(serve, port):
    process = serve()
    wait_for(lambda: answers(port))

    process.kill()
    process.wait(SECONDS)

    assert wait_for(lambda: not listens(port))


def test_serve_names_the_port_that_is_taken(serve, port):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        process = serve()
        output = process.stdout.read().decode()

    assert process.wait(SECONDS) == 1
    assert f"Port {port} cannot be used" in output
