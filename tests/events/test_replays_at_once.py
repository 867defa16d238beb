"""Replays at the same moment, and one that is cut short: each event is accepted once."""

import pytest
from django.db import transaction

from events.models import Event
from events.selecting import open_rows
from projects.models import Project
from tests.events.replays import a_payment, everything, replay_all, with_payments
from tests.factories import ProjectFactory
from tests.threads import at_once
from tests.world import (
    balances,
    send,
)


def replaying(project):
    def work():
        own = Project.objects.get(pk=project.pk)
        return replay_all(own)

    return work


def test_two_replays_at_once_accept_each_event_once(transactional_db):
    shop = with_payments(ProjectFactory())
    send(shop, *(a_payment(f"customer {n % 7}", id=f"order-{n}" if n % 2 else None) for n in range(60)))

    told = at_once([replaying(shop)] * 4)

    assert sum(part.get("accepted", 0) for part in told) == Event.objects.count() == 60
    assert sum(balances(shop).values()) == 60 * 12


def test_a_replay_and_its_sender_at_once_accept_each_event_once(transactional_db):
    shop = with_payments(ProjectFactory())
    send(shop, *(a_payment(f"customer {n}", id=f"order-{n}") for n in range(40)))

    def sender():
        own = Project.objects.get(pk=shop.pk)
        for n in reversed(range(40)):
            send(own, a_payment(f"customer {n}", id=f"order-{n}", amount=12))

    at_once([replaying(shop), sender, replaying(shop)])

    assert Event.objects.count() == 40
    assert balances(shop) == {f"customer {n}": 12 for n in range(40)}
    assert not open_rows(shop).exists()


class Cut(Exception):
    """Stands for the end of the process."""


def test_a_replay_that_ends_before_its_commit_has_done_nothing(transactional_db):
    shop = with_payments(ProjectFactory())
    send(shop, *(a_payment(f"customer {n}") for n in range(3)))
    before = everything()

    with pytest.raises(Cut):
        cut_short(shop)

    assert everything() == before
    assert replay_all(shop) == {"accepted": 3}


def cut_short(project):
    """A replay whose process ends when everything is written and nothing is committed."""
    with transaction.atomic():
        replay_all(project)
        raise Cut
