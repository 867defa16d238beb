"""Posting points. Everything that moves points comes through `post_entries`.

The cards' customers are locked by the caller, so that what is read here still holds when it is written. The database
keeps the promises besides: a card pays a source once, no balance falls below zero.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import BigIntegerField, F, Sum, Value
from django.db.models.functions import Coalesce

from common.ids import uuid7
from common.rows import new_row
from common.statements import Insert, Update
from loyalty.models import Allocation, EntryKind, LedgerEntry, LoyaltyCard
from projects.models import Project

# No entry and no balance beyond this: far above any programme, far below what 64 bits hold.
MOST_POINTS = 10**15


insert_entries = Insert(LedgerEntry)
_add_to_cards = Update(
    LoyaltyCard,
    {
        "balance": "loyalty_loyaltycard.balance + new.balance",
        "lifetime": "loyalty_loyaltycard.lifetime + new.lifetime",
    },
)


@dataclass(slots=True)
class _Sum:
    """What is to be added to a card."""

    voucher_id: UUID
    balance: int = 0
    lifetime: int = 0


class InsufficientPoints(Exception):
    """A card does not hold what is to be taken from it."""


class PointsOutOfRange(Exception):
    """An entry or a balance would exceed MOST_POINTS."""


@dataclass(frozen=True, slots=True)
class Posting:
    """Points to be posted on a card for one cause; `source` names the cause and is paid once a card."""

    card: LoyaltyCard
    kind: EntryKind
    points: int
    source: str
    event_id: UUID | None = None
    rule_id: UUID | None = None
    reason: str = ""
    source_id: str | None = None
    # For a reversal: the lot whose points it takes back, and from which alone it takes them.
    reverses_id: UUID | None = None
    # The cause is new in this transaction: nothing can have been paid for it.
    is_first: bool = False


def post_entries(project: Project, postings: Sequence[Posting], *, now: datetime) -> list[LedgerEntry | None]:
    """An entry for each posting, in order; None where the card had paid that source before.

    Three statements, one less where every cause is new, and two more where points are taken; the cards in memory get
    their new balances. Raises InsufficientPoints and PointsOutOfRange before anything is written.
    """
    if not postings:
        return []
    paid = _paid_sources(postings)
    entries: list[LedgerEntry | None] = []
    for posting in postings:
        if (posting.card.voucher_id, posting.source) in paid:
            entries.append(None)
            continue
        paid.add((posting.card.voucher_id, posting.source))
        entries.append(_entry(project, posting, now))
    fresh = [entry for entry in entries if entry is not None]
    if fresh:
        insert_entries(fresh)
        _allocate([entry for entry in fresh if entry.points < 0])
        _update_cards(fresh)
    return entries


def fits(card: LoyaltyCard, points: int) -> bool:
    """Whether so many more points stay in range."""
    return abs(points) <= MOST_POINTS and card.lifetime + points <= MOST_POINTS


def in_range(postings: Iterable[Posting]) -> list[bool]:
    """Whether each posting stays in range, those before it on the same card counted."""
    promised: defaultdict[UUID, int] = defaultdict(int)
    answers: list[bool] = []
    for posting in postings:
        total = promised[posting.card.voucher_id] + posting.points
        answers.append(fits(posting.card, total))
        if answers[-1]:
            promised[posting.card.voucher_id] = total
    return answers


def _entry(project: Project, posting: Posting, now: datetime) -> LedgerEntry:
    card = posting.card
    if not fits(card, posting.points):
        raise PointsOutOfRange(f"{posting.points} points are out of range")
    if card.balance + posting.points < 0:
        raise InsufficientPoints(f"The card holds {card.balance} points")
    card.balance += posting.points
    card.lifetime += _lifetime(posting)
    values = {
        "id": uuid7(),
        "project_id": project.id,
        "card_id": card.voucher_id,
        "kind": posting.kind,
        "points": posting.points,
        "source": posting.source,
        "event_id": posting.event_id,
        "rule_id": posting.rule_id,
        "reverses_id": posting.reverses_id,
        "reason": posting.reason,
        "source_id": posting.source_id,
        "balance_after": card.balance,
        "lifetime_after": card.lifetime,
        "expires_at": None,
        "created_at": now,
    }
    return new_row(LedgerEntry, values, {"project": project, "card": card})


def _lifetime(moved: Posting | LedgerEntry) -> int:
    """What it adds to the card's lifetime points: points that come in, and the loss of those that are taken back."""
    return moved.points if moved.points > 0 or moved.kind == EntryKind.REVERSAL else 0


def _paid_sources(postings: Sequence[Posting]) -> set[tuple[UUID, str]]:
    postings = [posting for posting in postings if not posting.is_first]
    if not postings:
        return set()
    known = LedgerEntry.objects.filter(
        card__in={posting.card.voucher_id for posting in postings}, source__in={posting.source for posting in postings}
    )
    return set(known.values_list("card_id", "source"))


def _update_cards(entries: Iterable[LedgerEntry]) -> None:
    """Adds the entries to the cached sums of their cards by one UPDATE."""
    sums: dict[UUID, _Sum] = {}
    for entry in entries:
        own = sums.setdefault(entry.card_id, _Sum(entry.card_id))
        own.balance += entry.points
        own.lifetime += _lifetime(entry)
    _add_to_cards(list(sums.values()))


def _allocate(spendings: Sequence[LedgerEntry]) -> None:
    """Takes the points of negative entries from their cards' lots: what expires soonest first, then the oldest.

    A reversal takes from the lot that it reverses.
    """
    if not spendings:
        return
    Allocation.objects.bulk_create(
        Allocation(spending=entry, lot_id=entry.reverses_id, points=-entry.points)
        for entry in spendings
        if entry.reverses_id is not None
    )
    _allocate_in_order([entry for entry in spendings if entry.reverses_id is None])


def _allocate_in_order(spendings: Sequence[LedgerEntry]) -> None:
    if not spendings:
        return
    open_lots = _open_lots({entry.card_id for entry in spendings})
    allocations: list[Allocation] = []
    for spending in spendings:
        wanted = -spending.points
        lots = open_lots[spending.card_id]
        while wanted:
            lot_id, left = lots.pop(0)
            used = min(left, wanted)
            allocations.append(Allocation(spending=spending, lot_id=lot_id, points=used))
            wanted -= used
            if left > used:
                lots.insert(0, (lot_id, left - used))
    Allocation.objects.bulk_create(allocations)


def _open_lots(card_ids: set[UUID]) -> dict[UUID, list[tuple[UUID, int]]]:
    """(lot, points left) of every lot that is not used up, by card, in the order in which they are spent."""
    lots = (
        LedgerEntry.objects.filter(card__in=card_ids, points__gt=0)
        .annotate(left=F("points") - Coalesce(Sum("uses__points"), Value(0), output_field=BigIntegerField()))
        .filter(left__gt=0)
        .order_by(F("expires_at").asc(nulls_last=True), "id")
    )
    by_card: dict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    for card_id, lot_id, left in lots.values_list("card_id", "id", "left"):
        by_card[card_id].append((lot_id, left))
    return by_card
