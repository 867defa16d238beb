"""The load generators: pgbench for PostgreSQL's floors, wrk (or Python, where wrk is missing) for single events."""

import http.client
import json
import os
import random
import re
import secrets
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench import processes
from bench.cluster import find_binary
from bench.databases import Unavailable
from bench.world import EVENT, World

HERE = Path(__file__).resolve().parent
WRK_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Load:
    """What a load generator saw: answers, seconds, latencies in milliseconds, and what was not a 2xx or broke off.

    `cpu` is the microseconds of a floor that writes in a process of its own.
    """

    answered: int
    seconds: float
    p50: float
    p99: float
    failed: int = 0
    cpu: int | None = None


def has_wrk() -> bool:
    return shutil.which("wrk") is not None


def http_load(url: str, world: World, connections: int, seconds: int) -> Load:
    """Events of random customers, posted to `url` over that many connections that stay open."""
    load = _wrk if has_wrk() else _python
    return load(url, world, connections, seconds)


def pgbench_load(
    script: str, database_url: str, world: World, connections: int, seconds: int, *, size: int = 1
) -> Load:
    """A floor of ours (`bench/<script>`) over that many connections, prepared once each; `size` events a transaction.

    Raises Unavailable without pgbench.
    """
    pgbench = find_binary("pgbench")
    if pgbench is None:
        raise Unavailable("pgbench was not found. Install it (Debian: apt-get install postgresql-contrib)")
    variables = {name: getattr(world, name) for name in ("customers", "project", "definition", "rule", "program")}
    variables["size"] = size
    definitions = [f"--define={name}={value}" for name, value in variables.items()]
    with tempfile.TemporaryDirectory(prefix="boon-bench-") as logs:
        report = processes.run(
            [
                *(pgbench, "--no-vacuum", "--protocol=prepared", f"--file={HERE / script}"),
                *(f"--client={connections}", "--jobs=1", f"--time={seconds}", *definitions),
                *("--log", f"--log-prefix={logs}/latency", database_url),
            ]
        )
        latencies = [
            int(line.split()[2]) / 1000 for path in Path(logs).iterdir() for line in path.read_text().splitlines()
        ]
    return _pgbench_load(report, latencies)


def _pgbench_load(report: str, latencies: list[float]) -> Load:
    done = re.search(r"transactions actually processed: (\d+)", report)
    rate = re.search(r"tps = ([\d.]+) \((?:without|excluding)", report)
    failed = re.search(r"failed transactions: (\d+)", report)
    if done is None or rate is None:
        raise RuntimeError(f"pgbench said something new:\n{report}")
    return load_of(latencies, int(done[1]) / float(rate[1]), failed=int(failed[1]) if failed else 0)


def _wrk(url: str, world: World, connections: int, seconds: int) -> Load:
    variables = {
        "BENCH_CUSTOMERS": str(world.customers),
        "BENCH_APP_ID": world.app_id,
        "BENCH_APP_TOKEN": world.app_token,
        "BENCH_SEED": str(secrets.randbits(48)),
    }
    options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", f"{WRK_TIMEOUT_SECONDS}s"]
    output = processes.run(
        ["wrk", *options, "-s", str(HERE / "event.lua"), url], environment={**os.environ, **variables}
    )
    line = next(line for line in output.splitlines() if line.startswith("BENCH "))
    seen = json.loads(line.removeprefix("BENCH "))
    return Load(
        answered=seen["answered"],
        seconds=seen["microseconds"] / 1_000_000,
        p50=seen["p50"] / 1000,
        p99=seen["p99"] / 1000,
        failed=seen["refused"] + seen["broken"],
    )


@dataclass
class _Client:
    """One connection of the Python load generator; latencies in milliseconds."""

    url: str
    world: World
    latencies: list[float] = field(default_factory=list)
    failed: int = 0

    def work_until(self, deadline: float) -> None:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.netloc)
        headers = {
            "Content-Type": "application/json",
            "X-App-Id": self.world.app_id,
            "X-App-Token": self.world.app_token,
        }
        while (began := time.perf_counter()) < deadline:
            connection.request("POST", parts.path, body=event_body(self.world.customers), headers=headers)
            answer = connection.getresponse()
            answer.read()
            self.failed += not 200 <= answer.status <= 299
            self.latencies.append((time.perf_counter() - began) * 1000)
        connection.close()


def _python(url: str, world: World, connections: int, seconds: int) -> Load:
    clients = [_Client(url, world) for _ in range(connections)]
    began = time.perf_counter()
    threads = [threading.Thread(target=client.work_until, args=[began + seconds], daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    latencies = [latency for client in clients for latency in client.latencies]
    return load_of(latencies, time.perf_counter() - began, failed=sum(client.failed for client in clients))


def event_body(customers: int) -> str:
    """What event.lua sends."""
    return json.dumps({"id": secrets.token_hex(16), **event(customers)})


def event(customers: int) -> dict[str, Any]:
    """An event of one of so many customers, with 8 properties; its sender's id is left to the load."""
    who = random.randint(1, customers)
    return {
        "event": EVENT,
        "customer": {"source_id": f"customer-{who}", "name": f"Customer {who}"},
        "metadata": {
            "order_id": f"order-{random.randint(1, 1_000_000)}",
            "amount": random.randint(100, 50_000) / 100,
            "items": random.randint(1, 9),
            "currency": "EUR",
            "channel": "web",
            "first_order": random.choice([True, False]),
            "placed_at": "2026-11-22T10:00:00.000Z",
            "note": "please leave it at the door",
        },
    }


def load_of(latencies: Sequence[float], seconds: float, *, failed: int, cpu: int | None = None) -> Load:
    """A load in which each answer took so many milliseconds."""
    cuts = statistics.quantiles(latencies, n=100) if len(latencies) > 1 else [*latencies, 0.0][:1] * 99
    return Load(len(latencies), seconds, cuts[49], cuts[98], failed, cpu)
