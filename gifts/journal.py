"""Changing what is on a gift card. Everything that moves credits comes through `adjust_credits`."""

from datetime import datetime

from django.db.models import QuerySet

from campaigns.kinds import BalanceChange
from campaigns.models import Voucher
from campaigns.offers import MOST_AMOUNT
from common.refusals import NotFound, Refusal
from common.transactions import run_in_transaction
from gifts.models import EntryKind, GiftCard, GiftEntry
from projects.audit import Actor
from webhooks.announcing import Announcement, announce, source_of


def adjust_credits(voucher: Voucher, change: BalanceChange, *, by: Actor, now: datetime) -> GiftEntry:
    """Adds credits (minor units) to a card or, where the amount is negative, takes them.

    Once for each `source_id`: a second call finds the entry of the first. Raises Refusal `invalid_add_balance_params`
    for nothing, too much, or more than there is, and `duplicate_resource_key` for a source id with another amount;
    NotFound for a code that was deleted meanwhile.
    """
    return run_in_transaction(lambda: _adjust(voucher, change, by, now))


def transactions_of(voucher: Voucher) -> QuerySet[GiftEntry]:
    return GiftEntry.objects.filter(card=voucher.pk).select_related("card__voucher")


def _adjust(voucher: Voucher, change: BalanceChange, by: Actor, now: datetime) -> GiftEntry:
    # The code's row is the lock of its card, which may not be there yet.
    locked = Voucher.objects.select_for_update(no_key=True).filter(pk=voucher.pk, deleted_at=None).first()
    if locked is None:
        raise NotFound.of("voucher", voucher.public_id)
    if change.source_id is not None:
        earlier = GiftEntry.objects.filter(card=locked.pk, source_id=change.source_id).first()
        if earlier is not None:
            return _again(earlier, change)
    card = GiftCard.objects.filter(pk=locked.pk).first() or _opened(locked, now)
    _check(card, change)
    kind = EntryKind.ADDITION if change.amount > 0 else EntryKind.REMOVAL
    entry = _post(card, kind, change.amount, now, reason=change.reason, source_id=change.source_id)
    _tell(voucher, entry, by, now)
    return entry


def _tell(voucher: Voucher, entry: GiftEntry, by: Actor, now: datetime) -> None:
    about = {"transaction": entry.public_id}
    names = ("voucher.gift.balance_added", "voucher.gift.transaction.created")
    told = [Announcement(name, voucher.public_id, about, str(entry.pk), source_of(by)) for name in names]
    announce(voucher.project, told, now=now)


def _again(earlier: GiftEntry, change: BalanceChange) -> GiftEntry:
    if earlier.credits != change.amount:
        raise Refusal(
            f"source_id '{change.source_id}' was used for another amount",
            key="duplicate_resource_key",
            message="Resource with this key already exists",
        )
    return earlier


def _opened(voucher: Voucher, now: datetime) -> GiftCard:
    card = GiftCard.objects.create(voucher=voucher, project_id=voucher.project_id, created_at=now)
    starts_with = (voucher.gift or {}).get("amount", 0)
    if starts_with:
        _post(card, EntryKind.OPENING, starts_with, now)
    return card


def _check(card: GiftCard, change: BalanceChange) -> None:
    if not change.amount:
        raise _invalid("Amount must not be 0")
    if abs(change.amount) > MOST_AMOUNT or card.amount + change.amount > MOST_AMOUNT:
        raise _invalid(f"An amount of {change.amount} is out of range")
    if card.balance + change.amount < 0:
        raise _invalid(f"The gift card holds {card.balance}")


def _invalid(details: str) -> Refusal:
    return Refusal(details, key="invalid_add_balance_params", message="Invalid add balance params")


def _post(
    card: GiftCard, kind: EntryKind, amount: int, now: datetime, *, reason: str = "", source_id: str | None = None
) -> GiftEntry:
    card.balance += amount
    card.amount += max(amount, 0)
    card.subtracted += max(-amount, 0)
    card.save(update_fields=["balance", "amount", "subtracted"])
    return GiftEntry.objects.create(
        project_id=card.project_id,
        card=card,
        kind=kind,
        credits=amount,
        reason=reason,
        source_id=source_id,
        balance_after=card.balance,
        amount_after=card.amount,
        created_at=now,
    )
