"""Entries of gift cards as the contract's transactions (f.6)."""

from collections.abc import Sequence

from common.ids import public_id
from common.jsons import JsonObject
from gifts.models import EntryKind, GiftEntry


def render_credits(entries: Sequence[GiftEntry]) -> list[JsonObject]:
    """Cards with their vouchers must be loaded; runs no statement."""
    return [_rendered(entry) for entry in entries]


def _rendered(entry: GiftEntry) -> JsonObject:
    campaign_id = entry.card.voucher.campaign_id
    voucher_id = public_id("v", entry.card_id)
    return {
        "id": entry.public_id,
        "source_id": entry.source_id,
        "voucher_id": voucher_id,
        "campaign_id": public_id("camp", campaign_id) if campaign_id else None,
        "source": None if entry.kind == EntryKind.OPENING else "API",
        "reason": entry.reason or None,
        "type": "CREDITS_REMOVAL" if entry.kind == EntryKind.REMOVAL else "CREDITS_ADDITION",
        "details": {
            "balance": {
                "type": "gift_voucher",
                "total": entry.amount_after,
                "object": "balance",
                "amount": entry.credits,
                "balance": entry.balance_after,
                "operation_type": "AUTOMATIC" if entry.kind == EntryKind.OPENING else "MANUAL",
                "related_object": {"type": "voucher", "id": voucher_id},
            }
        },
        "related_transaction_id": None,
        "created_at": entry.created_at,
    }
