"""SQLite's floor of a batch: the rows that a batch leaves, by one set-based statement a table in one transaction.

By Python's own sqlite3 on the connection that the product's settings make, so that journal, synchronisation and
foreign keys are as shipped. The events come as one prepared JSON parameter; nothing is checked, nobody is answered.

Import it only after `django.setup()`.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from bench.loads import event, load_of
from bench.world import POINTS, World

PREPARED = 20
# Time-ordered as the product's keys are: the milliseconds, then random digits.
NEW_KEY = "printf('%012x', :ms) || '7' || substr(lower(hex(randomblob(10))), 1, 19)"
EARNED = (
    '{"points":10,"card":"aB3d00001","rule":"ern_0123456789ABCDEFGHIJKL","customer":"cust_0123456789ABCDEFGHIJKL",'
    '"campaign_id":"camp_0123456789ABCDEFGHIJKL","transaction":"vtx_0123456789ABCDEFGHIJKL"}'
)
DECLINED = '{"skipped":[{"kind":"earning_rule","id":"ern_0123456789ABCDEFGHIJKL","reason":"outside_window"}]}'

# What several of the statements need, in memory: numbered events with their keys and customers.
SENT = """
CREATE TEMP TABLE sent (
    n integer PRIMARY KEY, event text, sender_id text, source_id text, name text, metadata text, customer_id text,
    nth integer
)
"""
WRITES = (
    "DELETE FROM sent",
    f"""
    INSERT INTO sent (n, event, sender_id, source_id, name, metadata, nth)
    SELECT key, {NEW_KEY}, lower(hex(randomblob(16))), value ->> '$.customer.source_id', value ->> '$.customer.name',
        value -> '$.metadata', row_number() OVER (PARTITION BY value ->> '$.customer.source_id' ORDER BY key)
    FROM json_each(:events)
    """,
    f"""
    INSERT INTO customers_customer (id, project_id, source_id, name, metadata, created_at)
    SELECT {NEW_KEY}, :project, source_id, name, '{{}}', :now FROM sent WHERE nth = 1
    ON CONFLICT (project_id, source_id) WHERE source_id IS NOT NULL
    DO UPDATE SET name = excluded.name, updated_at = excluded.created_at
    """,
    """
    UPDATE sent SET customer_id = customer.id FROM customers_customer AS customer
    WHERE customer.project_id = :project AND customer.source_id = sent.source_id
    """,
    """
    INSERT INTO events_event (
        id, project_id, definition_id, version, name, customer_id, metadata, codes, channel, group_id,
        occurred_at, received_at
    )
    SELECT event, :project, :definition, 1, 'order_placed', customer_id, metadata, '{}', 'FLOOR',
        'v-019aab2c5f0070000', :now, :now
    FROM sent
    """,
    """
    INSERT INTO events_idempotencykey (event_id, project_id, key, fingerprint, answer)
    SELECT event, :project, sender_id, '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        '{"object":"event","type":"order_placed","customer":{"id":"cust_0123456789ABCDEFGHIJKL","source_id":"'
        || source_id || '","name":"' || name || '","email":null,"metadata":{},"object":"customer"},"referral":null,'
        || '"loyalty":null,"id":"event_0123456789ABCDEFGHIJKL","source_id":"' || sender_id
        || '","created_at":"2026-11-22T10:00:00.000Z","occurred_at":"2026-11-22T10:00:00.000Z"}'
    FROM sent
    """,
    """
    UPDATE loyalty_loyaltycard
    SET balance = balance + :points * own.events, lifetime = lifetime + :points * own.events
    FROM (SELECT customer_id, count(*) AS events FROM sent GROUP BY customer_id) AS own
    WHERE program_id = :program AND loyalty_loyaltycard.customer_id = own.customer_id AND closed_at IS NULL
    """,
    f"""
    INSERT INTO loyalty_ledgerentry (
        id, project_id, card_id, kind, points, source, event_id, rule_id, reason, balance_after, lifetime_after,
        created_at
    )
    SELECT {NEW_KEY}, :project, card.voucher_id, 'earn', :points, 'event:' || event || ':rule:' || :rule, event, :rule,
        '',
        card.balance, card.lifetime, :now
    FROM sent JOIN loyalty_loyaltycard AS card
    ON card.program_id = :program AND card.customer_id = sent.customer_id AND card.closed_at IS NULL
    """,
    f"""
    INSERT INTO events_effect (
        id, project_id, cause_kind, cause_id, event_id, customer_id, seq, kind, data, group_id, created_at
    )
    SELECT {NEW_KEY}, :project, 'event', event, event, customer_id, effect.column1, effect.column2, effect.column3,
        'v-019aab2c5f0070000', :now
    FROM sent, (VALUES (0, 'points.earned', '{EARNED}'), (1, 'reactions.declined', '{DECLINED}')) AS effect
    """,
)


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """A Load of batches. The arguments are the world, the size of a batch, and the seconds."""
    world, size, seconds = World(**json.loads(arguments[0])), int(arguments[1]), int(arguments[2])
    documents = [json.dumps([event(world.customers) for _ in range(size)]) for _ in range(PREPARED)]
    connection.ensure_connection()
    database: Any = connection.connection
    database.execute(SENT)
    latencies: list[float] = []
    began, used = time.perf_counter(), time.process_time_ns()
    while time.perf_counter() - began < seconds:
        started = time.perf_counter()
        write(database, world, documents[len(latencies) % len(documents)])
        latencies.append((time.perf_counter() - started) * 1000)
    cpu = (time.process_time_ns() - used) // 1000
    return asdict(load_of(latencies, time.perf_counter() - began, failed=0, cpu=cpu))


def write(database: Any, world: World, events: str) -> None:
    """One batch, in one transaction; the connection has the table SENT."""
    moment = datetime.now(UTC).replace(tzinfo=None)
    values = {
        **{name: getattr(world, name).replace("-", "") for name in ("project", "definition", "rule", "program")},
        "events": events,
        "now": str(moment),
        "ms": int(time.time() * 1000),
        "points": POINTS,
    }
    database.execute("BEGIN IMMEDIATE")
    for statement in WRITES:
        database.execute(statement, values)
    database.execute("COMMIT")
