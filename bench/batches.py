"""The load of `POST /v1/events/batch`: prepared batches, in which only the events' ids are new each time.

wrk drops what is under way when its time is up, which is no little with batches; here each connection finishes its
last request and the time until then counts, as pgbench does it.
"""

import http.client
import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.loads import Load, event, load_of
from bench.world import World

PREPARED = 20
ID_BYTES = 16


class Batch:
    """The JSON of a batch between the ids of its events."""

    def __init__(self, events: Sequence[object]) -> None:
        self.size = len(events)
        bodies = [json.dumps(each, separators=(",", ":"))[1:] for each in events]
        self._opening = b'{"events":[{"id":"'
        self._between = [f'",{body},{{"id":"'.encode() for body in bodies[:-1]]
        self._closing = f'",{bodies[-1]}]}}'.encode()

    def with_new_ids(self) -> bytes:
        """The body of a request. The ids are random, as senders' are: no two are neighbours in an index."""
        digits = os.urandom(self.size * ID_BYTES).hex().encode()
        ids = [digits[start : start + 2 * ID_BYTES] for start in range(0, len(digits), 2 * ID_BYTES)]
        parts = [part for pair in zip(ids, self._between, strict=False) for part in pair]
        return b"".join([self._opening, *parts, ids[-1], self._closing])


def prepared(world: World, size: int) -> list[Batch]:
    return [Batch([event(world.customers) for _ in range(size)]) for _ in range(PREPARED)]


@dataclass
class _Sender:
    """One connection; latencies in milliseconds."""

    url: str
    world: World
    batches: Sequence[Batch]
    latencies: list[float] = field(default_factory=list)
    failed: int = 0

    def work_while(self, goes_on: Callable[[int], bool]) -> None:
        """Sends while `goes_on(batches sent)`."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.netloc)
        while goes_on(len(self.latencies)):
            batch = self.batches[len(self.latencies) % len(self.batches)]
            body = batch.with_new_ids()
            began = time.perf_counter()
            self.failed += not self._accepted(connection, parts.path, batch, body)
            self.latencies.append((time.perf_counter() - began) * 1000)
        connection.close()

    def _accepted(self, connection: http.client.HTTPConnection, path: str, batch: Batch, body: bytes) -> bool:
        """Whether every event of the batch was. A broken connection is a failure like any other answer."""
        headers = {
            "Content-Type": "application/json",
            "X-App-Id": self.world.app_id,
            "X-App-Token": self.world.app_token,
        }
        try:
            connection.request("POST", path, body=body, headers=headers)
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return False
        return answer.status == 200 and f'"accepted":{batch.size},'.encode() in said[-200:]


def batch_load(url: str, world: World, batches: Sequence[Batch], connections: int, seconds: int) -> Load:
    """Batches over so many connections for so many seconds; answers and latencies are those of batches."""
    deadline = time.perf_counter() + seconds
    return _load(url, world, batches, connections, lambda _: time.perf_counter() < deadline)


def some_batches(url: str, world: World, batches: Sequence[Batch], connections: int, each: int) -> Load:
    """So many batches over each of so many connections."""
    return _load(url, world, batches, connections, lambda sent: sent < each)


def _load(url: str, world: World, batches: Sequence[Batch], connections: int, goes_on: Callable[[int], bool]) -> Load:
    # Each connection begins with another batch, so that the same customers are not locked by all at once.
    shares = [
        [*batches[start:], *batches[:start]] for start in (n * len(batches) // connections for n in range(connections))
    ]
    senders = [_Sender(url, world, share) for share in shares]
    began = time.perf_counter()
    threads = [threading.Thread(target=sender.work_while, args=[goes_on], daemon=True) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    latencies = [latency for sender in senders for latency in sender.latencies]
    return load_of(latencies, time.perf_counter() - began, failed=sum(sender.failed for sender in senders))
