"""Everything is killed under load, again and again: what was answered is there, once and whole."""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Any

import pytest

from customers.models import Customer
from events.models import Event, IdempotencyKey, StoredEffect
from loyalty.checking import ledger_problems
from loyalty.models import EntryKind, LedgerEntry, LoyaltyCard
from referrals.models import Conversion
from tests.api.caller import key_headers
from tests.factories import ProjectFactory
from tests.processes import Served, served, wait_for
from tests.senders import Sender
from tests.world import a_published_code, a_rewarding_shop

KILLS = 20
# How many more events have to be answered before the next kill.
BETWEEN_KILLS = (20, 300)
SENDERS = 8
PEOPLE = [f"customer {number:02}" for number in range(40)]
POINTS, REFEREE_POINTS, REFERRER_POINTS = 3, 50, 100
COUNTED = (Event, IdempotencyKey, StoredEffect, LedgerEntry, LoyaltyCard, Conversion, Customer)

Request = tuple[str, Any]


@dataclass
class Sent:
    """What was sent and answered; `answers` are those of the events, by the senders' ids."""

    requests: list[Request] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    enough: Flag = field(default_factory=Flag)

    def note(self, request: Request, answer: Any) -> None:
        self.requests.append(request)
        for event in events_of(answer):
            self.answers[event["source_id"]] = event


def events_of(answer: Any) -> list[Any]:
    """The events in the answer to one or to a batch."""
    return [answer] if answer["object"] == "event" else [item["event"] for item in answer["data"]]


@pytest.fixture
def headers(transactional_db: None) -> dict[str, str]:
    """A server key of a shop whose orders earn points, and convert Ada's code."""
    project = ProjectFactory()
    _, _, referrals = a_rewarding_shop(
        project, "ordered", points=POINTS, referee_points=REFEREE_POINTS, referrer_points=REFERRER_POINTS
    )
    a_published_code(referrals, "ADA", to="ada")
    return key_headers(project, "server")


def an_order(sender: int, number: int) -> dict[str, Any]:
    return {
        "id": f"order-{sender}-{number}",
        "event": "ordered",
        "customer": {"source_id": PEOPLE[(number * 7 + sender) % len(PEOPLE)]},
        "metadata": {"amount": number},
        "referral": {"code": "ADA"} if number % 3 == 0 else None,
    }


def requests_of(sender: int) -> Iterator[Request]:
    """Single events and batches of up to 30, without an end."""
    dice, number = random.Random(sender), 0
    while True:
        size = dice.choice([1, 1, 1, 1, 5, 30])
        orders = [an_order(sender, number + position) for position in range(size)]
        number += size
        yield ("/v1/events", orders[0]) if size == 1 else ("/v1/events/batch", {"events": orders})


def send_until_enough(sent: Sent, port: int, headers: dict[str, str], sender: int) -> None:
    connection = Sender(port, headers)
    for request in requests_of(sender):
        if sent.enough.is_set():
            break
        status, _, answer = connection.post_until_answered(*request)
        assert status == 200, answer
        sent.note(request, answer)
    connection.hang_up()


def kill_again_and_again(boon: Served, sent: Sent) -> None:
    dice = random.Random(KILLS)
    try:
        for _ in range(KILLS):
            goal = len(sent.answers) + dice.randint(*BETWEEN_KILLS)
            wait_for(lambda goal=goal: len(sent.answers) >= goal)
            boon.kill()
            boon.start()
    finally:
        sent.enough.set()


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in COUNTED}


def test_what_was_answered_is_there_once_and_whole_after_twenty_kills(headers):
    sent = Sent()

    with served() as boon:
        with ThreadPoolExecutor(SENDERS) as pool:
            senders = [pool.submit(send_until_enough, sent, boon.port, headers, sender) for sender in range(SENDERS)]
            kill_again_and_again(boon, sent)
            for sender in senders:
                sender.result()
        check_books(sent)
        stored = counts()
        send_everything_again(sent, boon.port, headers)

    assert counts() == stored


def check_books(sent: Sent) -> None:
    """Each answered event is stored once, and each has earned once; each person was referred once."""
    events = {event.public_id: event for event in Event.objects.all()}
    earned = Counter(
        LedgerEntry.objects.filter(kind=EntryKind.EARN, rule_id__isnull=False).values_list("event_id", flat=True)
    )

    assert sorted(events) == sorted(answer["id"] for answer in sent.answers.values())
    assert earned == {event.pk: 1 for event in events.values()}
    assert set(StoredEffect.objects.values_list("event_id", flat=True)) >= set(earned)
    assert IdempotencyKey.objects.count() == len(events)
    assert len(Conversion.objects.values_list("referee").distinct()) == Conversion.objects.count() == len(PEOPLE)
    assert list(ledger_problems()) == []
    total = sum(LoyaltyCard.objects.values_list("balance", flat=True))
    assert total == len(events) * POINTS + len(PEOPLE) * (REFEREE_POINTS + REFERRER_POINTS)


def send_everything_again(sent: Sent, port: int, headers: dict[str, str]) -> None:
    """The answers are those of the first time."""
    connection = Sender(port, headers)
    for request in sent.requests:
        status, _, answer = connection.post_until_answered(*request)
        assert (status, [sent.answers[event["source_id"]] for event in events_of(answer)]) == (200, events_of(answer))
    connection.hang_up()
