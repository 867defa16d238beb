"""Codes that the worker makes, against COPY of the very rows."""

from contextlib import closing

from bench import inside, world
from bench.cases import Chapter, Finding
from bench.cluster import private_cluster
from bench.databases import Books
from bench.options import Options
from bench.targets import CODES

ABOUT = """Codes a second by the function that the worker runs, their random draws, chunks and commits included, over
those by one COPY of the same rows into the same table with the same indexes."""


def measured(options: Options) -> Chapter:
    with private_cluster() as database:
        world.build(database, 1)
        with closing(Books(database)) as books:
            books.tidy()
        rounds = inside.call("bench.codes", str(options.codes), str(options.rounds), database_url=database.url)
    ratios = tuple(copied / made for made, copied in rounds)
    notes = [f"{options.codes} codes: made in {made:.2f} s, copied in {copied:.2f} s" for made, copied in rounds]
    return Chapter("codes", ABOUT, [], [Finding(CODES.title, ratios, CODES)], [], notes)
