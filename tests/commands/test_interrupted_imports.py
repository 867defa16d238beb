"""Imports that are killed: the next run goes on, and every row is there once."""

import fcntl
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from hashlib import sha256
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from common.jsons import dumps
from events.importing.checkpoint import Checkpoint, Task, Totals
from events.importing.running import Order, import_file
from events.models import Event, IdempotencyKey, RejectedEvent
from loyalty.checking import ledger_problems
from tests.factories import ProjectFactory
from tests.processes import ROOT, database_url
from tests.world import a_definition, a_loyalty_programme, a_rule, balances

ROWS, SECONDS = 10_000, 480
# Every thousandth row is refused.
REFUSED = set(range(500, ROWS, 1_000))

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(transactional_db):
    project = ProjectFactory()
    paid = a_definition(project, "paid", {"amount": {"type": "number", "optional": True}})
    a_rule(a_loyalty_programme(project), paid, points=1)
    return project


def table():
    rows = [f"paid,{number % 50},{'much' if number in REFUSED else number}" for number in range(ROWS)]
    return "\n".join(["event,customer.source_id,metadata.amount", *rows, ""])


def lines():
    def row(number):
        amount = "much" if number in REFUSED else number
        return dumps({"event": "paid", "customer": {"source_id": str(number % 50)}, "metadata": {"amount": amount}})

    return "".join(f"{row(number)}\n" for number in range(ROWS))


def start(project, path):
    command = [sys.executable, "manage.py", "import_events", str(path), "--project", project.slug, "--json"]
    environment = {**os.environ, "DATABASE_URL": database_url()}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finished(project, path):
    process = start(project, path)
    said, complaint = process.communicate(timeout=SECONDS)
    assert process.returncode == 1, complaint
    return json.loads(said)


def killed_in_the_middle(project, path):
    """Kills an import once some of its rows are there; how many there are then."""
    process = start(project, path)
    deadline = time.monotonic() + SECONDS
    try:
        while not Event.objects.count() >= 1_000:
            assert time.monotonic() < deadline
            assert process.poll() is None, process.stderr.read()
    finally:
        process.kill()
        process.communicate()
    return Event.objects.count()


@pytest.mark.parametrize(("name", "content"), [("events.csv", table), ("events.jsonl", lines)])
def test_an_import_that_was_killed_goes_on_and_doubles_nothing(project, tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content())

    there = killed_in_the_middle(project, path)
    second = finished(project, path)
    third = finished(project, path)

    good = ROWS - len(REFUSED)
    assert 1_000 <= there < good
    assert (second["total"], second["accepted"] + second["replayed"], second["rejected"]) == (ROWS, good, 10)
    assert second["resumed_at"] > 1
    assert (third["accepted"], third["replayed"], third["rejected"], third["resumed_at"]) == (0, good, 10, 1)
    assert (Event.objects.count(), IdempotencyKey.objects.count()) == (good, good)
    amounts = [int(event.metadata["amount"]) for event in Event.objects.all()]
    assert sorted(amounts) == sorted(set(range(ROWS)) - REFUSED)
    assert (sum(balances(project).values()), list(ledger_problems())) == (good, [])
    assert RejectedEvent.objects.count() == len(REFUSED)
    rejected = [json.loads(line) for line in (tmp_path / f"{name}.rejected.jsonl").read_text().splitlines()]
    first_row = 2 if name.endswith("csv") else 1
    assert [row["rejected"]["line"] for row in rejected] == [number + first_row for number in sorted(REFUSED)]


@pytest.fixture
def checkpoint(project, tmp_path):
    """A file of which all is imported, with a checkpoint before its second row, rewritten with what is given."""
    path = tmp_path / "events.jsonl"
    path.write_text('{"event": "paid", "id": "p-1", "customer": {"source_id": "ben"}}\n' * 2)
    call_command("import_events", str(path), "--project", project.slug, stdout=StringIO())
    order = Order(path, project, "jsonl", tmp_path / "rejected.jsonl")
    task = Task(sha256(path.read_bytes()).hexdigest(), project.public_id, "jsonl", False, str(order.rejected))
    true = Checkpoint(task, path.stat().st_size // 2, 2, 0, "p-1", Totals(1, 1))
    order.rejected.touch()

    def resumed_at(**lies):
        replace(true, **lies).save(order.checkpoint)
        report = import_file(order, advance=lambda done: None)
        assert not order.checkpoint.exists()
        return report.resumed_at, report.totals

    return resumed_at


def test_a_checkpoint_that_is_true_is_believed(checkpoint):
    assert checkpoint() == (2, Totals(2, 1, 1))


@pytest.mark.parametrize(
    "lie",
    [
        {"last_id": "never accepted"},
        {"last_id": ""},
        {"rejected_size": 1},
        {"task": Task("another file", "", "jsonl", False, "")},
        {"totals": "none"},
    ],
)
def test_a_checkpoint_that_is_not_true_is_not_believed(checkpoint, lie):
    assert checkpoint(**lie) == (1, Totals(2, 0, 2))


def test_a_file_is_imported_by_one_process_at_a_time(project, tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text("{}\n")

    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match="is being imported by another process"):
            call_command("import_events", str(path), "--project", project.slug)
