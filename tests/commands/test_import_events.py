"""`manage.py import_events`: files of events, each row accepted once or told why not."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from customers.models import Customer
from events.models import Event, IdempotencyKey, RejectedEvent
from tests.commands.imports import HEADER, problems
from tests.world import balances, customer

pytestmark = pytest.mark.django_db


def test_a_table_is_imported(project, paid, run):
    content = (
        "event,id,occurred_at,customer.source_id,customer.email,customer.name,customer.metadata.plan,customer.metadata,"
        "customer.address.city,metadata.amount,metadata.gift,metadata.day,metadata.shop,metadata.tags,metadata\n"
        'paid,p-1,2026-11-01T10:00:00Z,ben,ben@example.com,"Ben, the younger",gold,"{""age"": 41}",Ulm,12.50,TRUE,'
        '2026-11-01,007,"[""a"",""b""]","{""parts"": {""a"": 1}, ""amount"": 1}"\n'
        "paid,,,ada,,,,,,,,,,,\n"
    )

    result = run("events.csv", content)

    first, second = Event.objects.order_by("id")
    ben = customer(project, "ben")
    assert result == (0, (2, 0, 0), [])
    assert first.metadata == {
        "amount": Decimal("12.5"),
        "gift": True,
        "day": "2026-11-01",
        "shop": "007",
        "tags": ["a", "b"],
        "parts": {"a": 1},
    }
    assert (first.occurred_at, first.channel) == (datetime(2026, 11, 1, 10, tzinfo=UTC), "IMPORT")
    assert (ben.name, ben.email, ben.metadata, ben.address) == (
        "Ben, the younger",
        "ben@example.com",
        {"age": 41, "plan": "gold"},
        {"city": "Ulm"},
    )
    assert (second.metadata, second.customer.source_id) == ({}, "ada")
    assert balances(project) == {"ben": 1, "ada": 1}


def test_json_lines_are_imported(project, paid, run):
    content = (
        '{"event": "paid", "id": "p-1", "customer": {"source_id": "ben"}, "metadata": {"amount": 12.5}}\n'
        "\n"
        '{"event": "paid", "customer": {"source_id": "ben"}}'
    )

    assert run("events.jsonl", content) == (0, (2, 0, 0), [])
    assert balances(project) == {"ben": 2}


def test_a_second_run_accepts_nothing_and_keeps_nothing_twice(project, paid, run):
    content = f"{HEADER}paid,p-1,ben,1\npaid,,ben,2\npaid,,ben,much\nunheard of,u-1,ben,\n"

    first, second = run("events.csv", content), run("events.csv")

    assert (first[:2], second[:2]) == ((1, (2, 0, 2)), (1, (0, 2, 2)))
    assert first[2] == second[2]
    assert balances(project) == {"ben": 2}
    assert [(row.name, row.channel) for row in RejectedEvent.objects.order_by("id")] == [
        ("paid", "IMPORT"),
        ("unheard of", "IMPORT"),
    ]


def test_rows_without_an_id_that_say_the_same_are_different_events(project, paid, run):
    run("events.csv", f"{HEADER}paid,,ben,1\npaid,,ben,1\n")

    assert balances(project) == {"ben": 2}


def test_rejected_rows_are_mended_and_imported_again(project, paid, run, tmp_path):
    run("events.csv", f"{HEADER}paid,,ben,much\npaid,,ada,1\n")
    rejected = tmp_path / "events.csv.rejected.jsonl"

    mended = run("mended.jsonl", rejected.read_text().replace('"much"', "5"))
    again = run("events.csv")

    assert mended == (0, (1, 0, 0), [])
    assert (again[1], [row["rejected"]["key"] for row in again[2]]) == ((0, 1, 1), ["duplicate_resource_key"])
    assert balances(project) == {"ada": 1, "ben": 1}


def test_a_rejected_row_says_where_it_stood_and_what_is_wrong(paid, run):
    result = run("events.csv", f"{HEADER}paid,,ben,1\npaid,p-2,ben,much\n")

    message = "amount: must be a number (actual value is 'much')"
    assert result[2] == [
        {
            "event": "paid",
            "id": "p-2",
            "customer": {"source_id": "ben"},
            "metadata": {"amount": "much"},
            "rejected": {
                "line": 3,
                "key": "metadata_validation_failed",
                "message": message,
                "errors": [{"path": "metadata.amount", "code": "type", "message": message, "actual": "much"}],
            },
        }
    ]


@pytest.mark.parametrize(
    ("cell", "stored"),
    [("12", 12), ("-0.5", Decimal("-0.5")), (" 7 ", 7), ("1e3", 1000), ("12345678901.123456789", None)],
)
def test_a_number_is_read_exactly(paid, run, cell, stored):
    run("events.csv", f"{HEADER}paid,,ben,{cell}\n")

    assert Event.objects.get().metadata == {"amount": Decimal(cell.strip()) if stored is None else stored}


@pytest.mark.parametrize("cell", ["much", "1.2.3", "007", "+5", '"1,5"', "NaN", "1e400", "0x10", "true", '"[1]"'])
def test_what_is_no_number_is_refused(paid, run, cell):
    code, counts, rows = run("events.csv", f"{HEADER}paid,,ben,{cell}\n")

    assert (code, counts, problems(rows)) == (1, (0, 0, 1), [(2, "metadata.amount", "type")])


def test_an_alias_is_typed_as_its_property(paid, run):
    run("events.csv", "event,customer.source_id,metadata.sum,metadata.other\npaid,ben,5,5\n")

    assert Event.objects.get().metadata == {"sum": 5, "other": "5"}


LATE = (
    "event,id,occurred_at,customer.source_id\npaid,old,2001-01-01T00:00:00Z,ben\npaid,new,2999-01-01T00:00:00Z,ben\n"
)


def test_what_is_too_old_is_refused(paid, run):
    assert problems(run("events.csv", LATE)[2]) == [(2, "occurred_at", "range"), (3, "occurred_at", "range")]


def test_a_backfill_takes_what_is_old_but_not_what_is_to_come(project, paid, run):
    assert problems(run("events.csv", LATE, "--backfill")[2]) == [(3, "occurred_at", "range")]
    assert [event.occurred_at.year for event in Event.objects.all()] == [2001]


def test_a_dry_run_tells_the_same_and_writes_nothing(project, paid, run, tmp_path):
    content = f"{HEADER}paid,,ben,1\npaid,,ben,much\n"

    tried = run("events.csv", content, "--dry-run")

    assert (tried[:2], problems(tried[2])) == ((1, (1, 0, 1)), [(3, "metadata.amount", "type")])
    assert [model.objects.count() for model in (Event, Customer, IdempotencyKey, RejectedEvent)] == [0, 0, 0, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.csv", "events.csv.rejected.jsonl"]


def test_another_projects_customers_cannot_be_named(project, mallorys_project, paid, run):
    stranger = Customer.objects.create(project=mallorys_project, created_at=datetime.now(UTC))

    code, counts, rows = run("events.csv", f"event,customer.id\npaid,{stranger.public_id}\n")

    assert (code, counts, rows[0]["rejected"]["key"]) == (1, (0, 0, 1), "not_found")
