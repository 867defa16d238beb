"""Voiding while something else happens: everything once, and the books are right."""

from events.models import EventVoid
from loyalty.models import LedgerEntry
from projects.models import Project
from tests.threads import at_once
from tests.voiding.shops import a_shop, books_are_right, card_of, void
from tests.world import accept, an_event


def paid(shop, amount):
    return accept(Project.objects.get(pk=shop.pk), an_event("paid", metadata={"amount": amount}))[0].event


def test_two_who_void_an_event_at_once_are_answered_alike(transactional_db):
    shop = a_shop()
    paid(shop, 7)
    event = paid(shop, 30)

    first, second = at_once([lambda: void(event, reason="one"), lambda: void(event, reason="other")])

    assert (first.effects, first.void) == (second.effects, second.void)
    assert first.void.reason == second.void.reason == EventVoid.objects.get().reason
    assert LedgerEntry.objects.filter(kind="reversal").count() == 1
    assert (card_of(shop, "ben").balance, books_are_right()) == (12, True)


def test_events_that_are_voided_while_others_earn_leave_exact_books(transactional_db):
    shop = a_shop()
    paid(shop, 7)
    events = [paid(shop, 30) for _ in range(10)]

    at_once(
        [
            lambda: [void(event) for event in events],
            lambda: [void(event) for event in reversed(events)],
            lambda: [paid(shop, 1) for _ in range(20)],
        ]
    )

    assert (EventVoid.objects.count(), LedgerEntry.objects.filter(kind="reversal").count()) == (10, 10)
    assert (card_of(shop, "ben").balance, books_are_right()) == (32, True)


def test_a_card_is_closed_or_earned_on_but_never_both(transactional_db):
    shop = a_shop()
    event = paid(shop, 30)

    at_once([lambda: void(event), lambda: paid(shop, 8)])

    assert (card_of(shop, "ben").balance, books_are_right()) == (13, True)
