"""Worker, relay and broker are killed under load: every delivery arrives, none before its commit, under one id."""

import http.server
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from projects.models import Project
from tests.brokers import a_broker, machines
from tests.factories import ProjectFactory
from tests.processes import commands, kill_tree, wait_for
from webhooks.models import SendOut, SendOutStatus, SourceKind, Webhook
from webhooks.send_outs import SendOutRequest, queue_send_outs

KILLS = 12
# How many more deliveries have to arrive before the next kill.
BETWEEN_KILLS = (20, 200)
PRODUCERS = 2
# How many may be on their way: the test is of kills, not of a backlog.
MOST_AHEAD = 500
# How long a transaction stays open after it has written what is to be delivered.
OPEN_SECONDS = 0.02
# What a killed worker held comes free after a minute, and may be held by the next one that is killed.
PATIENCE_SECONDS = 300


@dataclass
class Sent:
    """By id of the delivery: what arrived and when, and what was written and when its transaction was about to end."""

    arrived: dict[str, list[tuple[float, bytes]]] = field(default_factory=lambda: defaultdict(list))
    committed: dict[str, float] = field(default_factory=dict)
    rolled_back: set[str] = field(default_factory=set)
    enough: Flag = field(default_factory=Flag)


@contextmanager
def receiving(sent: Sent) -> Iterator[str]:
    """A real receiver, which takes everything; its address."""

    class Receiver(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            at = time.monotonic()
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sent.arrived[json.loads(body)["id"]].append((at, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 512

        def handle_error(self, *arguments: Any) -> None:
            pass  # a worker was killed while it sent

    server = Server(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def produce(sent: Sent, webhook: Webhook, number: int) -> None:
    try:
        write_deliveries(sent, webhook, number)
    finally:
        connection.close()


def write_deliveries(sent: Sent, webhook: Webhook, number: int) -> None:
    """Transactions of 1 to 30 deliveries, of which every fifth is rolled back."""
    dice, count = random.Random(number), 0
    while not sent.enough.is_set():
        if len(sent.committed) - len(sent.arrived) > MOST_AHEAD:
            sent.enough.wait(OPEN_SECONDS)
            continue
        requests = [a_request(webhook, f"{number}:{count + place}") for place in range(dice.randint(1, 30))]
        count += len(requests)
        is_lost = dice.random() < 0.2
        with transaction.atomic():
            ids = {row.public_id for row in queue_send_outs(webhook.project, requests, now=timezone.now())}
            sent.enough.wait(OPEN_SECONDS)
            transaction.set_rollback(is_lost)
            at = time.monotonic()
        if is_lost:
            sent.rolled_back |= ids
        else:
            sent.committed.update(dict.fromkeys(ids, at))


def a_request(webhook: Webhook, cause: str) -> SendOutRequest:
    return SendOutRequest(
        source_kind=SourceKind.WEBHOOK,
        source_id=webhook.pk,
        target_url=webhook.target_url,
        type="customer.custom_event",
        body={"type": "customer.custom_event", "data": {"cause": cause}},
        cause=cause,
    )


def kill_under_load(sent: Sent, webhook: Webhook, kills: list[Callable[[], None]]) -> None:
    """Kills by turns while deliveries are written, and waits until all have arrived."""
    dice = random.Random(KILLS)
    with ThreadPoolExecutor(PRODUCERS) as pool:
        producers = [pool.submit(produce, sent, webhook, number) for number in range(PRODUCERS)]
        try:
            for number in range(KILLS):
                goal = len(sent.arrived) + dice.randint(*BETWEEN_KILLS)
                wait_for(lambda goal=goal: len(sent.arrived) >= goal, PATIENCE_SECONDS)
                kills[number % len(kills)]()
        finally:
            sent.enough.set()
        for producer in producers:
            producer.result()
    wait_for(lambda: sent.arrived.keys() >= sent.committed.keys(), PATIENCE_SECONDS)


def check(sent: Sent) -> None:
    """All of them arrived, none before its commit nor without one, each under one id with one text."""
    assert sent.arrived.keys() == sent.committed.keys()
    assert sent.rolled_back and not sent.rolled_back & sent.arrived.keys()
    assert [key for key, at in sent.committed.items() if min(sent.arrived[key])[0] < at] == []
    assert [key for key, came in sent.arrived.items() if len({body for _, body in came}) != 1] == []
    wait_for(lambda: not SendOut.objects.exclude(status=SendOutStatus.DELIVERED).exists(), PATIENCE_SECONDS)
    assert SendOut.objects.count() == len(sent.committed)


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def webhook(transactional_db: None, sent: Sent) -> Iterator[Webhook]:
    project: Project = ProjectFactory()
    with receiving(sent) as url:
        yield Webhook.objects.create(project=project, target_url=url, events=["customer.custom_event"])


class Kept:
    """A process that is killed without a warning and started anew."""

    def __init__(self, start: Callable[[], Any]) -> None:
        self._start = start
        self._process = start()

    def kill(self) -> None:
        kill_tree(self._process.pid)
        self._process.wait()
        self._process = self._start()


@pytest.mark.parametrize("name", ["RabbitMQ", "Redis"])
def test_what_celery_carries_arrives_though_worker_relay_and_broker_are_killed(name, sent, webhook):
    with a_broker(name) as node, machines(node.url, "config.settings", WEBHOOK_ALLOW_PRIVATE="1") as (relay, worker):

        def kill_broker() -> None:
            node.kill()
            node.start()

        kill_under_load(sent, webhook, [Kept(worker).kill, kill_broker, Kept(relay).kill])
        check(sent)


def test_what_embedded_workers_send_arrives_though_they_are_killed(sent, webhook):
    with commands() as command:

        def worker() -> Any:
            return command("relay_outbox", WEBHOOK_ALLOW_PRIVATE="1", CELERY_BROKER_URL="", LOG_LEVEL="CRITICAL")

        kill_under_load(sent, webhook, [Kept(worker).kill, Kept(worker).kill])
        check(sent)
