"""The gift card as a kind of voucher."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from campaigns.kinds import Balance, BalanceChange, VoucherKind
from campaigns.models import CampaignType, Voucher
from common.jsons import JsonObject
from gifts.journal import adjust_credits
from gifts.models import GiftCard
from projects.audit import Actor


class GiftCardKind(VoucherKind):
    campaign_type = CampaignType.GIFT_VOUCHERS

    def describe(self, vouchers: Sequence[Voucher]) -> Mapping[UUID, JsonObject]:
        """The contract's `gift` (h.4) by voucher; one statement."""
        cards = GiftCard.objects.in_bulk([voucher.pk for voucher in vouchers])
        return {voucher.pk: {"gift": _gift(voucher, cards.get(voucher.pk))} for voucher in vouchers}

    def used(self, vouchers: Sequence[Voucher]) -> Collection[UUID]:
        """Cards whose balance was changed: that opens them. One statement."""
        return set(GiftCard.objects.filter(pk__in=[voucher.pk for voucher in vouchers]).values_list("pk", flat=True))

    def adjust(self, voucher: Voucher, change: BalanceChange, *, by: Actor, group_id: str, now: datetime) -> Balance:
        entry = adjust_credits(voucher, change, by=by, now=now)
        return Balance(entry.credits, entry.amount_after, entry.balance_after, "gift_voucher")


def _gift(voucher: Voucher, card: GiftCard | None) -> JsonObject:
    said: JsonObject = voucher.gift or {}
    amount = said.get("amount", 0)
    return {
        "amount": card.amount if card else amount,
        "subtracted_amount": card.subtracted if card else 0,
        "balance": card.balance if card else amount,
        "effect": said.get("effect", "APPLY_TO_ORDER"),
    }
