"""CPU time of a request in one process without a server: the bare view and the endpoint without storage, by turns.

Import it only after `django.setup()`, with the settings bench.settings_without_storage.
"""

import gc
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings

from bench.calls import post
from bench.loads import event_body
from bench.world import World

REQUESTS = 200
WARM_UP = 100


def main(arguments: Sequence[str]) -> dict[str, list[float]]:
    """Microseconds of CPU a request in each round, by view. The arguments are the number of rounds and the world."""
    rounds, world = int(arguments[0]), World(**json.loads(arguments[1]))
    with override_settings(MIDDLEWARE=[]):
        without_middleware = WSGIHandler()
    product = WSGIHandler()
    views: dict[str, Callable[[bytes], bytes]] = {
        "bare view": lambda body: post(without_middleware, "/bare", world, body),
        "endpoint without storage": lambda body: post(product, "/v1/events", world, body),
        "the same without middleware": lambda body: post(without_middleware, "/v1/events", world, body),
    }
    bodies = [event_body(world.customers).encode() for _ in range(REQUESTS)]
    for view in views.values():
        _microseconds(view, bodies[:WARM_UP])
    found: dict[str, list[float]] = {name: [] for name in views}
    for _ in range(rounds):
        for name, view in views.items():
            found[name].append(_microseconds(view, bodies))
    return found


def _microseconds(view: Callable[[bytes], Any], bodies: Sequence[bytes]) -> float:
    gc.collect()
    began = time.process_time_ns()
    for body in bodies:
        view(body)
    return (time.process_time_ns() - began) / len(bodies) / 1000
