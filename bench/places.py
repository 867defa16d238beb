"""Where a section works: a database with the world in it, and Boon serving it as in production."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import server, world
from bench.cluster import private_cluster
from bench.databases import Books, Database
from bench.saying import say
from bench.server import Server
from bench.world import World


@dataclass(frozen=True, slots=True)
class Place:
    books: Books
    world: World
    boon: Server


@contextmanager
def on_postgresql(url: str | None, customers: int) -> Iterator[Place]:
    """In a cluster of the bench's own, or in the empty database of that URL. Raises Unavailable."""
    if url is not None:
        with _place(Database(url), customers) as place:
            yield place
        return
    with private_cluster() as database, _place(database, customers) as place:
        yield place


@contextmanager
def on_sqlite(customers: int) -> Iterator[Place]:
    """In a file of the bench's own, on the disk of temporary files."""
    with (
        tempfile.TemporaryDirectory(prefix="boon-bench-") as directory,
        _place(Database(f"sqlite:///{Path(directory) / 'boon.sqlite3'}"), customers) as place,
    ):
        yield place


@contextmanager
def _place(database: Database, customers: int) -> Iterator[Place]:
    say(f"Making {customers} customers with their cards ...")
    made = world.build(database, customers)
    with closing(Books(database)) as books:
        books.tidy()
        with server.serving(server.environment(database.url)) as boon:
            yield Place(books, made, boon)
