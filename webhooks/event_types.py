"""What webhooks can tell of, by the names that the prose of the contract has (h.2), and how the SDKs spell them."""

from collections.abc import Iterator, Mapping, Sequence


def _all(prefix: str, words: str) -> Iterator[str]:
    return (f"{prefix}.{word}" for word in words.split())


# Under the headings of the admin page.
GROUPS: Mapping[str, Sequence[str]] = {
    "Customers": [
        *_all("customer", "confirmed created updated deleted rewarded rewarded.loyalty_points"),
        # Ours: the contract's project webhooks do not tell of custom events.
        *_all("customer.custom_event", "voided"),
        "customer.custom_event",
    ],
    "Codes": [
        *_all("voucher", "created deleted disabled enabled updated published"),
        *_all("voucher.gift", "balance_added transaction.created"),
        *_all("voucher.loyalty_card", "points_added points_expired transaction.created"),
        *_all("voucher.loyalty_card.pending_points", "activated added canceled updated"),
        "publication.succeeded",
        *_all("redemption", "failed succeeded rollback.failed rollback.succeeded"),
    ],
    "Campaigns": [
        *_all("campaign", "created deleted disabled enabled updated"),
        *_all("campaign.vouchers", "added generation.completed generation.failed generation.started"),
        *_all("campaign.earning_rule", "assigned deleted disabled enabled updated"),
        *_all("campaign.loyalty_tier", "created deleted updated"),
        *_all("campaign.referral_tier", "created deleted updated"),
        *_all("campaign.reward.assignment", "created deleted updated"),
        *_all("campaign.promotion_tier", "created deleted disabled enabled updated"),
        *_all("campaign.promotion_stack", "created updated"),
    ],
    "Validation rules": [
        *_all("business_validation_rule", "created deleted updated assignment.created assignment.deleted"),
    ],
}
EVENT_TYPES = frozenset(name for names in GROUPS.values() for name in names)
# What Boon does not do yet, and so tells nobody of: the API takes these types as the contract has them.
NOT_YET = frozenset(
    {
        "customer.confirmed",
        "voucher.loyalty_card.points_expired",
        *_all("voucher.loyalty_card.pending_points", "activated added canceled updated"),
        *_all("redemption", "failed succeeded rollback.failed rollback.succeeded"),
        *_all("campaign.loyalty_tier", "created deleted updated"),
        *_all("campaign.reward.assignment", "created deleted updated"),
        *_all("campaign.promotion_tier", "created deleted disabled enabled updated"),
        *_all("campaign.promotion_stack", "created updated"),
    }
)
# The official SDKs know these four by a misspelled name alone, and three others not at all: an answer that holds what
# they do not know cannot be read by them.
MISSPELLED: Mapping[str, str] = {
    name: name.replace("added", "aded")
    for name in (
        "campaign.vouchers.added",
        "voucher.gift.balance_added",
        "voucher.loyalty_card.pending_points.added",
        "voucher.loyalty_card.points_added",
    )
}
UNKNOWN_TO_SDKS = frozenset({"customer.updated", "customer.custom_event", "customer.custom_event.voided"})
_RIGHT = {wrong: right for right, wrong in MISSPELLED.items()}


def rightly_spelled(name: str) -> str:
    return _RIGHT.get(name, name)


def as_sdks_spell(names: Sequence[str]) -> list[str]:
    """Of these types, those that the SDKs can read, as they spell them."""
    return [MISSPELLED.get(name, name) for name in names if name not in UNKNOWN_TO_SDKS]
