"""What is measured: a project in which one event earns points by one rule and is declined by another.

Building it needs Django and so a process of its own for each database (bench/worldbuilding.py).
"""

from dataclasses import dataclass

from bench import inside
from bench.databases import Database

EVENT = "order_placed"
POINTS = 10


@dataclass(frozen=True, slots=True)
class World:
    """The keys that the loads and the floors need to name the project's parts."""

    customers: int
    app_id: str
    app_token: str
    project: str
    definition: str
    rule: str
    program: str


def build(database: Database, customers: int) -> World:
    """Migrates the database and makes the project with so many customers. Raises Unavailable where it is in use."""
    return World(**inside.call("bench.worldbuilding", str(customers), database_url=database.url))
