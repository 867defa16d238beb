"""A real receiver of webhooks, which does as it is told, and notes what arrived, in order.

Its manners go by the path, so that one server is many receivers: `receiver.url("fail")`.
"""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request. Names of headers are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.arrived: list[Arrived] = []
        # Lets go of those that hang or drip, at the end.
        self.is_over = threading.Event()
        # A path that does something else from now on: {"fail": "take"}.
        self.manners: dict[str, str] = {}
        self.headers: dict[str, str] = {}

    def url(self, manner: str, rest: str = "") -> str:
        return f"http://127.0.0.1:{self.server_port}/{manner}{rest}"

    def at(self, manner: str) -> list[Arrived]:
        return [each for each in self.arrived if each.path.split("/")[1].split("?")[0] == manner]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who is hung up on, has heard enough."""


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.arrived.append(Arrived(self.path, headers, body))
        manner = self.path.split("/")[1].split("?")[0]
        manner = self.server.manners.get(manner, manner)
        if manner.isdecimal():
            self.answer(int(manner), b"" if manner in ("204", "304") else manner.encode())
        else:
            MANNERS[manner](self)

    do_GET = do_POST

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        for name, value in {**self.server.headers, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        pass


def _take(it: _Answering) -> None:
    it.answer(200, b"thanks")


def _fail(it: _Answering) -> None:
    it.answer(500, b"it broke\x00")


def _hang(it: _Answering) -> None:
    it.server.is_over.wait(30)
    it.close_connection = True


def _drip(it: _Answering) -> None:
    """A byte at a time, and never all of them."""
    it.send_response(200)
    it.send_header("content-length", "1000")
    it.end_headers()
    while not it.server.is_over.wait(0.05):
        it.wfile.write(b".")
        it.wfile.flush()


def _endless_headers(it: _Answering) -> None:
    it.wfile.write(b"HTTP/1.1 200 OK\r\n")
    number = 0
    while not it.server.is_over.wait(0.02):
        it.wfile.write(f"x-{number}: y\r\n".encode())
        it.wfile.flush()
        number += 1


def _redirect(it: _Answering) -> None:
    """To itself, where it would be taken; or to what comes after `?`."""
    it.answer(302, Location=it.path.partition("?")[2] or it.server.url("take", "/redirected"))


def _close(it: _Answering) -> None:
    it.connection.shutdown(socket.SHUT_RDWR)
    it.close_connection = True


def _huge(it: _Answering) -> None:
    """A gigabyte, if anybody takes it."""
    it.send_response(200)
    it.send_header("content-length", str(1024 * MEGABYTE))
    it.end_headers()
    for _ in range(1024):
        it.wfile.write(b"x" * MEGABYTE)


def _bomb(it: _Answering) -> None:
    """A few kilobytes which say that they are 50 megabytes."""
    it.answer(200, gzip.compress(bytes(50 * MEGABYTE)), content_encoding="gzip")


def _garbage(it: _Answering) -> None:
    it.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    it.close_connection = True


MANNERS: dict[str, Callable[[_Answering], None]] = {
    "take": _take,
    "fail": _fail,
    "hang": _hang,
    "drip": _drip,
    "endless-headers": _endless_headers,
    "redirect": _redirect,
    "close": _close,
    "huge": _huge,
    "bomb": _bomb,
    "garbage": _garbage,
}


@contextmanager
def receiving() -> Iterator[Receiver]:
    with Receiver() as receiver:
        serving = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield receiver
        finally:
            receiver.is_over.set()
            receiver.shutdown()
            serving.join()


class Canary:
    """Something that listens on 127.0.0.1 and must never be called."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]

    def calls(self) -> int:
        """How many connections were made."""
        self.socket.setblocking(False)
        found = 0
        try:
            while True:
                self.socket.accept()[0].close()
                found += 1
        except BlockingIOError:
            return found
