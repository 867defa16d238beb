"""Accepting fifty events takes as many statements as accepting one. Two of each budget are a savepoint's, which the
test's own transaction makes of the request's. PostgreSQL gets writes that nobody waits for as one statement.
"""

from dataclasses import replace

import pytest
from django.db import connection

from customers.models import Customer
from events.acceptance import accept_events
from events.payloads import CLIENT_API, Source, parse_event
from events.tickets import issue_ticket
from tests.factories import CustomerFactory
from tests.world import (
    NOW,
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    a_rule,
    accept,
    an_event,
    balances,
)

pytestmark = pytest.mark.parametrize("count", [1, 50])


@pytest.fixture
def people(project, count):
    """Customers who are known already."""
    names = [f"customer {n:02}" for n in range(count)]
    Customer.objects.bulk_create(CustomerFactory.build(project=project, source_id=name) for name in names)
    return names


@pytest.fixture
def measure(project, django_assert_num_queries):
    """Accepts the bodies in exactly so many statements, what is compiled from the configuration being there."""

    def measured(bodies, statements, on_postgresql=None):
        if connection.vendor == "postgresql" and on_postgresql is not None:
            statements = on_postgresql
        accept(project, an_event(by="warm-up"))
        payloads = [parse_event(body) for body in bodies]
        with django_assert_num_queries(statements):
            outcomes = accept_events(project=project, payloads=payloads, now=NOW)
        assert [hasattr(outcome, "event") for outcome in outcomes] == [True] * len(bodies)
        return outcomes

    return measured


def test_plain_events_of_known_customers(project, people, measure):
    a_definition(project, "signed_up")

    measure([an_event(by=name) for name in people], statements=2 + 2)


def test_plain_events_of_new_customers(project, count, measure):
    a_definition(project, "signed_up")

    measure([an_event(by=f"new {n}") for n in range(count)], statements=2 + 4, on_postgresql=2 + 3)


def test_plain_events_of_one_customer(project, count, measure):
    a_definition(project, "signed_up")

    measure([an_event(by="warm-up")] * count, statements=2 + 2)


def test_events_that_change_their_customers(project, people, measure):
    a_definition(project, "signed_up")
    bodies = [an_event(customer={"source_id": name, "name": name}) for name in people]

    measure(bodies, statements=2 + 4, on_postgresql=2 + 2)


def test_events_that_earn_on_cards_there_are(project, people, measure):
    signed_up = a_definition(project, "signed_up")
    club = a_loyalty_programme(project)
    a_rule(club, signed_up, points=10)
    a_rule(club, signed_up, points=5)
    accept(project, *(an_event(by=name) for name in people))

    measure([an_event(by=name) for name in people], statements=2 + 6, on_postgresql=2 + 3)

    assert balances(project) == dict.fromkeys(people, 30) | {"warm-up": 15}


def test_events_that_open_the_card_that_they_earn_on(project, people, measure):
    a_rule(a_loyalty_programme(project), a_definition(project, "signed_up"), points=10)

    measure([an_event(by=name) for name in people], statements=2 + 13, on_postgresql=2 + 11)

    assert balances(project) == dict.fromkeys([*people, "warm-up"], 10)


def test_events_that_name_the_card_that_they_earn_on(project, people, measure):
    a_rule(a_loyalty_programme(project), a_definition(project, "signed_up"), points=10)
    accepted = accept(project, *(an_event(by=name) for name in people))
    codes = {
        item.customer.source_id: next(e.data["card"] for e in item.effects if "card" in e.data) for item in accepted
    }

    measure(
        [an_event(by=name, loyalty={"code": codes[name]}) for name in people], statements=2 + 7, on_postgresql=2 + 4
    )

    assert balances(project) == dict.fromkeys(people, 20) | {"warm-up": 10}


def test_events_that_convert_a_referral_and_pay_both_sides_on_cards_there_are(project, people, measure):
    signed_up, visited = a_definition(project, "signed_up"), a_definition(project, "visited")
    club = a_loyalty_programme(project)
    a_rule(club, visited, points=1)
    referrals = a_referral_programme(project, signed_up, club=club, referee_points=50, referrer_points=100)
    a_published_code(referrals, "NRY-01", to="ada")
    accept(project, *(an_event("visited", by=name) for name in [*people, "ada"]))

    measure(
        [an_event(by=name, referral={"code": "NRY-01"}) for name in people], statements=2 + 12, on_postgresql=2 + 10
    )

    assert balances(project) == dict.fromkeys(people, 51) | {"ada": 1 + 100 * len(people)}


def test_events_whose_referral_was_counted_before(project, people, measure):
    signed_up = a_definition(project, "signed_up")
    a_published_code(a_referral_programme(project, signed_up), "NRY-01", to="ada")
    bodies = [an_event(by=name, referral={"code": "NRY-01"}) for name in people]
    accept(project, *bodies)

    measure(bodies, statements=2 + 5)


def test_events_of_browsers_cost_what_others_do_and_their_tickets_two_statements(
    project, people, django_assert_num_queries
):
    a_definition(project, "signed_up")
    accept(project, an_event(by="warm-up"))
    browser = Source(CLIENT_API, "")
    plain = [parse_event(an_event(by=name), browser) for name in people]
    tickets = [issue_ticket(project, "signed_up", item.customer, seconds=9, now=NOW)[1] for item in plain]

    with django_assert_num_queries(2 + 2):
        accept_events(project=project, payloads=plain, now=NOW)
    with django_assert_num_queries(2 + (3 if connection.vendor == "postgresql" else 4)):
        shown = [replace(item, ticket=ticket) for item, ticket in zip(plain, tickets, strict=True)]
        accept_events(project=project, payloads=shown, now=NOW)
