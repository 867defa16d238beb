"""Look-ups and lists through the whole application in this process: how long a GET takes, by what is asked for.

Import it only after `django.setup()`.
"""

import io
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.urls import Resolver404, resolve

from bench.sections.lists import LAST_PAGE
from bench.world import World
from campaigns.models import Voucher
from customers.models import Customer

CALLS = 60
WARM_UP = 10
PAGE_CALLS = 15


def main(arguments: Sequence[str]) -> dict[str, float]:
    """The median milliseconds of a call by its name. Arguments: the world, the prefix of source ids and codes, and how
    many rows have it.
    """
    world, prefix, count = World(**json.loads(arguments[0])), arguments[1], int(arguments[2])
    application = WSGIHandler()
    found: dict[str, float] = {}
    for name, paths, calls in _cases(prefix, count):
        times = [_milliseconds(application, path, world) for path in paths(WARM_UP + calls)]
        found[name] = statistics.median(times[WARM_UP:])
    return found


def _cases(prefix: str, count: int) -> Iterator[tuple[str, Callable[[int], list[str]], int]]:
    chosen = random.Random(1).sample(range(1, count + 1), min(count, WARM_UP + CALLS))
    people = list(Customer.objects.filter(source_id__in=[f"{prefix}{number}" for number in chosen]))
    codes = list(Voucher.objects.filter(holder__in=people))

    def of(paths: list[str]) -> Callable[[int], list[str]]:
        return lambda wanted: [paths[number % len(paths)] for number in range(wanted)]

    yield "customer by id", of([f"/v1/customers/{one.public_id}" for one in people]), CALLS
    yield "customer by source id", of([f"/v1/customers/{one.source_id}" for one in people]), CALLS
    yield (
        "customer by name",
        of([f"/v1/customers?name={(one.name or '').replace(' ', '%20')}" for one in people]),
        CALLS,
    )
    yield "code by code", of([f"/v1/vouchers/{one.code}" for one in codes]), CALLS
    yield "code by id", of([f"/v1/vouchers/{one.public_id}" for one in codes]), CALLS
    for kind in ("customers", "vouchers"):
        for page in (1, LAST_PAGE):
            if _is_served(f"/v1/{kind}"):
                yield f"{kind}, page {page}", of([f"/v1/{kind}?limit=100&page={page}"]), PAGE_CALLS


def _is_served(path: str) -> bool:
    try:
        return bool(resolve(path))
    except Resolver404:
        return False


def _milliseconds(application: Callable[..., Any], path: str, world: World) -> float:
    began = time.perf_counter()
    answer = application(_request(path, world), _refuse_all_but_success)
    b"".join(answer)
    answer.close()
    return (time.perf_counter() - began) * 1000


def _request(path: str, world: World) -> dict[str, Any]:
    path, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_X_APP_ID": world.app_id,
        "HTTP_X_APP_TOKEN": world.app_token,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
    }


def _refuse_all_but_success(status: str, headers: list[tuple[str, str]]) -> Any:
    assert status.startswith("200"), status
