"""Operators mend and replay rejected events."""

import json
import os
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from events.models import Event, RejectedEvent
from loyalty.models import LedgerEntry
from tests.factories import ProjectFactory
from tests.processes import ROOT, database_url, wait_for
from tests.world import a_definition, a_loyalty_programme, a_rule, an_event, balances, send

PAID = {"amount": {"type": "number", "optional": False}}


@pytest.fixture
def shop(project):
    a_definition(project, "paid", PAID)
    return project


def a_payment(by="ben", **metadata):
    return an_event("paid", by=by, metadata=metadata)


def run(project, *arguments):
    """(exit code, what was written)"""
    out = StringIO()
    try:
        call_command("replay_rejected", "--project", project.slug, *arguments, stdout=out, stderr=StringIO())
    except SystemExit as exit_:
        return exit_.code, out.getvalue()
    return 0, out.getvalue()


def test_one_cast_mends_everything(shop):
    send(shop, *(a_payment(f"customer {n:03}", amount="12") for n in range(700)))

    assert run(shop, "--cast", "amount=number") == (0, "700 of 700 accepted\n")
    assert Event.objects.count() == 700
    assert run(shop, "--cast", "amount=number") == (0, "0 of 0 accepted\n")


def test_what_stays_is_told_with_its_reason_and_fails_the_command(shop):
    send(shop, a_payment(amount="12"), a_payment(amount="twelve"), a_payment(amount="dozen"))

    code, out = run(shop, "--cast", "metadata.amount=number")

    assert code == 1
    assert out.splitlines() == [
        "1 of 3 accepted, 2 stayed rejected",
        "      2  amount: cannot be cast to number",
    ]


def test_answers_as_json(shop):
    send(shop, a_payment(amount="12"), a_payment(sum=1, currency="eur"))

    code, out = run(shop, "--json", "--rename", "sum=amount", "--set", "currency=EUR", "--set", "amount=7")

    assert (code, json.loads(out)) == (
        0,
        {"total": 2, "accepted": 2, "done_before": 0, "rejected": 0, "reasons": []},
    )
    assert list(Event.objects.values_list("metadata", flat=True)) == [{"amount": 7, "currency": "EUR"}] * 2


def test_a_dry_run_writes_nothing(shop):
    send(shop, a_payment(amount="12"), a_payment(amount="x"))

    code, out = run(shop, "--cast", "amount=number", "--dry-run")

    assert (code, out.splitlines()[0]) == (1, "1 of 2 would be accepted, 1 would stay rejected")
    assert (Event.objects.count(), set(RejectedEvent.objects.values_list("attempts", flat=True))) == (0, {1})


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["--event", "paid"], 2),
        (["--event", "sold"], 0),
        (["--key", "not_found"], 1),
        (["--cause", "metadata_validation_failed metadata.amount:type"], 1),
    ],
)
def test_filters_choose(shop, arguments, count):
    send(shop, a_payment(amount="12"), a_payment(), an_event("unheard_of"))

    _, out = run(shop, *arguments, "--dry-run", "--json")

    assert json.loads(out)["total"] == count


def test_an_id_chooses_one(shop):
    send(shop, a_payment(amount="12"), a_payment(amount="13"))
    row = RejectedEvent.objects.order_by("pk")[0]

    assert run(shop, "--id", row.public_id, "--cast", "amount=number") == (0, "1 of 1 accepted\n")
    assert Event.objects.get().metadata == {"amount": 12}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cast", "amount"], "must be written as name = …, not 'amount'"),
        (["--cast", "amount=money"], "cast.metadata.amount must be one of string, number"),
        (["--rename", "a=b.c"], "rename.metadata.a must be the new name alone"),
        (["--id", "rej_1"], "ids.0 must be the id of a rejected event"),
        (["--id", "rej_0000000000000000000000"], "Cannot find rejected_event"),
        (["--id", "rej_0000000000000000000000", "--event", "paid"], "either 'ids' or 'filter'"),
    ],
)
def test_what_cannot_be_meant_is_said(shop, arguments, message):
    with pytest.raises(CommandError, match=message):
        run(shop, *arguments)


def test_an_unknown_project_is_said(db):
    with pytest.raises(CommandError, match="no project nowhere"):
        call_command("replay_rejected", "--project", "nowhere")


def test_a_replay_that_is_killed_and_run_again_accepts_each_event_once(transactional_db):
    shop = ProjectFactory(slug="shop")
    a_rule(a_loyalty_programme(shop), a_definition(shop, "paid", PAID), points=1)
    send(shop, *(a_payment(f"customer {n % 100:02}", amount="12") for n in range(3_000)))
    command = [sys.executable, "manage.py", "replay_rejected", "--project", "shop", "--cast", "amount=number"]

    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": database_url()})
    try:
        wait_for(lambda: Event.objects.exists() or process.poll() is not None, seconds=180)
    finally:
        process.kill()
        process.wait()
    first = Event.objects.count()
    code, out = run(shop, "--cast", "amount=number")

    assert (code, out) == (0, f"{3_000 - first} of {3_000 - first} accepted\n")
    assert Event.objects.count() == LedgerEntry.objects.count() == 3_000
    assert balances(shop) == {f"customer {n:02}": 30 for n in range(100)}
