"""What moves of points are told as: by effects, and through them by activity and trace."""

from campaigns.kinds import Report
from common.ids import public_id
from common.jsons import JsonObject
from loyalty.models import LedgerEntry, LoyaltyCard


def earned_report(entry: LedgerEntry, card: LoyaltyCard) -> Report:
    """`points.earned`: points, the card's code, the rule (null for a reward), the customer."""
    return Report("points.earned", card.customer_id, _moved(entry, card))


def reversed_report(entry: LedgerEntry, card: LoyaltyCard) -> Report:
    """`points.reversed`: the same with negative points, and the transaction that it reverses."""
    assert entry.reverses_id is not None
    data = _moved(entry, card) | {"reverses": public_id("vtx", entry.reverses_id)}
    return Report("points.reversed", card.customer_id, data)


def _moved(entry: LedgerEntry, card: LoyaltyCard) -> JsonObject:
    return {
        "points": entry.points,
        "card": card.voucher.code,
        "rule": public_id("ern", entry.rule_id) if entry.rule_id else None,
        "customer": public_id("cust", card.customer_id),
        "campaign_id": public_id("camp", card.program_id),
        "transaction": entry.public_id,
    }
