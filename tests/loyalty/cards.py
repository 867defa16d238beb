"""Cards with points on them, by the functions that the product uses."""

from uuid import UUID

from loyalty.ledger import Posting, post_entries
from loyalty.models import EntryKind, LedgerEntry, LoyaltyCard
from projects.models import Project
from tests.world import NOW, a_loyalty_programme, a_published_code


def a_card(project: Project, code: str = "CARD-1", *, of: str = "ben", club: str = "Club") -> LoyaltyCard:
    """An empty card of that customer, in a programme of its own."""
    voucher = a_published_code(a_loyalty_programme(project, club), code, to=of)
    return LoyaltyCard.objects.get(voucher=voucher)


def card(code: str = "CARD-1") -> LoyaltyCard:
    return LoyaltyCard.objects.get(voucher__code=code)


def post(card: LoyaltyCard, *moves: int, source: str = "") -> list[LedgerEntry | None]:
    """Adds what is positive and removes what is negative, each for a source of its own, in one call."""
    first = LedgerEntry.objects.filter(card=card).count()
    postings = [
        Posting(
            card, EntryKind.ADDITION if points > 0 else EntryKind.REMOVAL, points, source or f"test:{first + number}"
        )
        for number, points in enumerate(moves)
    ]
    return post_entries(card.project, postings, now=NOW)


def lots_left(card: LoyaltyCard) -> list[int]:
    """What is left of every positive entry, in the order in which they were posted."""
    lots = LedgerEntry.objects.filter(card=card, points__gt=0).order_by("id").prefetch_related("uses")
    return [lot.points - sum(use.points for use in lot.uses.all()) for lot in lots]


def uses(card: LoyaltyCard) -> list[tuple[int, int]]:
    """(position of the lot, points) of every allocation, in order."""
    keys: list[UUID] = list(
        LedgerEntry.objects.filter(card=card, points__gt=0).order_by("id").values_list("pk", flat=True)
    )
    spendings = LedgerEntry.objects.filter(card=card, points__lt=0).order_by("id").prefetch_related("allocations")
    return [(keys.index(use.lot_id), use.points) for entry in spendings for use in entry.allocations.all()]
