"""Posting many bodies at once over HTTP, and what was answered to each.

One event loop a process, in a thread of its own, with one session: connections stay open between batches, and a
connection that its receiver closes is noticed at once. Made at first use, anew after a fork.
"""

import asyncio
import atexit
import os
import socket
import ssl
import threading
import time
from collections.abc import Collection, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, TypeVar

import aiohttp
from yarl import URL

from common.jsons import storable
from webhooks.targets import connectable

# From resolving the name to the end of the answer.
SECONDS = 10.0
MOST_READ = 64 * 1024
KEPT_CHARACTERS = 2_048
# Less than the 5 seconds after which Node and others close: what is closed while a request is on its way is lost.
KEEP_ALIVE_SECONDS = 4.0
LOOKUPS_AT_ONCE = 32
SECONDS_TO_CLOSE = 2.0


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Post:
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one request. `status` None where no answer came, and `error` says why; `asked` is Retry-After."""

    took_ms: int
    status: int | None = None
    text: str = ""
    error: str = ""
    # Where no other try can help.
    is_final: bool = False
    asked_seconds: int | None = None

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300 and not self.error


def post_all(posts: Sequence[Post], patience: float = SECONDS) -> Iterator[Mapping[int, Reply]]:
    """Sends all of them at the same time; the replies by the places of their posts: those that came within `patience`
    seconds, and then, where some did not, the others. Never raises for what a receiver does.
    """
    poster = _current()
    sent = dict(enumerate(poster.run(poster.send(posts, patience))))
    first = {place: task.result() for place, task in sent.items() if task.done()}
    yield first
    if len(first) < len(sent):
        poster.run(_wait(sent.values(), None))
        yield {place: task.result() for place, task in sent.items() if place not in first}


class _Poster:
    """An event loop in a thread, and its session."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        # A name server that does not answer holds up the names that ask it, and nothing else.
        self.loop.set_default_executor(ThreadPoolExecutor(LOOKUPS_AT_ONCE, "webhook-lookup"))
        self._session: aiohttp.ClientSession | None = None
        threading.Thread(target=self.loop.run_forever, name="webhooks", daemon=True).start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Called from another thread, which waits for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    async def send(self, posts: Sequence[Post], patience: float) -> list[asyncio.Task[Reply]]:
        """Returns when all have their reply, or after so many seconds."""
        session = self._session = self._session or _session()
        tasks = [self.loop.create_task(_post(session, post)) for post in posts]
        await _wait(tasks, patience)
        return tasks

    async def close(self) -> None:
        if self._session:
            await self._session.close()


_lock = threading.Lock()
_poster: _Poster | None = None


def _current() -> _Poster:
    global _poster
    with _lock:
        _poster = _poster or _Poster()
        return _poster


def _forget_parents() -> None:
    """A fork has the loop of its parent, but no thread that runs it."""
    global _lock, _poster
    _lock, _poster = threading.Lock(), None


os.register_at_fork(after_in_child=_forget_parents)


@atexit.register
def _close() -> None:
    """Connections that are still open are closed, so that the end of the process has nothing to complain of."""
    if _poster:
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(_poster.close(), _poster.loop).result(SECONDS_TO_CLOSE)


def _session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=0,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        resolver=aiohttp.ThreadedResolver(),
        socket_factory=connectable,
    )
    tracing = aiohttp.TraceConfig()
    tracing.on_connection_reuseconn.append(_note_reuse)
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=None),
        trace_configs=[tracing],
    )


async def _wait(tasks: Collection[asyncio.Task[Reply]], seconds: float | None) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)


async def _note_reuse(session: Any, context: Any, parameters: Any) -> None:
    context.trace_request_ctx.is_reused = True


async def _post(session: aiohttp.ClientSession, post: Post) -> Reply:
    began = time.monotonic()
    try:
        async with asyncio.timeout(SECONDS):
            reply = await _post_once_or_anew(session, post)
    except TimeoutError:
        return Reply(_since(began), error=f"No whole answer within {SECONDS:.0f} seconds")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Reply(_since(began), error=_sentence(error))
    status, text, asked = reply
    return Reply(_since(began), status, text, asked_seconds=asked)


async def _post_once_or_anew(session: aiohttp.ClientSession, post: Post) -> tuple[int, str, int | None]:
    """A connection that was kept open may be closed at the moment of use, unread: then on another one, once."""
    noted = SimpleNamespace(is_reused=False)
    try:
        return await _exchange(session, post, noted)
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
        if not noted.is_reused:
            raise
    return await _exchange(session, post, SimpleNamespace(is_reused=False))


async def _exchange(session: aiohttp.ClientSession, post: Post, noted: SimpleNamespace) -> tuple[int, str, int | None]:
    headers, body = post.headers, post.body
    async with session.post(
        _url(post.url), data=body, headers=headers, allow_redirects=False, trace_request_ctx=noted
    ) as answer:
        beginning = await _beginning(answer)
        text = _text(answer, beginning)
        return answer.status, text, _asked_seconds(answer)


async def _beginning(answer: aiohttp.ClientResponse) -> bytes:
    """Up to MOST_READ bytes; what has more is closed, and its connection with it."""
    found = b""
    async for chunk in answer.content.iter_any():
        found += chunk
        if len(found) >= MOST_READ:
            answer.close()
            break
    return found[:MOST_READ]


def _text(answer: aiohttp.ClientResponse, beginning: bytes) -> str:
    """What can be kept of a body. Nothing is unpacked: little may become much."""
    packed = answer.headers.get("content-encoding", "identity").lower()
    if packed != "identity":
        return storable(f"({len(beginning)} bytes packed by {packed})", KEPT_CHARACTERS)
    return storable(beginning[: KEPT_CHARACTERS * 4].decode(errors="replace"), KEPT_CHARACTERS)


def _asked_seconds(answer: aiohttp.ClientResponse) -> int | None:
    """Retry-After of 429 and 503 (RFC 9110, 10.2.3), in seconds; None where there is none that can be read."""
    text = answer.headers.get("retry-after", "").strip()
    if answer.status not in (429, 503) or not text:
        return None
    if text.isdecimal():
        return int(text[:9])
    try:
        return max(0, int(parsedate_to_datetime(text).timestamp() - time.time()))
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=4_096)
def _url(text: str) -> URL:
    return URL(text)


def _sentence(error: Exception) -> str:
    """Why no answer came, for people; without what the libraries say of themselves."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"The name {error.host} cannot be resolved"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return storable(f"Its certificate is not trusted: {error.certificate_error}", 500)
    if isinstance(error, aiohttp.ClientConnectorError):
        return storable(f"No connection: {_reason(error.os_error)}", 500)
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError):
        return "The connection was closed before an answer came"
    return storable(f"{type(error).__name__}: {str(error) or 'no answer that can be read'}", 500)


def _reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror | ssl.SSLError) or error.strerror is None:
        return str(error)
    return error.strerror


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1_000)
