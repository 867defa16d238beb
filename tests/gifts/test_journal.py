"""The journal of gift cards: append-only, balanced, never below zero, and once for each of the sender's ids."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from campaigns.kinds import BalanceChange, describe
from campaigns.voucher_fields import VoucherChange
from campaigns.vouchers import NewVoucher, add_code, create_voucher
from common.refusals import Refusal
from gifts.journal import adjust_credits
from gifts.models import GiftCard, GiftEntry
from tests.factories import ProjectFactory
from tests.threads import at_once
from tests.world import NOW, TESTER, a_gift_campaign


def a_gift(project, amount=1_000):
    return add_code(a_gift_campaign(project, amount=amount), "GIFT-1", by=TESTER)


def moved(voucher, amount, **parts):
    return adjust_credits(voucher, BalanceChange(amount, **parts), now=NOW, by=TESTER)


def shown(voucher):
    return describe([voucher])[voucher.pk]["gift"]


def test_a_card_that_was_never_changed_holds_what_it_starts_with(project):
    assert shown(a_gift(project)) == {
        "amount": 1_000,
        "subtracted_amount": 0,
        "balance": 1_000,
        "effect": "APPLY_TO_ORDER",
    }
    assert GiftCard.objects.count() == 0


def test_credits_are_added_and_taken(project):
    gift = a_gift(project)

    moved(gift, 500)
    last = moved(gift, -1_200, reason="Sorry")

    assert shown(gift) == {"amount": 1_500, "subtracted_amount": 1_200, "balance": 300, "effect": "APPLY_TO_ORDER"}
    assert (last.balance_after, last.amount_after, last.reason) == (300, 1_500, "Sorry")
    assert [(entry.kind, entry.credits) for entry in GiftEntry.objects.order_by("pk")] == [
        ("opening", 1_000),
        ("addition", 500),
        ("removal", -1_200),
    ]


@pytest.mark.parametrize("amount", [0, -1_001, 10**15, 10**18])
def test_what_cannot_be_moved_is_refused_and_nothing_is_written(project, amount):
    gift = a_gift(project)

    with pytest.raises(Refusal) as refused:
        moved(gift, amount)

    assert (refused.value.key, GiftEntry.objects.count()) == ("invalid_add_balance_params", 0)


def test_a_source_id_moves_credits_once(project):
    gift = a_gift(project)

    first, again = (moved(gift, 500, source_id="order-1") for _ in range(2))

    assert (first.pk, shown(gift)["balance"]) == (again.pk, 1_500)
    with pytest.raises(Refusal) as refused:
        moved(gift, 600, source_id="order-1")
    assert refused.value.key == "duplicate_resource_key"


def test_a_card_that_stands_alone_has_a_balance_too(project):
    change = VoucherChange({"gift": {"amount": 200}})
    alone = create_voucher(project, None, NewVoucher(change, code="ALONE"), by=TESTER)

    moved(alone, 50)

    assert (alone.campaign, shown(alone)["balance"]) == (None, 250)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_take_the_last_credits_only_as_many_succeed_as_there_are():
    gift = a_gift(ProjectFactory())

    def take():
        try:
            return moved(gift, -300).credits
        except Refusal as refusal:
            return refusal.key

    taken = at_once([take] * 6)

    assert sorted(taken, key=str) == [-300, -300, -300, *["invalid_add_balance_params"] * 3]
    assert shown(gift)["balance"] == 100


class AnyOrder(TestCase):
    @settings(max_examples=30)
    @given(st.lists(st.integers(-1_500, 1_500), max_size=12))
    def test_the_balance_is_the_sum_of_what_was_posted(self, amounts):
        gift = a_gift(ProjectFactory())
        for amount in amounts:
            try:
                moved(gift, amount)
            except Refusal:
                continue

        posted = [entry.credits for entry in GiftEntry.objects.filter(card=gift.pk)]
        assert shown(gift)["balance"] == (sum(posted) if posted else 1_000)
