"""A floor is worth nothing unless it writes what the product writes: the same rows, as full and as long."""

import json
from contextlib import closing

import pytest
from django.db import connection

from bench import exactness, growing, sqlite_floor
from bench.batches import Batch
from bench.cluster import find_binary
from bench.databases import Books, Database
from bench.loads import event, pgbench_load
from bench.worldbuilding import build
from events.models import Event, IdempotencyKey, StoredEffect
from loyalty.models import LedgerEntry, LoyaltyCard
from tests.processes import database_url

CUSTOMERS = 7
WRITTEN = (Event, IdempotencyKey, LedgerEntry, StoredEffect)
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql" or find_binary("pgbench") is None, reason="needs PostgreSQL and pgbench"
)
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="is SQLite's floor")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    return build(CUSTOMERS)


@pytest.fixture
def books():
    with closing(Books(Database(database_url()))) as opened:
        yield opened


@on_postgresql
@pytest.mark.parametrize(("script", "size"), [("floor.sql", 1), ("floor_batch.sql", 20)])
def test_a_floor_of_postgresql_leaves_what_the_endpoint_leaves(client, world, books, script, size):
    load = pgbench_load(script, database_url(), world, connections=1, seconds=1, size=size)

    assert Event.objects.count() == load.answered * size > 0
    assert exactness.problems([], books) == []
    assert_alike(client, world)


@on_sqlite
def test_the_floor_of_sqlite_leaves_what_the_endpoint_leaves(client, world, books):
    connection.ensure_connection()
    connection.connection.execute(sqlite_floor.SENT)

    sqlite_floor.write(connection.connection, world, json.dumps([event(CUSTOMERS) for _ in range(20)]))

    connection.close()
    assert Event.objects.count() == 20
    assert exactness.problems([], books) == []
    assert_alike(client, world)


@on_postgresql
def test_a_grown_database_is_as_if_its_events_had_been_sent(client, world, books):
    before = indexes()

    growing.grow(books.database, world, events=300)

    assert Event.objects.count() == 300
    assert exactness.problems([], books) == []
    assert indexes() == before
    last = LedgerEntry.objects.order_by("-id")[0]
    assert LoyaltyCard.objects.get(pk=last.card_id).balance == last.balance_after
    assert_alike(client, world)


def test_the_books_tell_what_is_wrong(client, world, books):
    send(client, world, 3)
    IdempotencyKey.objects.filter(pk=Event.objects.all()[0].pk).delete()
    LoyaltyCard.objects.filter(pk=LedgerEntry.objects.all()[0].card_id).update(balance=1_000)

    found = exactness.problems([], books)

    assert found[0] == "3 events made 2 rows of events_idempotencykey instead of 1 each"
    assert found[2:] == ["1 cards do not hold the sum of their entries"]


def send(client, world, count):
    headers = {"X-App-Id": world.app_id, "X-App-Token": world.app_token}
    body = Batch([event(CUSTOMERS) for _ in range(count)]).with_new_ids()
    answer = client.post("/v1/events/batch", body, "application/json", headers=headers)
    assert answer.json()["accepted"] == count


def assert_alike(client, world):
    """The newest row of each table that an endpoint's event leaves has the columns filled that a floor's row has, and
    is about as long."""
    floors = {model: shape(newest(model)) for model in WRITTEN}
    send(client, world, 1)
    endpoints = {model: shape(newest(model)) for model in WRITTEN}

    assert {model: filled for model, (filled, _) in floors.items()} == {
        model: filled for model, (filled, _) in endpoints.items()
    }
    for model, (_, length) in floors.items():
        assert length == pytest.approx(endpoints[model][1], rel=0.1), model


def newest(model):
    """The row of the newest event: of its effects the first."""
    event_id = Event.objects.order_by("-received_at", "-id")[0].pk
    name = "pk" if model is Event else "event_id"
    order = "seq" if model is StoredEffect else "pk"
    return model.objects.filter(**{name: event_id}).order_by(order)[0]


def shape(row):
    """(names of the columns that are filled, length of everything in them)"""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    filled = {name: value for name, value in values.items() if value is not None}
    return set(filled), sum(len(str(value)) for value in filled.values())


def indexes():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname")
        return dict(cursor.fetchall())
