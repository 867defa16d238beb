"""Points that are added and taken by hand."""

import pytest

from common.refusals import Refusal
from events.models import StoredEffect
from loyalty.balances import adjust_balance
from loyalty.ledger import MOST_POINTS
from loyalty.models import LedgerEntry
from tests.factories import ProjectFactory
from tests.loyalty.cards import a_card, card, lots_left
from tests.threads import at_once
from tests.world import NOW, TESTER


@pytest.fixture
def bens(project):
    return a_card(project)


def adjust(row, points, **parts):
    options = {"reason": "", "source_id": None, "group_id": "v-1", "now": NOW}
    return adjust_balance(row, points, **options | parts, by=TESTER)


def refusal_of(row, points):
    with pytest.raises(Refusal) as refused:
        adjust(row, points)
    return refused.value.key, refused.value.details


def test_points_are_added_and_taken(bens):
    added, taken = adjust(bens, 10, reason="Sorry", source_id="shop-1"), adjust(bens, -4)

    assert [(entry.kind, entry.points, entry.balance_after) for entry in (added, taken)] == [
        ("addition", 10, 10),
        ("removal", -4, 6),
    ]
    assert (added.reason, added.source_id, card().balance, card().lifetime) == ("Sorry", "shop-1", 6, 10)


def test_a_stale_card_in_memory_does_no_harm(bens):
    stale = card()
    adjust(bens, 10)

    adjust(stale, -10)

    assert card().balance == 0


@pytest.mark.parametrize(
    ("points", "key", "details"),
    [
        (0, "invalid_add_balance_params", "Points must not be 0"),
        (-11, "loyalty_card_points_exceeded", "The card holds 10 points"),
        (MOST_POINTS, "invalid_add_balance_params", f"{MOST_POINTS} points are out of range"),
        (2**63 - 1, "invalid_add_balance_params", f"{2**63 - 1} points are out of range"),
        (-(2**63), "invalid_add_balance_params", f"{-(2**63)} points are out of range"),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_nothing_is_posted(bens, points, key, details):
    adjust(bens, 10)

    assert refusal_of(bens, points) == (key, details)
    assert (card().balance, LedgerEntry.objects.count()) == (10, 1)


def test_a_change_is_told_to_the_chain(bens):
    added, taken = adjust(bens, 10), adjust(bens, -4)

    effects = StoredEffect.objects.filter(kind__startswith="points.").order_by("id")
    assert [(effect.kind, effect.data) for effect in effects] == [
        (
            kind,
            {
                "points": entry.points,
                "card": "CARD-1",
                "rule": None,
                "customer": bens.customer.public_id,
                "campaign_id": bens.program.campaign.public_id,
                "transaction": entry.public_id,
            },
        )
        for kind, entry in (("points.added", added), ("points.removed", taken))
    ]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_take_the_last_points_only_as_many_succeed_as_there_are():
    bens = a_card(ProjectFactory())
    adjust(bens, 30)

    def take():
        try:
            return adjust(bens, -10).points
        except Refusal as refusal:
            return refusal.key

    taken = at_once([take] * 8)

    assert sorted(map(str, taken)) == ["-10"] * 3 + ["loyalty_card_points_exceeded"] * 5
    assert (card().balance, lots_left(bens)) == (0, [0])
