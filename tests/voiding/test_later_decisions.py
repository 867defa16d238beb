"""What came after a voided event: spent points, used cards, events that were declined. It stands and is told."""

import pytest

from events.voiding import PointsAlreadySpent
from loyalty.models import LedgerEntry
from projects.models import Project
from tests.loyalty.cards import lots_left
from tests.voiding.shops import a_shop, books_are_right, card_of, pay, rows_of, sign_up, spend, state, told, void
from tests.world import customer


@pytest.fixture
def shop(db) -> Project:
    return a_shop()


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
