"""What nobody should send: bodies, values, paths and queries that have broken servers."""

import copy
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from common.jsons import JsonValue, dumps

# An object with the member "x", which stands for whatever is to be tried.
AROUND = b'{"event":"zebra_signed_up","customer":{"source_id":"eve"},"name":"Eve","metadata":{"note":%s},"x":%s}'


def member(raw: bytes) -> bytes:
    return AROUND % (raw, raw)


# Refused by every route that reads its body, whatever the route asks for.
NEVER_JSON: dict[str, bytes] = {
    "an opening brace": b"{",
    "two documents": b"{}{}",
    "a trailing comma": b'{"a":1,}',
    "single quotes": b"{'a':1}",
    "a comment": b"/* */{}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": "{}".encode("utf-16"),
    "latin-1": '{"name":"Zoë"}'.encode("latin-1"),
    "overlong utf-8": b'{"name":"\xc0\x80"}',
    "a surrogate in utf-8": b'{"name":"\xed\xa0\x80"}',
    "nul bytes": b"\x00\x00\x00",
    "a raw nul": member(b'"a\x00b"'),
    "an escaped nul": member(b'"a\\u0000b"'),
    "a nul in a key": b'{"a\\u0000":1,"name":"Eve","customer":{"source_id":"e\\u0000"}}',
    "a lone surrogate": member(b'"\\ud800"'),
    "a lone low surrogate": member(b'"\\udfff"'),
    "a lone surrogate in a key": b'{"customer":{"source_id":"eve","metadata":{"\\ud800":1}}}',
    "NaN": member(b"NaN"),
    "Infinity": member(b"Infinity"),
    "minus Infinity": member(b"-Infinity"),
    "1e400": member(b"1e400"),
    "minus 1e400": member(b"-1e400"),
    "1e-400": member(b"1e-400"),
    "an endless exponent": member(b"1e99999999999999999999"),
    "an integer of 65 bits": member(b"18446744073709551616"),
    "an integer of 5,000 digits": member(b"9" * 5_000),
    "a fraction of 5,000 digits": member(b"0." + b"1" * 5_000),
    "21 levels": member(b"[" * 20 + b"]" * 20),
    "2,000 levels": b"[" * 2_000 + b"]" * 2_000,
    "100,000 levels": b"[" * 100_000 + b"]" * 100_000,
    "100,000 levels of objects": b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
    "100,000 opening brackets": b"[" * 100_000,
    "a key twice": b'{"event":"a","event":"b","name":"Eve"}',
    "a key twice, once escaped": b'{"name":"Eve","n\\u0061me":"Ada"}',
    "a key twice deep inside": member(b'[{"a":[{"b":1,"b":2}]}]'),
    "a text of 10,241 bytes": member(b'"' + b"a" * 10_241 + b'"'),
    "1,001 keys": dumps({f"k{n}": n for n in range(1_001)}).encode(),
    "20,000 keys": dumps({f"k{n}": 1 for n in range(20_000)}).encode(),
    "50,000 keys": dumps({f"k{n}": 1 for n in range(50_000)}).encode(),
    "300 kilobytes": b'{"a":"' + b"a" * 300 * 1024 + b'"}',
    "300 kilobytes of blanks": b" " * 300 * 1024,
    "a megabyte": b"[" + b"1," * 512 * 1024 + b"1]",
    "a form": b"event=signed_up&customer=ben",
    "xml": b"<event/>",
}

# Put in the place of everything that a good body says.
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**63 - 1,
    Decimal("-1e300"),
    "",
    "\u202e\u200b'\"<script>{{7*7}}" + "a" * 300,
    [],
    {"x": {"": [1, None]}},
)


def mutations(body: JsonValue) -> Iterator[JsonValue]:
    """The body with one part replaced, taken out, or given a stranger as a neighbour; for every part of it."""
    for path in paths_of(body):
        for value in VALUES:
            yield _replaced(body, path, value)
        yield _without(body, path)


def paths_of(value: JsonValue, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in parts:
        yield (*path, name)
        yield from paths_of(inner, (*path, name))


def _replaced(body: JsonValue, path: tuple[Any, ...], value: JsonValue) -> JsonValue:
    body = copy.deepcopy(body)
    inner = body
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return body


def _without(body: JsonValue, path: tuple[Any, ...]) -> JsonValue:
    body = copy.deepcopy(body)
    inner = body
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return body


# In the place of an id, a code or a name in a path.
PATHS = (
    "%00",
    "a%00b",
    "%ED%A0%80",
    "..%2F..%2Fetc%2Fpasswd",
    "%F0%9F%98%80",
    "cust_zzzzzzzzzzzzzzzzzzzzzz",
    "' OR 1=1 --",
    "a" * 5_000,
)

QUERIES = (
    "a=%00",
    "%00=a",
    "a=%ED%A0%80",
    "a=1&a=%00&a=2",
    "&&&=&==",
    "a" * 5_000,
    "a=1&" * 2_000,
    "limit=",
    "limit=0",
    "limit=101",
    "limit=-1",
    "limit=1e1",
    "limit=٥",
    "limit=99999999999999999999",
    "page=0",
    "page=101",
    "page=100&limit=100",
    "order=password",
    "order=-",
    "starting_after_id=x",
    "starting_after_id=cust_zzzzzzzzzzzzzzzzzzzzzz",
    "starting_after=never",
    "created_at%5Bafter%5D=0001-01-01",
    "created_at%5Bbefore%5D=9999-12-31T23%3A59%3A59Z",
    "created_at%5Bbefore%5D=9999-12-31T23%3A59%3A59-14%3A00",
    "updated_at%5Bbefore%5D=2026-13-01",
    "occurred_at%5Bafter%5D=x",
    "start_date=x&end_date=0001-01-01",
    "customer=%F0%9F%98%80",
    "campaign_id=x&campaign_type=NOTHING",
    "type=x&category=y",
    "email=%27%20OR%201%3D1",
    "city=%22%7D",
    "expand=effects,effects,x",
    "join_once=maybe",
    "vouchers_count=2",
    "force=maybe",
    "filters%5Bmetadata.a%5D%5Bconditions%5D%5B$is%5D=%00",
)
