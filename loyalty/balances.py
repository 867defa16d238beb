"""Changing a card's balance by hand."""

from datetime import datetime
from uuid import UUID

from common.ids import uuid7
from common.refusals import NotFound, Refusal
from common.transactions import run_in_transaction
from customers.models import Customer
from events.chain import Cause, Effect, run_chain
from loyalty.ledger import InsufficientPoints, PointsOutOfRange, Posting, post_entries
from loyalty.models import EntryKind, LedgerEntry, LoyaltyCard
from loyalty.reports import earned_report
from projects.audit import Actor


def adjust_balance(
    card: LoyaltyCard, points: int, *, reason: str, source_id: str | None, by: Actor, group_id: str, now: datetime
) -> LedgerEntry:
    """Adds points to a card or, where `points` is negative, takes them: those that expire soonest first.

    Raises Refusal: `invalid_add_balance_params` for no points or too many, `loyalty_card_points_exceeded` beyond the
    balance, NotFound for a card that was closed meanwhile.
    """
    return run_in_transaction(lambda: _adjust(card.voucher_id, points, reason, source_id, by, group_id, now))


def _adjust(
    card_id: UUID, points: int, reason: str, source_id: str | None, by: Actor, group_id: str, now: datetime
) -> LedgerEntry:
    card = LoyaltyCard.objects.select_related("voucher", "project", "program__campaign").get(pk=card_id)
    # Whoever changes what belongs to a customer holds the customer's lock (customers/resolution.py).
    Customer.objects.select_for_update(no_key=True).get(pk=card.customer_id)
    held_by = card.customer_id
    card.refresh_from_db(fields=["balance", "lifetime", "customer", "closed_at"])
    if card.closed_at is not None or card.customer_id != held_by:
        raise NotFound.of("voucher", card.voucher.public_id)
    change = uuid7()
    kind = EntryKind.ADDITION if points > 0 else EntryKind.REMOVAL
    posting = Posting(card, kind, points, f"manual:{change}", reason=reason, source_id=source_id)
    entry = _post(posting, now)
    cause = Cause("person", change, now, card.customer_id)
    report = earned_report(entry, card)
    effect = Effect("points.added" if points > 0 else "points.removed", cause, report.customer_id, report.data)
    run_chain(card.project, [cause], now=now, group_id=group_id, by=by, already=[effect])
    return entry


def _post(posting: Posting, now: datetime) -> LedgerEntry:
    if not posting.points:
        raise _invalid("Points must not be 0")
    try:
        entry = post_entries(posting.card.project, [posting], now=now)[0]
    except InsufficientPoints as error:
        raise Refusal(
            str(error), key="loyalty_card_points_exceeded", message="Loyalty card points exceeded"
        ) from error
    except PointsOutOfRange as error:
        raise _invalid(str(error)) from error
    assert entry is not None  # its source is new
    return entry


def _invalid(details: str) -> Refusal:
    return Refusal(details, key="invalid_add_balance_params", message="Invalid add balance params")
