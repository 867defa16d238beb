"""The ledger: append-only, each source paid once, no balance below zero, sums kept exactly."""

from datetime import timedelta

import pytest

from loyalty.ledger import MOST_POINTS, InsufficientPoints, PointsOutOfRange, Posting, in_range, post_entries
from loyalty.models import EntryKind, LedgerEntry, LoyaltyCard
from tests.loyalty.cards import a_card, card, lots_left, post, uses
from tests.world import NOW


@pytest.fixture
def bens(project):
    return a_card(project)


def totals(code="CARD-1"):
    row = card(code)
    return row.balance, row.lifetime


def test_entries_keep_the_sums_that_they_led_to(bens):
    entries = post(bens, 10, -4, 5)

    assert [(entry.points, entry.balance_after, entry.lifetime_after) for entry in entries] == [
        (10, 10, 10),
        (-4, 6, 10),
        (5, 11, 15),
    ]
    assert (totals(), bens.balance, bens.lifetime) == ((11, 15), 11, 15)


def test_an_entry_remembers_everything_that_it_was_posted_with(bens):
    posting = Posting(bens, EntryKind.ADDITION, 10, "manual:1", event_id=bens.pk, reason="Thanks", source_id="shop-1")

    post_entries(bens.project, [posting], now=NOW)

    entry = LedgerEntry.objects.get()
    assert (entry.project, entry.card, entry.kind, entry.points, entry.source) == (
        bens.project,
        bens,
        "addition",
        10,
        "manual:1",
    )
    assert (entry.event_id, entry.rule, entry.reverses, entry.reason, entry.source_id) == (
        bens.pk,
        None,
        None,
        "Thanks",
        "shop-1",
    )
    assert (entry.created_at, entry.expires_at) == (NOW, None)


def test_a_source_is_paid_once_a_card(bens):
    first = post(bens, 10, source="event:1:rule:1")
    second = post(card(), 10, source="event:1:rule:1")

    assert ([entry is None for entry in [*first, *second]], totals()) == ([False, True], (10, 10))


def test_a_source_is_paid_once_in_one_call_as_well(bens):
    posted = post(bens, 10, 10, source="event:1:rule:1")

    assert ([entry is None for entry in posted], totals()) == ([False, True], (10, 10))


def test_a_source_may_pay_on_several_cards(project, bens):
    gold = a_card(project, "GOLD-1", club="Gold")

    postings = [Posting(item, EntryKind.EARN, 10, "event:1:rule:1") for item in (bens, gold)]
    post_entries(project, postings, now=NOW)

    assert (totals("CARD-1"), totals("GOLD-1")) == ((10, 10), (10, 10))


def test_no_more_is_taken_than_a_card_holds_and_then_nothing_is_posted(bens):
    post(bens, 10)

    with pytest.raises(InsufficientPoints, match=r"^The card holds 12 points$"):
        post(card(), 2, -13)

    assert (totals(), LedgerEntry.objects.count()) == ((10, 10), 1)


def test_a_card_may_be_emptied(bens):
    post(bens, 10, -10)

    assert (totals(), lots_left(bens)) == ((0, 10), [0])


@pytest.mark.parametrize("points", [MOST_POINTS + 1, -MOST_POINTS - 1, 2**63 - 1, -(2**63), 10**30])
def test_an_entry_out_of_range_is_not_posted(bens, points):
    with pytest.raises(PointsOutOfRange):
        post(bens, points)

    assert LedgerEntry.objects.count() == 0


def test_a_card_holds_up_to_the_most_points_and_not_one_more(bens):
    post(bens, MOST_POINTS - 1, 1)

    with pytest.raises(PointsOutOfRange):
        post(card(), 1)

    assert totals() == (MOST_POINTS, MOST_POINTS)


def test_lifetime_is_in_range_as_well_however_much_was_spent(bens):
    post(bens, MOST_POINTS, -MOST_POINTS)

    with pytest.raises(PointsOutOfRange):
        post(card(), 1)


def test_what_stays_in_range_is_told_card_by_card(project, bens):
    gold = a_card(project, "GOLD-1", club="Gold")
    half = MOST_POINTS // 2

    postings = [Posting(item, EntryKind.EARN, half, "s") for item in (bens, gold, bens, bens, gold)]

    assert in_range(postings) == [True, True, True, False, True]


def test_points_are_taken_from_the_oldest_lots_first(bens):
    post(bens, 10, 5, 20)
    post(card(), -12)
    post(card(), -6)

    assert (uses(bens), lots_left(bens)) == ([(0, 10), (1, 2), (1, 3), (2, 3)], [0, 0, 17])


def test_points_that_expire_are_taken_before_those_that_do_not(bens):
    days = [None, 3, 1]
    for number, day in enumerate(days):
        LedgerEntry.objects.create(
            project=bens.project,
            card=bens,
            kind=EntryKind.ADDITION,
            points=10,
            source=f"lot:{number}",
            balance_after=0,
            lifetime_after=0,
            expires_at=NOW + timedelta(days=day) if day else None,
            created_at=NOW,
        )
    LoyaltyCard.objects.update(balance=30, lifetime=30)

    post(card(), -25)

    assert lots_left(bens) == [5, 0, 0]


def test_points_posted_and_taken_in_one_call_are_allocated_too(bens):
    post(bens, 10, -4, -6)

    assert (uses(bens), lots_left(bens)) == ([(0, 4), (0, 6)], [0])


@pytest.mark.parametrize("count", [1, 50])
@pytest.mark.parametrize(("move", "statements"), [(1, 3), (-1, 5)])
def test_posting_costs_the_same_for_one_card_and_for_fifty(
    project, count, move, statements, django_assert_num_queries
):
    cards = [a_card(project, f"CARD-{number}", club=f"Club {number}") for number in range(count)]
    post_entries(project, [Posting(item, EntryKind.ADDITION, 5, "first") for item in cards], now=NOW)
    kind = EntryKind.ADDITION if move > 0 else EntryKind.REMOVAL

    with django_assert_num_queries(statements):
        post_entries(project, [Posting(item, kind, move, "second") for item in cards], now=NOW)

    assert set(LoyaltyCard.objects.values_list("balance", flat=True)) == {5 + move}


def test_no_postings_cost_nothing(project, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert post_entries(project, [], now=NOW) == []
