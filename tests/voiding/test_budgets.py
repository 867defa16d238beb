"""Voiding costs the same whatever the event did and whatever came later. Of each budget two statements are a
savepoint's, which the test's own transaction makes of the request's, and one reads the project.
"""

import pytest

from tests.voiding.shops import a_shop, books_are_right, the_club, void
from tests.world import a_definition, a_rule, accept, an_event

pytestmark = pytest.mark.parametrize("count", [1, 50])


def test_an_event_that_earned_by_rules_on_a_card_there_was(db, count, django_assert_num_queries):
    shop = a_shop()
    visited = a_definition(shop, "visited")
    for _ in range(count):
        a_rule(the_club(shop), visited, points=2)
    _, accepted = accept(shop, an_event("visited"), an_event("visited"))

    with django_assert_num_queries(2 + 1 + 10):
        voided = void(accepted.event)

    assert (len(voided.effects), books_are_right()) == (count, True)


def test_an_event_that_converted_and_opened_cards(db, count, django_assert_num_queries):
    """`count` are the tiers that paid the referrer."""
    shop = a_shop(tiers=count)
    (accepted,) = accept(shop, an_event("signed_up", referral={"code": "NRY-01"}))

    with django_assert_num_queries(2 + 1 + 32):
        voided = void(accepted.event)

    kinds = [effect["kind"] for effect in voided.effects]
    assert (kinds.count("reward.revoked"), kinds.count("code.unpublished")) == (1 + count, 2)
    assert books_are_right()


def test_an_event_after_which_others_were_declined_and_used_its_cards(db, count, django_assert_num_queries):
    shop = a_shop()
    bodies = [an_event("signed_up", referral={"code": "NRY-01"})] * (1 + count)
    accepted = accept(shop, *bodies)

    with django_assert_num_queries(2 + 1 + 34):
        voided = void(accepted[0].event)

    kinds = [item["kind"] for item in voided.void.affected_later]
    assert (kinds.count("referral.declined"), kinds.count("card.used")) == (count, count)
