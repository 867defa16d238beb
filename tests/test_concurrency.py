"""Eight senders at once over the same customers, codes and rules: everything counted, nothing twice, to the point."""

from collections import Counter
from itertools import accumulate

import pytest

from customers.models import Customer
from events.models import Event
from events.outcomes import Accepted
from loyalty.models import LedgerEntry, LoyaltyCard
from projects.models import Project
from referrals.models import Conversion
from tests.factories import ProjectFactory
from tests.loyalty.cards import lots_left
from tests.threads import at_once
from tests.world import (
    a_proportional_rule,
    a_published_code,
    a_rewarding_shop,
    an_event,
    send,
)

SENDERS = 8
EVENTS_A_SENDER = 200
PEOPLE = [f"customer {number:02}" for number in range(20)]
REFERRERS = PEOPLE[:4]
# Events of one call, by sender: single ones and batches get in each other's way.
CHUNKS = [1, 1, 2, 5, 10, 20, 50, 200]
FIXED_POINTS, REFEREE_POINTS, REFERRER_POINTS = 3, 50, 100


def set_up():
    project = ProjectFactory()
    paid, club, referrals = a_rewarding_shop(
        project, "paid", points=FIXED_POINTS, referee_points=REFEREE_POINTS, referrer_points=REFERRER_POINTS
    )
    a_proportional_rule(club, paid, points=1, every="1", of="amount")
    for number, name in enumerate(REFERRERS):
        a_published_code(referrals, f"CODE-{number}", to=name)
    return project


def amount_of(sender, number):
    return 1 + (sender + number) % 5


def person_of(sender, number):
    return PEOPLE[(7 * number + sender) % len(PEOPLE)]


def body(sender, number):
    code = f"CODE-{(number + sender) % len(REFERRERS)}"
    amount = amount_of(sender, number)
    return an_event("paid", by=person_of(sender, number), referral={"code": code}, metadata={"amount": amount})


def sender(project, position):
    """Sends its events in calls of its own size, and answers the outcomes."""

    def work():
        own = Project.objects.get(pk=project.pk)
        size = CHUNKS[position]
        outcomes = []
        for start in range(0, EVENTS_A_SENDER, size):
            outcomes += send(own, *(body(position, number) for number in range(start, start + size)))
        return outcomes

    return work


@pytest.fixture
def outcomes(transactional_db):
    project = set_up()
    return at_once([sender(project, position) for position in range(SENDERS)])


def earned_by_events():
    """Points of the rules by person, as one sender after the other would have made them."""
    points = Counter()
    for position in range(SENDERS):
        for number in range(EVENTS_A_SENDER):
            points[person_of(position, number)] += FIXED_POINTS + amount_of(position, number)
    return points


def test_eight_senders_at_once_leave_exact_books(outcomes):
    accepted = [outcome for part in outcomes for outcome in part if isinstance(outcome, Accepted)]
    conversions = Conversion.objects.select_related("referrer", "referee")
    referred = Counter(conversion.referrer.source_id for conversion in conversions)
    cards = {card.customer.source_id: card for card in LoyaltyCard.objects.select_related("customer")}

    assert len(accepted) == Event.objects.count() == SENDERS * EVENTS_A_SENDER
    assert sorted(Customer.objects.values_list("source_id", flat=True)) == sorted(cards) == PEOPLE
    assert sorted(conversion.referee.source_id for conversion in conversions) == PEOPLE
    assert {name: card.balance for name, card in cards.items()} == {
        name: points + REFEREE_POINTS + REFERRER_POINTS * referred[name] for name, points in earned_by_events().items()
    }
    assert LedgerEntry.objects.count() == 2 * SENDERS * EVENTS_A_SENDER + 2 * len(PEOPLE)
    check_books(cards.values())


def check_books(cards):
    """Every card's entries run up to its balance, one after the other."""
    for card in cards:
        entries = list(LedgerEntry.objects.filter(card=card).order_by("id"))
        assert [entry.balance_after for entry in entries] == list(accumulate(entry.points for entry in entries))
        assert card.balance == card.lifetime == entries[-1].balance_after == sum(lots_left(card))
