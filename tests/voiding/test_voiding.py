"""Voiding an event: its effects are reversed, and where nothing depended on it all is as if it had never come."""

import pytest

from campaigns.models import Holder, Voucher
from customers.models import Customer
from customers.profiles import Profile
from events.models import Event, EventVoid, StoredEffect
from events.voiding import PointsAlreadySpent, preview_void
from loyalty.balances import adjust_balance
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
    state,
    told,
    void,
)
from tests.world import NOW, accept, an_event, customer

REFERRAL = {"code": "NRY-01"}


@pytest.fixture
def shop(db) -> Project:
    return a_shop()


def pay(shop: Project, amount: int, by: str = "ben") -> Event:
    return accept(shop, an_event("paid", by=by, metadata={"amount": amount}))[0].event


def sign_up(shop: Project, by: str = "ben") -> Event:
    """Through Ada's code."""
    return accept(shop, an_event("signed_up", by=by, referral=REFERRAL))[0].event


def spend(shop: Project, points: int, by: str = "ben") -> LedgerEntry:
    return adjust_balance(card_of(shop, by), -points, reason="A mug", source_id=None, group_id="v-spend", now=NOW)


def rows_of(shop: Project) -> tuple[object, ...]:
    written = [model.objects.count() for model in (StoredEffect, LedgerEntry, Allocation, EventVoid)]
    return (state(shop), *written)


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
        ("reward.revoked", 50, None),
        ("reward.revoked", 100, None),
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

    (again,) = accept(shop, an_event("signed_up", referral=REFERRAL))

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


def test_spent_points_are_not_taken_back_and_nothing_is_changed(shop):
    event = pay(shop, 30)
    spend(shop, 15)
    before = rows_of(shop)

    with pytest.raises(PointsAlreadySpent) as refused:
        void(event)

    assert str(refused.value) == "10 of the points that the event brought are spent; with force the rest is taken back"
    assert rows_of(shop) == before


def test_by_force_what_is_left_is_taken_and_the_rest_is_the_shortfall(shop):
    event = pay(shop, 30)
    spent = spend(shop, 15)

    voided = void(event, force=True)

    card = card_of(shop, "ben")
    assert told(voided.effects) == [("points.reversed", -20, "C-0")]
    assert (card.balance, card.lifetime, lots_left(card)) == (0, 15, [0, 0])
    assert (voided.void.shortfall, voided.void.forced) == (10, True)
    assert voided.void.affected_later == [
        {"kind": "points.spent", "points": 10, "card": "C-0", "transaction": spent.public_id, "event": None}
    ]
    assert books_are_right()


def test_by_force_an_event_all_of_whose_points_are_spent_is_voided(shop):
    event = pay(shop, 30)
    spend(shop, 35)

    voided = void(event, force=True)

    assert (voided.effects, voided.void.shortfall, card_of(shop, "ben").balance) == ([], 30, 0)
    assert books_are_right()


def test_points_of_other_events_pay_no_shortfall(shop):
    event = pay(shop, 30)
    pay(shop, 100)
    spend(shop, 35)

    voided = void(event, force=True)

    assert (voided.void.shortfall, card_of(shop, "ben").balance) == (30, 100)


def test_points_that_others_spent_before_do_not_matter(shop):
    pay(shop, 30)
    spend(shop, 15)

    voided = void(pay(shop, 8))

    assert (voided.void.shortfall, card_of(shop, "ben").balance) == (0, 20)


def test_a_card_on_which_something_happened_since_stays_and_is_listed(shop):
    event = pay(shop, 30)
    later = pay(shop, 8)

    voided = void(event)

    earned = LedgerEntry.objects.get(event_id=later.pk)
    assert told(voided.effects) == [("points.reversed", -30, "C-0")]
    assert voided.void.affected_later == [
        {
            "kind": "card.used",
            "points": 8,
            "card": "C-0",
            "transaction": earned.public_id,
            "event": later.public_id,
        }
    ]
    assert (card_of(shop, "ben").balance, books_are_right()) == (13, True)


def test_a_referrers_card_that_a_later_conversion_paid_to_stays_and_is_listed(shop):
    first, second = sign_up(shop, by="ben"), sign_up(shop, by="cleo")

    voided = void(first)

    reward = LedgerEntry.objects.get(event_id=second.pk, card=card_of(shop, "ada"))
    assert voided.void.affected_later == [
        {
            "kind": "card.used",
            "points": 100,
            "card": "C-0",
            "transaction": reward.public_id,
            "event": second.public_id,
        }
    ]
    assert sorted(state(shop)["cards"]) == [
        ("C-0", "ada", 105, 105, [("addition", 5), ("reward", 100)]),
        ("C-2", "cleo", 65, 65, [("addition", 5), ("reward", 50), ("earn", 10)]),
    ]


def test_a_card_whose_later_event_is_voided_too_is_closed(shop):
    before = state(shop)
    first, second = pay(shop, 30), pay(shop, 8)

    void(second)
    void(first)

    assert state(shop) == before


def test_later_events_that_were_declined_because_of_the_conversion_are_listed(shop):
    event = sign_up(shop)
    pay(shop, 8)
    later, voided_meanwhile = sign_up(shop), sign_up(shop)
    void(voided_meanwhile)

    affected = [item for item in void(event).void.affected_later if item["kind"] == "referral.declined"]

    assert affected == [
        {
            "kind": "referral.declined",
            "code": "NRY-01",
            "customer": customer(shop, "ben").public_id,
            "event": later.public_id,
            "reason": "already_referred",
        }
    ]


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
