"""Segments over a million customers: what one event's work reads, what counting everybody takes, what a fill holds.

Import it only after `django.setup()`; `python -m bench.inside bench.segments ROUNDS CUSTOMERS EVENTS`, on an empty
PostgreSQL database, which it fills.
"""

import re
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from customers.models import Customer
from events.acceptance import accept_events
from events.models import Event
from events.payloads import parse_event
from eventschema.models import EventDefinition
from eventschema.publishing import DefinitionChange, create_definition
from outbox.actions import RunAction
from projects.audit import Actor
from projects.creation import create_project
from projects.models import Project
from rules.clock import Clock
from segments.creation import SegmentFields, create_segment
from segments.filters import compile_filter
from segments.models import Membership, Segment

BENCH = Actor("command", "bench")
DAYS = 60
LEAST = 2
FILTER = {"events.paid.count": {"conditions": {"$more_than_equal": [LEAST]}, "within_days": 30}}
CUSTOMERS = """
INSERT INTO customers_customer (id, project_id, source_id, metadata, created_at)
SELECT (lpad(to_hex(1700000000000 + i), 12, '0') || '7000' || '8' || substr(md5(i::text), 1, 15))::uuid,
    %(project)s, 'customer-' || i, '{}', now() - interval '1 year'
FROM generate_series(%(first)s, %(last)s) AS i
"""
# Whose event it is, is as good as random: some have none, a quarter has two or more within 30 days.
EVENTS = """
INSERT INTO events_event (id, project_id, definition_id, version, name, customer_id, metadata, codes, channel,
    group_id, occurred_at, received_at)
SELECT (lpad(to_hex(ms), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8' || substr(md5(i::text), 4, 15))::uuid,
    %(project)s, %(definition)s, 1, 'paid', customer.id, '{"amount": 12.5}', '{}', 'API', 'v-0',
    to_timestamp(ms / 1000.0), to_timestamp(ms / 1000.0)
FROM (
    SELECT i, %(start)s + i * %(span)s / %(events)s AS ms FROM generate_series(0, %(events)s::bigint - 1) AS i
) AS sent
JOIN customers_customer AS customer ON customer.project_id = %(project)s
    AND customer.source_id = 'customer-' || 1 + (hashint8(i) & 2147483647) %% %(customers)s
"""
BARE = """
SELECT count(*) FROM (
    SELECT customer_id FROM events_event
    WHERE project_id = %s AND definition_id = %s AND occurred_at >= %s GROUP BY customer_id HAVING count(*) >= %s
) AS enough
"""


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """{"statements": [new, grown], "buffers": [new, grown], "counting": [ratio a round], "bare_ms", "ours_ms",
    "fill_growth_mib", "fill_seconds", "fill_members", "wrong": [sentences]}.
    """
    rounds, customers, events = (int(argument) for argument in arguments)
    call_command("migrate", verbosity=0)
    project = create_project("Bench", by=BENCH)
    definition = create_definition(project, "paid", DefinitionChange([]), by=BENCH, now=datetime.now(UTC))
    found: dict[str, Any] = {"wrong": []}
    _write(CUSTOMERS, project=project.pk, first=1, last=customers)
    segment = _a_segment(project)
    new = _work_of_one_event(project, customers)
    _grow(project, definition, customers, events)
    grown = _work_of_one_event(project, customers)
    found["statements"], found["buffers"] = zip(new, grown, strict=True)
    found |= _counting(project, definition, rounds, found["wrong"])
    return found | _filling(segment, found["wrong"])


def _a_segment(project: Project) -> Segment:
    fields = SegmentFields("Payers", "auto-update", filter=FILTER)
    return create_segment(project, fields, by=BENCH, request_id="v-0", now=datetime.now(UTC))


def _grow(project: Project, definition: EventDefinition, customers: int, events: int) -> None:
    day = 86_400_000
    start = int(time.time() * 1000) - DAYS * day
    more = {"customers": customers, "events": events, "start": start, "span": DAYS * day}
    _write(EVENTS, project=project.pk, definition=definition.pk, **more)


def _write(sql: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM (ANALYZE)")


# --- one event -----------------------------------------------------------------------------------------


def _work_of_one_event(project: Project, customers: int) -> tuple[int, int]:
    """Statements on the tables of segments, or about what segments ask, and the buffers that they touch."""
    project.refresh_from_db()
    chosen = range(1, customers, max(customers // 20, 1))
    bodies = [{"event": "paid", "customer": {"source_id": f"customer-{number}"}} for number in chosen]
    with transaction.atomic():
        _accept(project, bodies[0])
        statements, buffers = zip(*[_explained(project, body) for body in bodies[1:]], strict=True)
        transaction.set_rollback(True)
    return max(statements), sorted(buffers)[len(buffers) // 2]


def _accept(project: Project, body: dict[str, Any]) -> None:
    accept_events(project=project, payloads=[parse_event(body)], now=datetime.now(UTC))


def _explained(project: Project, body: dict[str, Any]) -> tuple[int, int]:
    seen: list[int] = []
    with _explaining(seen):
        _accept(project, body)
    return len(seen), sum(seen)


@contextmanager
def _explaining(seen: list[int]) -> Iterator[None]:
    """Adds the buffers of every statement that reads for segments; those that write are alike whatever is stored."""

    def explain(run: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and ("ARRAY(" in sql or "segments_membership" in sql):
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", parameters)
                # The first line of buffers is the whole statement's.
                plan = [line for (line,) in cursor.fetchall()]
                line = next(line for line in plan if "Buffers:" in line)
                seen.append(sum(int(count) for count in re.findall(r"(?:hit|read)=(\d+)", line)))
        return run(sql, parameters, many, context)

    with connection.execute_wrapper(explain):
        yield


# --- everybody -----------------------------------------------------------------------------------------


def _counting(project: Project, definition: EventDefinition, rounds: int, wrong: list[str]) -> dict[str, Any]:
    """Counting whom the filter fits, and the same count on the index alone, by turns."""
    clock = Clock(datetime.now(UTC), project.zone)
    found = compile_filter(project, FILTER)
    since = clock.midnight(clock.today - timedelta(days=29))

    def bare() -> int:
        with connection.cursor() as cursor:
            cursor.execute(BARE, [project.pk, definition.pk, since, LEAST])
            return int(cursor.fetchone()[0])

    counts, times = zip(
        *[_timed(work) for _ in range(rounds + 1) for work in (bare, lambda: found.count(clock))], strict=True
    )
    if len(set(counts)) != 1:
        wrong.append(f"counts differ: {sorted(set(counts))}")
    bares, ours = times[2::2], times[3::2]
    return {
        "counting": [own / least for own, least in zip(ours, bares, strict=True)],
        "bare_ms": [least * 1000 for least in bares],
        "ours_ms": [own * 1000 for own in ours],
    }


def _timed(work: Callable[[], int]) -> tuple[int, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


# --- filling -------------------------------------------------------------------------------------------


def _filling(segment: Segment, wrong: list[str]) -> dict[str, Any]:
    """A fill from its first customer to its last, and by how much the process grew in its second half."""
    segment.refresh_from_db()
    readings: list[float] = []

    def read(run: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "segments_segment"'):
            readings.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return run(sql, parameters, many, context)

    began = time.perf_counter()
    with connection.execute_wrapper(read):
        RunAction().handle({"action": str(segment.action_id)})
    seconds = time.perf_counter() - began
    segment.refresh_from_db()
    members = Membership.objects.filter(segment=segment, entered_at__isnull=False).count()
    fitting = compile_filter(segment.project, FILTER).customers(Clock(datetime.now(UTC), segment.project.zone)).count()
    if members != fitting or segment.initial_sync_status != "DONE":
        wrong.append(f"the fill found {members} members of {fitting}")
    middle = readings[len(readings) // 2] if readings else 0.0
    return {
        "fill_growth_mib": readings[-1] - middle if readings else 0.0,
        "fill_seconds": seconds,
        "fill_members": members,
        "stored": Event.objects.count(),
        "people": Customer.objects.count(),
    }
