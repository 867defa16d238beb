"""Two shops that are alike: one gets an event and voids it, the other never gets it. Then they are alike again."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty.balances import adjust_balance
from loyalty.models import LoyaltyCard
from projects.models import Project
from tests.voiding.shops import a_shop, books_are_right, card_of, happened, state, void
from tests.world import NOW, TESTER, accept, an_event

PEOPLE = ["ben", "cleo", "dan"]
EVENTS = st.one_of(
    st.builds(
        lambda by, code: an_event("signed_up", by=by, **({"referral": {"code": "NRY-01"}} if code else {})),
        st.sampled_from([*PEOPLE, "ada"]),
        st.booleans(),
    ),
    st.builds(
        lambda by, amount: an_event("paid", by=by, metadata={"amount": amount}),
        st.sampled_from(PEOPLE),
        st.integers(0, 40),
    ),
)
# A call accepts its events together; a number spends so many of Ben's points, where he has them.
HISTORIES = st.lists(st.lists(EVENTS, min_size=1, max_size=3) | st.integers(1, 30), max_size=5)


@pytest.fixture
def twins(db: None) -> tuple[Project, Project]:
    return a_shop(), a_shop()


def live(shop: Project, history: list[object]) -> None:
    for part in history:
        if isinstance(part, list):
            accept(shop, *part)
        elif LoyaltyCard.objects.filter(project=shop, customer__source_id="ben", balance__gte=part).exists():
            adjust_balance(card_of(shop, "ben"), -part, reason="", source_id=None, group_id="", now=NOW, by=TESTER)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORIES, mistaken=EVENTS, following=EVENTS)
def test_a_voided_event_leaves_the_shop_as_its_twin_that_never_got_it(twins, history, mistaken, following):
    shop, twin = twins
    with transaction.atomic():
        live(shop, history)
        live(twin, history)

        voided = void(accept(shop, mistaken)[0].event)

        assert (voided.void.affected_later, voided.void.shortfall) == ([], 0)
        assert state(shop) == state(twin)
        assert happened(accept(shop, following)[0]) == happened(accept(twin, following)[0])
        assert state(shop) == state(twin)
        assert books_are_right()
        transaction.set_rollback(True)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORIES, mistaken=st.lists(EVENTS, min_size=1, max_size=4))
def test_events_that_are_voided_from_the_last_to_the_first_leave_nothing(twins, history, mistaken):
    shop, _ = twins
    with transaction.atomic():
        live(shop, history)
        before = state(shop)

        events = [accept(shop, body)[0].event for body in mistaken]
        for event in reversed(events):
            void(event)

        assert state(shop) == before
        assert books_are_right()
        transaction.set_rollback(True)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mistaken=EVENTS, later=HISTORIES)
def test_whatever_happens_later_books_are_right_and_nothing_is_lost(twins, mistaken, later):
    shop, _ = twins
    with transaction.atomic():
        (accepted,) = accept(shop, mistaken)
        live(shop, later)
        before = points_of(shop)

        voided = void(accepted.event, force=True)

        taken = sum(effect["points"] for effect in voided.effects if effect["kind"] == "points.reversed")
        assert points_of(shop) == before + taken
        assert books_are_right()
        transaction.set_rollback(True)


def points_of(shop: Project) -> int:
    return sum(LoyaltyCard.objects.filter(project=shop).values_list("balance", flat=True))
