"""Sixteen senders at once, and every event sent three times, in any order, by three different routes."""

import os
import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command

from common.jsons import dumps
from events.models import Event, IdempotencyKey
from loyalty.checking import ledger_problems
from projects.keys import create_key
from referrals.models import Conversion
from tests.api.caller import HEADERS
from tests.api.segment.caller import basic
from tests.factories import ProjectFactory
from tests.senders import Sender
from tests.threads import at_once
from tests.world import (
    TESTER,
    a_proportional_rule,
    a_published_code,
    a_rewarding_shop,
    balances,
)

SENDERS = 16
EVENTS = 3_000 if os.environ.get("SOAK") else 240
PEOPLE = [f"customer {number:02}" for number in range(20)]
POINTS, REFEREE_POINTS, REFERRER_POINTS = 3, 50, 100
ROUTES = ("single", "header", "batch", "segment", "import")
SENT_AT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


def an_order(number):
    return {
        "id": f"order-{number}",
        "event": "ordered",
        "customer": {"source_id": PEOPLE[number % len(PEOPLE)]},
        "metadata": {"amount": 1 + number % 7},
        "occurred_at": (SENT_AT + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "referral": {"code": "ADA"},
    }


def as_segment(order):
    return {
        "type": "track",
        "messageId": order["id"],
        "event": order["event"],
        "userId": order["customer"]["source_id"],
        "properties": order["metadata"],
        "timestamp": order["occurred_at"],
        "integrations": {"Boon": {"referral": order["referral"]}},
    }


@pytest.fixture
def project(transactional_db):
    project = ProjectFactory()
    ordered, club, referrals = a_rewarding_shop(
        project, "ordered", points=POINTS, referee_points=REFEREE_POINTS, referrer_points=REFERRER_POINTS
    )
    a_proportional_rule(club, ordered, points=1, every="1", of="amount")
    a_published_code(referrals, "ADA", to="ada")
    return project


class Deliveries:
    """Who sends what: each event three times, some of it as lines of a file."""

    def __init__(self):
        dice = random.Random(16)
        self.imported = []
        self.of_sender = defaultdict(list)
        for number in range(EVENTS):
            for route in dice.sample(ROUTES, 3):
                if route == "import":
                    self.imported.append(an_order(number))
                else:
                    self.of_sender[dice.randrange(SENDERS)].append((route, an_order(number)))
        for own in (self.imported, *self.of_sender.values()):
            dice.shuffle(own)


def deliver(sender, segment, route, order):
    """Sends one event by a route; the answer says that it was accepted, now or before."""
    if route == "segment":
        answer = segment.post_until_answered("/v1/track", as_segment(order))
        assert (answer[0], answer[2]) == (200, {"success": True})
    elif route == "batch":
        status, _, answer = sender.post_until_answered("/v1/events/batch", {"events": [order]})
        assert (status, answer["rejected"]) == (200, 0), answer
    elif route == "header":
        body = {name: value for name, value in order.items() if name != "id"}
        status, _, answer = sender.post_until_answered("/v1/events", body, {"Idempotency-Key": order["id"]})
        assert (status, answer["source_id"]) == (200, order["id"]), answer
    else:
        status, _, answer = sender.post_until_answered("/v1/events", order)
        assert (status, answer["source_id"]) == (200, order["id"]), answer


def sending(port, headers, token, deliveries):
    def work():
        sender, segment = Sender(port, headers), Sender(port, basic(token))
        for route, order in deliveries:
            deliver(sender, segment, route, order)
        sender.hang_up()
        segment.hang_up()

    return work


def importing(project, path, orders):
    path.write_text("".join(f"{dumps(order)}\n" for order in orders))
    return lambda: call_command(
        "import_events", str(path), "--project", project.slug, "--batch", "7", stdout=StringIO()
    )


def expected_balances():
    points = Counter({"ada": REFERRER_POINTS * len(PEOPLE)})
    for number in range(EVENTS):
        points[PEOPLE[number % len(PEOPLE)]] += POINTS + 1 + number % 7
    return dict(points + Counter(dict.fromkeys(PEOPLE, REFEREE_POINTS)))


def test_every_event_counts_once_however_often_and_by_whatever_route_it_comes(project, live_server, grouped, tmp_path):
    key, token = create_key(project, kind="server", by=TESTER)
    headers = dict(zip(HEADERS["server"], (key.key_id, token), strict=True))
    port, deliveries = urlsplit(live_server.url).port, Deliveries()

    at_once(
        [
            importing(project, tmp_path / "orders.jsonl", deliveries.imported),
            *(sending(port, headers, token, own) for own in deliveries.of_sender.values()),
        ]
    )

    assert Event.objects.count() == IdempotencyKey.objects.count() == EVENTS
    assert Conversion.objects.count() == len(PEOPLE)
    assert balances(project) == expected_balances()
    assert list(ledger_problems()) == []
