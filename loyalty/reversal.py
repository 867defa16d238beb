"""Taking points back for an event that is voided (docs/algorithms/voiding.md). Customers are locked by the caller."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Exists, F, OuterRef, Sum, Value, Window
from django.db.models.functions import Coalesce, RowNumber

from campaigns.kinds import Report, TakenBack
from campaigns.models import Publication, VoucherType
from campaigns.publishing import unpublish
from common.ids import parse_public_id, public_id
from common.jsons import JsonObject
from loyalty.cards import close_cards
from loyalty.ledger import Posting, post_entries
from loyalty.models import Allocation, EntryKind, LedgerEntry, LoyaltyCard
from loyalty.reports import reversed_report
from projects.models import Project

# Of what was decided later at most so many rows (of a card, of spendings) are read and listed, the oldest first.
MOST_LATER = 1_000


def reverse_points(project: Project, told: Sequence[Report], kind: EntryKind, *, now: datetime) -> TakenBack:
    """Takes back what is left of the entries of that kind among `told`. At most five statements; none without any."""
    keys = _named(told, "points.earned", "transaction", "vtx")
    if not keys:
        return TakenBack()
    return _take_back(project, list(_lots(project, keys).filter(kind=kind)), now)


def close_unused(project: Project, told: Sequence[Report], *, now: datetime) -> TakenBack:
    """Closes the cards that an event opened, unless something else happened on them; they keep their points then.

    A card on which the event's own points still are is left to whoever takes those back. At most eleven statements;
    none where the event opened no card.
    """
    keys = _named(told, "code.published", "publication_id", "pub")
    if not keys:
        return TakenBack()
    published = Publication.objects.filter(
        project=project, pk__in=keys, revoked_at=None, voucher__type=VoucherType.LOYALTY_CARD
    )
    publications = list(published.select_related("voucher__campaign", "customer").order_by("pk"))
    own = _named(told, "points.earned", "transaction", "vtx")
    standing = _standing(publications, most=len(own) + MOST_LATER)
    later = [entry for entry in standing if entry.pk not in own]
    initial = {f"publication:{publication.pk}" for publication in publications}
    busy = {entry.card_id for entry in standing if entry.pk not in own or entry.source not in initial}
    unused = [publication for publication in publications if publication.voucher_id not in busy]
    given = [entry for entry in standing if entry.card_id not in busy]
    return TakenBack(later=[_moved("card.used", entry, entry.points) for entry in later]) + _close(
        project, unused, given, now
    )


def _close(
    project: Project, publications: Sequence[Publication], given: Iterable[LedgerEntry], now: datetime
) -> TakenBack:
    """Closes cards, their initial points taken back."""
    if not publications:
        return TakenBack()
    initial = {entry.pk for entry in given}
    taken = _take_back(project, list(_lots(project, initial)), now) if initial else TakenBack()
    close_cards([publication.voucher_id for publication in publications], now=now)
    return taken + TakenBack(unpublish(publications, now=now))


def _take_back(project: Project, lots: Sequence[Any], now: datetime) -> TakenBack:
    """A reversal of what is left of each lot, and what was spent of them."""
    spent = [lot for lot in lots if lot.left < lot.points]
    later = _spendings(spent)
    left = [lot for lot in lots if lot.left]
    # One instance a card: posting counts on it.
    cards: dict[UUID, LoyaltyCard] = {}
    postings = [_reversal(lot, cards.setdefault(lot.card_id, lot.card)) for lot in left]
    entries = post_entries(project, postings, now=now)
    reports = [
        reversed_report(entry, posting.card)
        for entry, posting in zip(entries, postings, strict=True)
        if entry is not None
    ]
    return TakenBack(reports, sum(lot.points - lot.left for lot in spent), later)


def _lots(project: Project, keys: Iterable[UUID]) -> Any:
    """Those entries with what is `left` of them, and their cards."""
    used = Coalesce(Sum("uses__points"), Value(0), output_field=BigIntegerField())
    lots = LedgerEntry.objects.filter(project=project, pk__in=keys).annotate(left=F("points") - used)
    return lots.select_related("card__voucher").order_by("pk")


def _reversal(lot: Any, card: LoyaltyCard) -> Posting:
    return Posting(
        card,
        EntryKind.REVERSAL,
        -lot.left,
        source=f"reversal:{lot.pk}",
        event_id=lot.event_id,
        rule_id=lot.rule_id,
        reverses_id=lot.pk,
        is_first=True,
    )


def _spendings(lots: Sequence[LedgerEntry]) -> list[JsonObject]:
    """What spent points of these lots, in order (one statement, none without lots)."""
    if not lots:
        return []
    uses = Allocation.objects.filter(lot__in=lots).select_related("spending__card__voucher")
    return [_moved("points.spent", use.spending, use.points) for use in uses.order_by("spending", "lot")[:MOST_LATER]]


def _standing(publications: Sequence[Publication], *, most: int) -> list[LedgerEntry]:
    """The first `most` entries of each card that nobody took back, in order: those of its opening come first."""
    if not publications:
        return []
    entries = LedgerEntry.objects.filter(card__in=[publication.voucher_id for publication in publications])
    entries = entries.exclude(kind=EntryKind.REVERSAL).select_related("card__voucher")
    reversal = LedgerEntry.objects.filter(reverses=OuterRef("pk"))
    place = Window(RowNumber(), partition_by="card", order_by="pk")
    return list(entries.filter(~Exists(reversal)).annotate(place=place).filter(place__lte=most).order_by("pk"))


def _moved(kind: str, entry: LedgerEntry, points: int) -> JsonObject:
    return {
        "kind": kind,
        "points": points,
        "card": entry.card.voucher.code,
        "transaction": entry.public_id,
        "event": public_id("event", entry.event_id) if entry.event_id else None,
    }


def _named(told: Iterable[Report], kind: str, field: str, prefix: str) -> set[UUID]:
    """The keys that effects of a kind name in a field."""
    keys = (parse_public_id(prefix, report.data.get(field)) for report in told if report.kind == kind)
    return {key for key in keys if key is not None}
