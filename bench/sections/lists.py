"""What look-ups and late pages cost with a million customers and codes, against a thousand and the first page."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict

import psycopg

from bench import growing, inside, world
from bench.cases import Chapter, Finding
from bench.cluster import private_cluster
from bench.databases import Books, Database
from bench.options import Options
from bench.saying import say
from bench.targets import LIST_LOOK_UP, LIST_PAGE
from bench.world import World

SMALL = 1_000
LAST_PAGE = 99
FEW, MANY = "customer-", "grown"
ABOUT = """Two databases in clusters of their own: one with 1,000 customers and codes, one with {rows} more. Each call
goes through the whole application in one process; judged is the median time of a call, the database's share in it."""
KEY = "pg_temp.key_of((extract(epoch FROM now()) * 1000)::bigint - %(rows)s + i, i, '{kind}')"
MOMENT = "now() - (%(rows)s - i) * interval '1 second'"
# Each row is a copy of one that the product has made, so that no column is forgotten.
COPIES = """
INSERT INTO {table} SELECT grown.*
FROM (SELECT one FROM {table} AS one LIMIT 1) AS made (model),
    generate_series(1, %(rows)s) AS i,
    LATERAL jsonb_populate_record(model, jsonb_build_object({columns})) AS grown
"""
CUSTOMERS = COPIES.format(
    table="customers_customer",
    columns=f"'id', {KEY.format(kind='customer')}, 'source_id', 'grown' || i, 'name', 'Grown ' || i,"
    f"'email', i || '@grown.example', 'created_at', {MOMENT}",
)
CODES = COPIES.format(
    table="campaigns_voucher",
    columns=f"'id', {KEY.format(kind='voucher')}, 'code', 'grown' || i, 'code_key', 'grown' || i,"
    f"'holder_id', {KEY.format(kind='customer')}, 'created_at', {MOMENT}",
)
LOOK_UPS = ("customer by id", "customer by source id", "customer by name", "code by code", "code by id")
LISTS = ("customers", "vouchers")


def measured(options: Options) -> Chapter:
    rows = options.listed
    with _database(0) as (few, small), _database(rows) as (many, large):
        rounds = []
        for number in range(1, options.rounds + 1):
            say(f"  round {number} of {options.rounds}")
            rounds.append((_times(few, small, FEW, SMALL), _times(many, large, MANY, rows)))
    look_ups = {name: tuple(large[name] / small[name] for small, large in rounds) for name in LOOK_UPS}
    pages = {
        kind: tuple(large[f"{kind}, page {LAST_PAGE}"] / large[f"{kind}, page 1"] for _, large in rounds)
        for kind in LISTS
        if f"{kind}, page 1" in rounds[0][1]
    }
    findings = [
        Finding(
            LIST_LOOK_UP.title, tuple(max(values) for values in zip(*look_ups.values(), strict=True)), LIST_LOOK_UP
        ),
        Finding(LIST_PAGE.title, tuple(max(values) for values in zip(*pages.values(), strict=True)), LIST_PAGE),
        *(Finding(f"{name}, many rows / few", values) for name, values in look_ups.items()),
        *(Finding(f"{name}, page {LAST_PAGE} / page 1", values) for name, values in pages.items()),
        *(Finding(f"{name}, ms", tuple(large[name] for _, large in rounds)) for name in rounds[0][1]),
    ]
    return Chapter("look-ups and lists", ABOUT.format(rows=f"{rows:,}"), [], findings, [])


@contextmanager
def _database(rows: int) -> Iterator[tuple[Database, World]]:
    with private_cluster() as database:
        made = world.build(database, SMALL)
        if rows:
            say(f"Making {rows:,} customers and as many codes ...")
            with psycopg.connect(database.url) as connection:
                # In a cluster of its own nobody else looks at a foreign key, and a million checks take minutes.
                connection.execute("SET session_replication_role = replica")
                connection.execute(growing.KEYS)
                connection.execute(CUSTOMERS, {"rows": rows})
                connection.execute(CODES, {"rows": rows})
        with closing(Books(database)) as books:
            books.tidy()
        yield database, made


def _times(database: Database, made: World, prefix: str, count: int) -> dict[str, float]:
    found: dict[str, float] = inside.call(
        "bench.lists", json.dumps(asdict(made)), prefix, str(count), database_url=database.url
    )
    return found
