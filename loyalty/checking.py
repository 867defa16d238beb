"""Whether the books are right: every cached sum against its entries, every lot against its uses."""

from collections.abc import Iterator

from django.db.models import BigIntegerField, F, Q, Sum, Value
from django.db.models.functions import Coalesce

from loyalty.models import Allocation, EntryKind, LedgerEntry, LoyaltyCard

# What came in, and what was taken back of it.
_COUNTS_FOR_LIFETIME = Q(entries__points__gt=0) | Q(entries__kind=EntryKind.REVERSAL)


def ledger_problems() -> Iterator[str]:
    """One sentence for every card or entry that does not add up; none where the books are right.

    Streams; memory does not grow with the ledger.
    """
    yield from _wrong_sums()
    yield from _overdrawn_lots()
    yield from _unallocated_spendings()
    yield from _foreign_lots()
    yield from _misplaced_reversals()


def _wrong_sums() -> Iterator[str]:
    zero = Value(0, output_field=BigIntegerField())
    cards = LoyaltyCard.objects.annotate(
        entered=Coalesce(Sum("entries__points"), zero),
        incoming=Coalesce(Sum("entries__points", filter=_COUNTS_FOR_LIFETIME), zero),
    ).filter(~Q(balance=F("entered")) | ~Q(lifetime=F("incoming")))
    for card in cards.select_related("voucher").order_by("pk").iterator():
        yield (
            f"card {card.voucher.public_id} shows balance {card.balance} and lifetime {card.lifetime}, "
            f"its entries add up to {card.entered} and {card.incoming}"
        )


def _overdrawn_lots() -> Iterator[str]:
    lots = LedgerEntry.objects.filter(points__gt=0).annotate(used=Sum("uses__points")).filter(used__gt=F("points"))
    for lot in lots.order_by("pk").iterator():
        yield f"lot {lot.public_id} holds {lot.points} points, {lot.used} were taken from it"


def _unallocated_spendings() -> Iterator[str]:
    taken = Coalesce(Sum("allocations__points"), Value(0), output_field=BigIntegerField())
    spendings = LedgerEntry.objects.filter(points__lt=0).annotate(taken=taken).exclude(taken=-F("points"))
    for entry in spendings.order_by("pk").iterator():
        yield f"entry {entry.public_id} takes {-entry.points} points, {entry.taken} are allocated to lots"


def _foreign_lots() -> Iterator[str]:
    foreign = Allocation.objects.exclude(spending__card=F("lot__card")).select_related("spending", "lot")
    for allocation in foreign.order_by("pk").iterator():
        yield f"entry {allocation.spending.public_id} takes from lot {allocation.lot.public_id} of another card"


def _misplaced_reversals() -> Iterator[str]:
    """A reversal takes from the lot that it reverses, and from no other."""
    misplaced = (
        Allocation.objects.filter(spending__kind=EntryKind.REVERSAL)
        .exclude(spending__reverses=F("lot"))
        .select_related("spending", "lot")
    )
    for allocation in misplaced.order_by("pk").iterator():
        yield f"entry {allocation.spending.public_id} takes from lot {allocation.lot.public_id} and reverses another"
