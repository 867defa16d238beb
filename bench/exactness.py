"""What must hold after the load, whatever its speed: nothing lost, nothing twice, every sum right."""

from collections.abc import Iterable, Iterator
from typing import Any

from bench.cases import Sample
from bench.databases import Books
from bench.world import POINTS

WRONG_CARDS = """
SELECT count(*) FROM loyalty_loyaltycard AS card
LEFT JOIN (SELECT card_id, sum(points) AS points FROM loyalty_ledgerentry GROUP BY card_id) AS posted
ON posted.card_id = card.voucher_id
WHERE coalesce(posted.points, 0) <> card.balance OR card.balance <> card.lifetime
"""


def problems(samples: Iterable[Sample], books: Books) -> list[str]:
    """One sentence for everything that is wrong; none after a sound run."""
    return [*of_samples(samples), *_of_database(books)]


def of_samples(samples: Iterable[Sample]) -> Iterator[str]:
    for sample in samples:
        name = f"{sample.case} at {sample.connections} connections"
        if sample.failed:
            yield f"{name}: {sample.failed} answers were no 2xx, did not accept every event, or never came"
        if not sample.answered:
            yield f"{name}: nothing was answered"
        # When time is up each connection may have one request under way that is stored and not answered any more.
        under_way = sample.connections * sample.size
        if sample.stored is not None and not 0 <= sample.stored - sample.answered <= under_way:
            yield f"{name}: {sample.answered} events were answered and {sample.stored} stored"


def _of_database(books: Books) -> Iterator[str]:
    """The floors' events and the endpoints' are alike, so these hold for all of them together."""

    def one(sql: str) -> Any:
        return books.row(sql)[0]

    events = one("SELECT count(*) FROM events_event")
    for table, each in (("loyalty_ledgerentry", 1), ("events_idempotencykey", 1), ("events_effect", 2)):
        rows = one(f"SELECT count(*) FROM {table}")
        if rows != each * events:
            yield f"{events} events made {rows} rows of {table} instead of {each} each"
    balance = one("SELECT sum(balance) FROM loyalty_loyaltycard")
    points = one("SELECT coalesce(sum(points), 0) FROM loyalty_ledgerentry")
    if not balance == points == events * POINTS:
        yield f"{events} events of {POINTS} points made entries of {points} and balances of {balance}"
    if wrong := one(WRONG_CARDS):
        yield f"{wrong} cards do not hold the sum of their entries"
    if lost := one("SELECT count(*) FROM events_rejectedevent"):
        yield f"{lost} events were rejected or met a reaction that failed"
