"""Whatever is added and taken, in any order, with any repetition: the books balance."""

from itertools import accumulate

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty.ledger import MOST_POINTS, InsufficientPoints, PointsOutOfRange
from loyalty.models import LedgerEntry
from tests.loyalty.cards import a_card, card, lots_left, post

FUNCTION_SCOPED = [HealthCheck.function_scoped_fixture]
POINTS = st.integers(1, 50) | st.integers(-50, -1) | st.sampled_from([MOST_POINTS, -MOST_POINTS, MOST_POINTS - 20])
# A call posts several moves at once; a repeated source is a replay.
CALLS = st.lists(
    st.tuples(st.lists(POINTS, min_size=1, max_size=4), st.sampled_from(["", "", "", "replayed"])), max_size=12
)


class Model:
    """A card in a few lines: sums in memory, nothing else."""

    def __init__(self):
        self.balance = self.lifetime = 0
        self.paid = set()

    def post(self, moves, source):
        """Whether the call is taken as a whole."""
        balance, lifetime, paid = self.balance, self.lifetime, set(self.paid)
        for points in moves:
            if source in paid:
                continue
            paid |= {source} if source else set()
            if abs(points) > MOST_POINTS or lifetime + points > MOST_POINTS or balance + points < 0:
                return False
            balance, lifetime = balance + points, lifetime + max(points, 0)
        self.balance, self.lifetime, self.paid = balance, lifetime, paid
        return True


@settings(max_examples=40, suppress_health_check=FUNCTION_SCOPED)
@given(calls=CALLS)
def test_balance_is_the_sum_of_the_entries_and_what_is_left_of_the_lots(project, calls):
    model = Model()
    with transaction.atomic():
        a_card(project)
        for moves, source in calls:
            assert taken(moves, source) is model.post(moves, source)
            check_books(card(), model)
        transaction.set_rollback(True)


def taken(moves, source):
    try:
        post(card(), *moves, source=source)
    except (InsufficientPoints, PointsOutOfRange):
        return False
    return True


def check_books(row, model):
    entries = LedgerEntry.objects.filter(card=row).order_by("id")
    moves = [entry.points for entry in entries]
    left = lots_left(row)
    assert (row.balance, row.lifetime) == (model.balance, model.lifetime)
    assert row.balance == sum(moves) == sum(left) >= 0
    assert min(left, default=0) >= 0
    assert [entry.balance_after for entry in entries] == list(accumulate(moves))
    assert [entry.lifetime_after for entry in entries] == list(accumulate(max(points, 0) for points in moves))
