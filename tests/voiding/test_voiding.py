"""Voiding an event: its effects are reversed, and where nothing depended on it all is as if it had never come."""

import pytest
from django.db import IntegrityError

from campaigns.models import Holder, Voucher
from common.refusals import NotFound
from customers.models import Customer
from customers.profiles import Profile
from events.models import EventVoid, StoredEffect
from events.voiding import preview_void
from loyalty.balances import adjust_balance
from loyalty.cards import open_cards
from loyalty.checking import ledger_problems
from loyalty.models import Allocation, LedgerEntry, LoyaltyCard
from projects.models import Project
from referrals.holders import add_referees
from referrals.models import Conversion
from tests.loyalty.cards import lots_left
from tests.voiding.shops import (
    a_shop,
    books_are_right,
    card_of,
    happened,
    pay,
    rows_of,
    sign_up,
    spend,
    state,
    told,
    void,
)
from tests.world import NOW, TESTER, accept, an_event, customer


@pytest.fixture
def shop(db) -> Project:
    return a_shop()


def test_everything_is_as_it_was_before_an_event_that_converted_and_opened_cards(shop):
    before = state(shop)

    void(sign_up(shop))

    assert state(shop) == before
    assert books_are_right()


def test_everything_is_as_it_was_before_an_event_that_earned_on_a_card_there_was(shop):
    pay(shop, 7)
    before = state(shop)

    void(pay(shop, 30))

    assert state(shop) == before
    assert books_are_right()


def test_the_reversing_effects_are_told_the_last_first(shop):
    event = sign_up(shop)

    voided = void(event, reason="Sent twice")

    assert told(voided.effects) == [
        ("points.reversed", -10, "C-1"),
        ("referral.voided", None, "NRY-01"),
        ("reward.revoked", 50, "C-1"),
        ("reward.revoked", 100, "C-0"),
        ("points.reversed", -50, "C-1"),
        ("points.reversed", -100, "C-0"),
        ("points.reversed", -5, "C-0"),
        ("points.reversed", -5, "C-1"),
        ("code.unpublished", None, "C-0"),
        ("code.unpublished", None, "C-1"),
    ]
    assert (voided.void.reason, voided.void.actor, voided.void.shortfall, voided.void.affected_later) == (
        "Sent twice",
        "ada",
        0,
        [],
    )


def test_the_reversing_effects_follow_those_of_the_event_in_its_trace(shop):
    event = pay(shop, 30)

    void(event)

    rows = StoredEffect.objects.filter(event_id=event.pk).order_by("seq")
    assert [(row.cause_kind, row.kind, row.group_id) for row in rows] == [
        ("event", "customer.created", event.group_id),
        ("event", "code.published", event.group_id),
        ("event", "points.earned", event.group_id),
        ("event", "points.earned", event.group_id),
        ("event.voided", "points.reversed", "v-void"),
        ("event.voided", "points.reversed", "v-void"),
        ("event.voided", "code.unpublished", "v-void"),
    ]


def test_a_reversal_points_at_the_entry_that_it_reverses_and_takes_from_its_lot_alone(shop):
    pay(shop, 7)
    event = pay(shop, 30)
    pay(shop, 9)

    void(event)

    card = card_of(shop, "ben")
    reversal = LedgerEntry.objects.get(kind="reversal")
    assert (reversal.points, reversal.reverses.event_id, reversal.event_id) == (-30, event.pk, event.pk)
    assert (lots_left(card), card.balance, card.lifetime) == ([5, 7, 0, 9], 21, 21)
    assert books_are_right()


def test_a_customer_of_a_voided_event_stays(shop):
    void(pay(shop, 30, by="cleo"))

    assert Customer.objects.filter(project=shop, source_id="cleo").count() == 1


def test_an_event_that_did_nothing_is_voided(shop):
    pay(shop, 30)
    (accepted,) = accept(shop, an_event("paid", metadata={"amount": 0}))

    voided = void(accepted.event)

    assert (voided.effects, EventVoid.objects.get().event_id) == ([], accepted.event.pk)


def test_a_freed_card_is_given_to_the_next_customer_without_its_history(shop):
    void(pay(shop, 30, by="ben"))

    pay(shop, 8, by="cleo")

    card = card_of(shop, "cleo")
    assert (card.voucher.code, card.balance, card.lifetime) == ("C-0", 13, 13)
    assert lots_left(card) == [0, 0, 5, 8]
    assert books_are_right()


def test_the_same_customer_gets_a_card_again(shop):
    void(pay(shop, 30))

    pay(shop, 8)

    assert (card_of(shop, "ben").balance, LoyaltyCard.objects.count()) == (13, 1)


def test_the_referee_converts_again_afterwards(shop):
    void(sign_up(shop))

    (again,) = accept(shop, an_event("signed_up", referral={"code": "NRY-01"}))

    assert ("referral.converted", None, "NRY-01") in happened(again)
    assert sorted(Conversion.objects.values_list("status", "reason", "event_id")) == sorted(
        [("voided", "event_voided", Conversion.objects.get(status="voided").event_id), ("counted", "", again.event.pk)]
    )
    assert books_are_right()


def test_a_referee_who_was_added_by_hand_stays_on_the_code(shop):
    code = Voucher.objects.get(project=shop, code="NRY-01")
    add_referees(shop, code, [Profile(source_id="ben")], {}, group_id="", now=NOW)
    before = state(shop)

    void(sign_up(shop))

    assert state(shop) == before
    assert Holder.objects.filter(voucher=code, role="REFEREE").count() == 1


def test_voiding_twice_answers_the_first(shop):
    event = pay(shop, 30)
    first = void(event, reason="Sent twice")
    before = rows_of(shop)

    second = void(event, reason="Another reason", force=True)

    assert (list(second.effects), second.void) == (list(first.effects), first.void)
    assert (second.void.reason, second.void.forced) == ("Sent twice", False)
    assert rows_of(shop) == before


def test_a_preview_tells_all_and_writes_nothing(shop):
    event = sign_up(shop)
    spend(shop, 15)
    before = rows_of(shop)

    preview = preview_void(shop, event, now=NOW)

    assert rows_of(shop) == before
    assert preview.void.shortfall == 10
    assert told(preview.effects) == told(void(event, force=True).effects)


def test_a_void_is_written_once_and_never_changed(shop):
    row = void(pay(shop, 30)).void

    with pytest.raises(TypeError):
        row.save()
    with pytest.raises(TypeError):
        row.delete()


def test_points_cannot_be_posted_on_a_card_that_was_closed_meanwhile(shop):
    event = pay(shop, 30)
    card = card_of(shop, "ben")
    void(event)

    with pytest.raises(NotFound):
        adjust_balance(card, 5, reason="", source_id=None, group_id="", now=NOW, by=TESTER)

    assert books_are_right()


def test_a_card_that_is_held_is_never_opened_for_another(shop):
    pay(shop, 30)
    pay(shop, 30, by="cleo")
    held, cleo = card_of(shop, "ben"), customer(shop, "cleo")

    with pytest.raises(IntegrityError):
        open_cards(
            [LoyaltyCard(voucher=held.voucher, project=shop, program=held.program, customer=cleo, created_at=NOW)]
        )

    assert card_of(shop, "ben").customer == customer(shop, "ben")


def test_a_reversal_that_takes_from_another_lot_is_found_in_the_books(shop):
    pay(shop, 30)
    void(pay(shop, 8))
    reversal = LedgerEntry.objects.get(kind="reversal")
    other = LedgerEntry.objects.filter(points=30).get()

    Allocation.objects.bulk_create([Allocation(spending=reversal, lot=other, points=1)])

    assert f"entry {reversal.public_id} takes from lot {other.public_id} and reverses another" in list(
        ledger_problems()
    )
