"""Monthly partitions of the event log: made ahead, filled from the default one, dropped when asked to."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from common.ids import first_key_at
from customers.models import Customer
from events.erasure import delete_customers
from events.models import Event, IdempotencyKey, RejectedEvent, StoredEffect
from events.months import DEFAULT, Month
from events.outcomes import Replayed
from events.partitions import ADVISORY_KEY, Dropped, UpkeepProblem, ensure_partitions
from projects.models import Project
from tests.factories import CustomerFactory, ProjectFactory
from tests.threads import at_once
from tests.world import a_definition, accept, an_event, send

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has partitions")
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
NAMES = ["events_event_2026_11", "events_event_2026_12", "events_event_2027_01"]


@pytest.fixture
def shop(db: None) -> Project:
    """The log is as the first migration leaves it; PostgreSQL takes back what a test makes of its tables as well."""
    return ProjectFactory()


@pytest.fixture
def busy_shop(transactional_db: None) -> Iterator[Project]:
    """One that other connections see; what is made of the log is undone by hand."""
    yield ProjectFactory()
    with connection.cursor() as cursor:
        for name in partitions():
            cursor.execute(f"DROP TABLE {name}")


def partitions() -> list[str]:
    """The partitions beside the default one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events_event'::regclass")
        return sorted(name for (name,) in cursor.fetchall() if name != DEFAULT)


def an_event_at(project: Project, moment: datetime, number: int = 0, customer: Customer | None = None) -> Event:
    """Goes past the code, which stores what happens now."""
    return Event.objects.create(
        id=UUID(int=first_key_at(moment).int + number),
        project=project,
        version=0,
        name="paid",
        customer=customer or CustomerFactory(project=project),
        metadata={"note": "lives next door"},
        channel="API",
        occurred_at=moment,
        received_at=moment,
    )


def counts() -> dict[str, int]:
    """How many events lie in which partition."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM events_event")
        return dict(Counter(name for (name,) in cursor.fetchall()))


def ensure(months_ahead: int = 2, **options: Any) -> Any:
    return ensure_partitions(now=NOW, months_ahead=months_ahead, **options)


@on_postgresql
def test_this_month_and_the_coming_ones_are_made_once(db: None):
    first, second = ensure(), ensure()

    assert (first.created, second.created, partitions()) == (NAMES, [], NAMES)


@on_postgresql
def test_an_event_goes_to_its_month_to_the_millisecond_of_the_border(shop: Project):
    ensure()
    december = datetime(2026, 12, 1, tzinfo=UTC)

    an_event_at(shop, december - timedelta(milliseconds=1))
    an_event_at(shop, december)
    an_event_at(shop, datetime(2027, 2, 1, tzinfo=UTC))

    assert counts() == {"events_event_2026_11": 1, "events_event_2026_12": 1, DEFAULT: 1}


@on_postgresql
def test_events_in_the_default_partition_move_to_the_months_that_they_are_of(shop: Project):
    moments = [datetime(2026, 8, 31, 23, 59, 59, 999000, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC), NOW, NOW]
    events = [an_event_at(shop, moment, number) for number, moment in enumerate(moments)]

    upkeep = ensure(months_ahead=1)

    assert upkeep.moved == {"events_event_2026_08": 1, "events_event_2026_10": 1, "events_event_2026_11": 2}
    assert counts() == upkeep.moved
    assert list(Event.objects.order_by("pk").values()) == [
        Event.objects.filter(pk=event.pk).values().get() for event in events
    ]


@on_postgresql
def test_more_events_than_are_copied_at_once_move(shop: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("events.partitions.COPIED_AT_ONCE", 3)
    ben = CustomerFactory(project=shop)
    for number in range(7):
        an_event_at(shop, NOW, number, ben)

    assert ensure().moved == {"events_event_2026_11": 7}


@on_postgresql
def test_what_changed_between_copying_and_attaching_is_caught_up_with(shop: Project, monkeypatch: pytest.MonkeyPatch):
    ben = CustomerFactory(project=shop)
    first = an_event_at(shop, NOW, 1, ben)
    late = []

    def meanwhile(month: Month, made: str) -> None:
        copy(month, made)
        if month == Month.of(NOW):
            delete_customers(shop, [ben], group_id="", now=NOW)
            late.append(an_event_at(shop, NOW, 0))

    from events.partitions import _copy as copy

    monkeypatch.setattr("events.partitions._copy", meanwhile)

    ensure()

    assert counts() == {"events_event_2026_11": 2}
    assert list(Event.objects.order_by("pk").values_list("pk", "metadata")) == [
        (late[0].pk, {"note": "lives next door"}),
        (first.pk, {"note": ""}),
    ]


@on_postgresql
def test_a_partition_has_the_keys_and_checks_of_the_log(shop: Project):
    an_event_at(shop, NOW)
    ensure()
    row = Event.objects.values().get()

    with pytest.raises(IntegrityError, match="events_event_2026_11"), transaction.atomic():
        Event.objects.bulk_create([Event(**row)])
    with pytest.raises(IntegrityError, match="foreign key"), transaction.atomic():
        Event.objects.bulk_create([Event(**row | {"id": first_key_at(NOW + timedelta(1)), "customer_id": row["id"]})])
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname LIKE 'events_event_2026%_new' AND relkind = 'r'")
        assert cursor.fetchall() == []


@on_postgresql
def test_senders_go_on_while_months_are_made(busy_shop: Project):
    a_definition(busy_shop, "paid")
    now = datetime.now(UTC)

    def send_many(sender: int) -> int:
        project = Project.objects.get(pk=busy_shop.pk)
        return sum(len(accept(project, an_event("paid", by=f"{sender}-{number}"))) for number in range(25))

    works = [lambda: len(ensure_partitions(now=now, months_ahead=3).created)]
    works += [lambda sender=sender: send_many(sender) for sender in range(3)]  # type: ignore[misc]
    made, *sent = at_once(works)

    assert (made, sent) == (4, [25, 25, 25])
    assert Event.objects.count() == 75
    assert Event.objects.values("pk").distinct().count() == 75


@on_postgresql
def test_a_log_that_is_in_use_all_the_time_is_left_alone(busy_shop: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("events.partitions.LOCK_WAIT", "10ms")
    monkeypatch.setattr("events.partitions.PAUSE_SECONDS", 0)
    an_event_at(busy_shop, NOW)
    other = connection.copy()

    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT count(*) FROM events_event")
        with pytest.raises(UpkeepProblem, match="in use"):
            ensure()
        cursor.execute("ROLLBACK")
    other.close()

    assert counts() == {DEFAULT: 1}
    assert ensure().moved == {"events_event_2026_11": 1}


@on_postgresql
def test_two_runs_do_not_get_in_each_others_way(transactional_db: None):
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_KEY])

        with pytest.raises(UpkeepProblem, match="Another run"):
            ensure()
    other.close()


@on_postgresql
def test_a_table_of_somebody_else_is_not_taken(db: None):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE events_event_2026_11 (id int)")

    with pytest.raises(UpkeepProblem, match="rename it first"):
        ensure()


@on_postgresql
def test_old_months_are_dropped_only_when_asked_to(shop: Project):
    for month in (8, 9, 10):
        an_event_at(shop, datetime(2026, month, 15, tzinfo=UTC))

    kept, dropped = ensure(), ensure(retain_months=2)

    assert (kept.dropped, [item.partition for item in dropped.dropped]) == ([], ["events_event_2026_08"])
    assert counts() == {"events_event_2026_09": 1, "events_event_2026_10": 1}


@on_postgresql
def test_months_of_the_default_partition_are_dropped_in_the_same_run(shop: Project):
    an_event_at(shop, datetime(2026, 5, 15, tzinfo=UTC))

    upkeep = ensure(retain_months=1)

    assert [(item.partition, item.events) for item in upkeep.dropped] == [("events_event_2026_05", 1)]
    assert counts() == {}


@on_postgresql
def test_dropping_says_what_of_the_events_stays(shop: Project):
    event = an_event_at(shop, datetime(2026, 8, 15, tzinfo=UTC))
    IdempotencyKey.objects.create(event_id=event.pk, project=shop, key="order-1", fingerprint="", answer="{}")
    StoredEffect.objects.create(
        project=shop, cause_kind="event", cause_id=event.pk, event_id=event.pk, customer=event.customer, seq=0,
        kind="points.earned", created_at=NOW,
    )  # fmt: skip
    RejectedEvent.objects.create(
        project=shop, name="paid", reaction="x.Y", event_id=event.pk, occurred_at=NOW, created_at=NOW
    )

    (dropped,) = ensure(retain_months=2).dropped

    assert dropped == Dropped("events_event_2026_08", 1, effects_kept=1, ids_kept=1, failures_left=1)
    assert (StoredEffect.objects.count(), IdempotencyKey.objects.count()) == (1, 1)


@on_postgresql
def test_a_senders_id_is_good_for_ever_also_when_its_event_is_dropped(shop: Project):
    a_definition(shop, "paid")
    body = an_event("paid", id="order-1")
    (first,) = accept(shop, body)
    later = datetime.now(UTC) + timedelta(days=100)
    ensure_partitions(now=later, months_ahead=1, retain_months=1)

    (again,) = send(shop, body)

    assert Event.objects.count() == 0
    assert again == Replayed(first.event_id, first.answer)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("ensure_event_partitions", *arguments, stdout=out)
    return out.getvalue()


@on_postgresql
def test_the_command_tells_what_it_did(shop: Project):
    month = Month.of(datetime.now(UTC))
    an_event_at(shop, month.later(-3).starts_at)

    made = json.loads(run("--months-ahead", "1", "--json"))
    said = run("--months-ahead", "1", "--retain-months", "2")

    old = month.later(-3).partition
    names = [month.later(place).partition for place in (-3, 0, 1)]
    assert made == {"partitioned": True, "created": names, "moved": {old: 1}, "dropped": []}
    assert said == f"dropped {old} with 1 events; 0 effects and 0 senders' ids of them stay\n"
    assert run() != run()
    assert run() == "every month has its partition already\n"


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor == "postgresql", reason="of SQLite")
def test_on_sqlite_there_is_nothing_to_do():
    assert run("--retain-months", "1") == "SQLite keeps the event log in one table: there is nothing to do.\n"
    assert json.loads(run("--json")) == {"partitioned": False, "created": [], "moved": {}, "dropped": []}


@pytest.mark.parametrize("text", ["0", "-1", "x", "121", "1.5", "²"])
def test_a_number_of_months_that_cannot_be_meant_is_refused(text: str):
    with pytest.raises(CommandError, match="is no number of months"):
        run("--retain-months", text)


@pytest.mark.parametrize(
    ("moment", "partition"),
    [
        (datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), "events_event_2026_12"),
        (datetime(2027, 1, 1, tzinfo=UTC), "events_event_2027_01"),
        (datetime.fromisoformat("2027-01-01T00:30:00+01:00"), "events_event_2026_12"),
    ],
)
def test_months_are_those_of_utc(moment: datetime, partition: str):
    month = Month.of(moment)

    assert (month.partition, Month.named(partition)) == (partition, month)
    assert month.starts_at <= moment < month.ends_at


@pytest.mark.parametrize("name", ["events_event_default", "events_event_2026_1", "events_event_2026_11_new"])
def test_other_tables_are_no_months(name: str):
    assert Month.named(name) is None
