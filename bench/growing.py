"""Filling a new world's database with events of the past year, their keys, entries and effects, by SQL alone.

The rows are those that the floor writes. Event number i comes from customer 1 + i * STRIDE mod customers, so that all
have as many and no two neighbours are of one; so what the i-th event left on its card is known without a sum.
Keys are time-ordered, as the product's are, and spread over DAYS. Everything follows from i, so each table is filled
by a statement of its own.

For a private cluster only: foreign keys are not checked while it fills, and indexes are built afterwards.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import psycopg
from psycopg import sql

from bench.databases import Database
from bench.saying import say
from bench.world import POINTS, World

DAYS = 350
MILLISECONDS_A_DAY = 86_400_000
# Prime, and no divisor of a number of customers that anybody asks for.
STRIDE = 7_919
# With these the filling leaves no trace in the write-ahead log. A cluster is to be measured with its defaults again.
SETTINGS = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "fsync": "off",
    "max_wal_size": "8GB",
    "maintenance_work_mem": "512MB",
    # Members fit into memory, so that a join keeps the order of the events.
    "work_mem": "64MB",
    "autovacuum": "off",
}

KEYS = """
CREATE FUNCTION pg_temp.key_of(milliseconds bigint, i bigint, kind text) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT (lpad(to_hex(milliseconds), 12, '0') || '7' || substr(md5(kind || i), 1, 3) || '8' || substr(md5(kind || i), 4, 15))::uuid
$$
"""  # noqa: E501
MEMBERS = """
CREATE TEMP TABLE members AS
SELECT substring(customer.source_id FROM 10)::int AS number, customer.id AS customer_id, card.voucher_id AS card_id
FROM customers_customer AS customer
JOIN loyalty_loyaltycard AS card ON card.customer_id = customer.id AND card.program_id = %(program)s;
"""
# What each of the statements below selects from: event number, key, time, who, and the how-manieth of the customer.
EVENTS = """
(
    SELECT
        i, ms, pg_temp.key_of(ms, i, 'event') AS event, to_timestamp(ms / 1000.0) AS moment,
        1 + (i * %(stride)s) %% %(customers)s AS number, 1 + i / %(customers)s AS nth
    FROM (
        SELECT i, %(first)s + i * %(span)s / %(events)s AS ms FROM generate_series(0, %(events)s::bigint - 1) AS i
    ) AS dated
) AS sent JOIN members USING (number)
"""
TABLES = {
    "events_event": """
        (id, project_id, definition_id, version, name, customer_id, metadata, codes, channel, group_id,
            occurred_at, received_at)
        SELECT event, %(project)s, %(definition)s, 1, 'order_placed', customer_id,
            jsonb_build_object(
                'order_id', 'order-' || i, 'amount', 12.5, 'items', 3, 'currency', 'EUR', 'channel', 'web',
                'first_order', true, 'placed_at', '2026-11-22T10:00:00.000Z', 'note', 'please leave it at the door'
            ), '{}', 'PAST', 'v-019aab2c5f0070000', moment, moment
    """,
    "events_idempotencykey": """
        (event_id, project_id, key, fingerprint, answer)
        SELECT event, %(project)s, md5('sender' || i), md5('first' || i) || md5('second' || i),
            '{"object":"event","type":"order_placed","customer":{"id":"cust_0123456789ABCDEFGHIJKL","source_id":"customer-'
            || number || '","name":"Customer ' || number || '","email":null,"metadata":{},"object":"customer"},'
            '"referral":null,"loyalty":null,"id":"event_0123456789ABCDEFGHIJKL","source_id":"' || md5('sender' || i)
            || '","created_at":"2026-11-22T10:00:00.000Z","occurred_at":"2026-11-22T10:00:00.000Z"}'
    """,
    "loyalty_ledgerentry": """
        (id, project_id, card_id, kind, points, source, event_id, rule_id, reason,
            balance_after, lifetime_after, created_at)
        SELECT pg_temp.key_of(ms, i, 'entry'), %(project)s, card_id, 'earn', %(points)s,
            'event:' || event || ':rule:' || %(rule)s::text, event, %(rule)s, '',
            %(points)s * nth, %(points)s * nth, moment
    """,
    "events_effect": """
        (id, project_id, cause_kind, cause_id, event_id, customer_id, seq, kind, data, group_id, created_at)
        SELECT pg_temp.key_of(ms, i, effect.kind), %(project)s, 'event', event, event, customer_id,
            effect.seq, effect.kind, effect.data, 'v-019aab2c5f0070000', moment
    """,
}
EFFECTS = """
CROSS JOIN (VALUES
    (0, 'points.earned', '{"points": 10, "card": "aB3d00001", "rule": "ern_0123456789ABCDEFGHIJKL", "customer": "cust_0123456789ABCDEFGHIJKL", "campaign_id": "camp_0123456789ABCDEFGHIJKL", "transaction": "vtx_0123456789ABCDEFGHIJKL"}'::jsonb),
    (1, 'reactions.declined', '{"skipped": [{"kind": "earning_rule", "id": "ern_0123456789ABCDEFGHIJKL", "reason": "outside_window"}]}'::jsonb)
) AS effect (seq, kind, data)
"""  # noqa: E501
CARDS = """
UPDATE loyalty_loyaltycard AS card SET balance = posted.points, lifetime = posted.points
FROM (SELECT card_id, sum(points) AS points FROM loyalty_ledgerentry GROUP BY card_id) AS posted
WHERE card.voucher_id = posted.card_id
"""
SECONDARY_INDEXES = """
SELECT coalesce(constraints.conname, class.relname), pg_get_constraintdef(constraints.oid), pg_get_indexdef(class.oid)
FROM pg_index AS of_index
JOIN pg_class AS class ON class.oid = of_index.indexrelid
LEFT JOIN pg_constraint AS constraints ON constraints.conindid = class.oid AND constraints.contype = 'u'
WHERE of_index.indrelid = %s::regclass AND NOT of_index.indisprimary
"""


def grow(database: Database, world: World, events: int) -> None:
    """Fills the database, which runs with SETTINGS and holds no event yet, with so many events."""
    now, span = int(time.time() * 1000), DAYS * MILLISECONDS_A_DAY
    more = {"first": now - span, "span": span, "events": events, "stride": STRIDE, "points": POINTS}
    values = asdict(world) | more
    with ThreadPoolExecutor(2) as workers:
        try:
            for table in workers.map(lambda table: _fill(database, table, values), TABLES):
                say(f"  {table} is filled")
        except BaseException:
            # Nobody waits minutes for what was interrupted.
            workers.shutdown(wait=False, cancel_futures=True)
            _end_sessions(database)
            raise
    with psycopg.connect(database.url) as connection:
        connection.execute(CARDS)


def _end_sessions(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )


def _fill(database: Database, table: str, values: dict[str, Any]) -> str:
    """In one transaction that begins with TRUNCATE: what goes into a table that is new to it is not logged."""
    with psycopg.connect(database.url) as connection, psycopg.ClientCursor(connection) as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(KEYS)
        cursor.execute(MEMBERS, values)
        cursor.execute("ANALYZE members")
        indexes = cursor.execute(SECONDARY_INDEXES, [table]).fetchall()
        named = sql.Identifier(table)
        cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(named))
        for name, constraint, _ in indexes:
            cursor.execute(_drop(named, name, is_constraint=constraint is not None))
        crossed = EFFECTS if table == "events_effect" else ""
        cursor.execute(f"INSERT INTO {table} {TABLES[table]} FROM {EVENTS} {crossed}", values)
        for name, constraint, index in indexes:
            cursor.execute(_make(named, name, constraint, index))
    return table


def _drop(table: sql.Identifier, name: str, *, is_constraint: bool) -> sql.Composed:
    if is_constraint:
        return sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(table, sql.Identifier(name))
    return sql.SQL("DROP INDEX {}").format(sql.Identifier(name))


def _make(table: sql.Identifier, name: str, constraint: str | None, index: str) -> sql.Composed:
    if constraint is not None:
        definition = sql.SQL(constraint)  # type: ignore[arg-type]  # PostgreSQL's own words
        return sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(table, sql.Identifier(name), definition)
    # Of a partitioned table's index PostgreSQL says ON ONLY, which would leave the partitions out.
    return sql.Composed([sql.SQL(index.replace(" ON ONLY ", " ON "))])  # type: ignore[arg-type]
