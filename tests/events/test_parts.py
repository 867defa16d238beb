"""Batches are written a hundred events at a time, so that nobody waits for a whole one."""

import threading

import pytest
from django.db import connection, transaction

from customers.models import Customer
from events.models import Event
from events.outcomes import Accepted
from events.recording import MOST_AT_ONCE
from tests.factories import CustomerFactory, ProjectFactory
from tests.processes import SECONDS, wait_for
from tests.threads import at_once
from tests.world import a_definition, accept, an_event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project():
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    project = ProjectFactory()
    a_definition(project, "signed_up")
    return project


def test_what_a_part_holds_is_there_while_the_next_one_waits(project):
    CustomerFactory(project=project, source_id="held")
    is_held, is_seen = threading.Event(), threading.Event()
    events = [an_event("signed_up", by=f"customer {number}") for number in range(MOST_AT_ONCE)]

    def hold():
        with transaction.atomic():
            Customer.objects.select_for_update().get(source_id="held")
            is_held.set()
            return is_seen.wait(SECONDS)

    def send():
        is_held.wait(SECONDS)
        return accept(project, *events, an_event("signed_up", by="held"))

    def look():
        try:
            return wait_for(lambda: Event.objects.count() == MOST_AT_ONCE)
        finally:
            is_seen.set()

    _, outcomes, was_seen = at_once([hold, send, look])

    assert was_seen
    assert [type(outcome) for outcome in outcomes] == [Accepted] * (MOST_AT_ONCE + 1)
    assert Event.objects.count() == MOST_AT_ONCE + 1
