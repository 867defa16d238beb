"""Bodies as they come over a real connection: chunked, too large, shorter or longer than announced."""

import json
import socket
from urllib.parse import urlsplit

import pytest

from bench.server import environment, serving
from common.jsons import dumps
from tests.api.caller import key_headers
from tests.factories import ProjectFactory
from tests.processes import database_url
from tests.world import a_definition, an_event

pytestmark = pytest.mark.django_db(transaction=True)

MEGABYTE = 1024 * 1024
EVENT = dumps(an_event()).encode()
TOO_LARGE = {"code": 413, "key": "query_too_large", "message": "Request is too large", "request_id": ""}


@pytest.fixture
def talk():
    """Sends bytes on a connection of its own, all of them, and reads the answer: (status, body)."""
    project = ProjectFactory()
    a_definition(project, "signed_up")
    headers = {"Host": "127.0.0.1", "Content-Type": "application/json", **key_headers(project, "server")}

    with serving(environment(database_url())) as server:
        port = urlsplit(server.url).port

        def talked(content, *, path="/v1/events", then_hangs_up=False, **more):
            lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in (headers | more).items())]
            with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
                wire.sendall("\r\n".join([*lines, "", ""]).encode() + content)
                if then_hangs_up:
                    wire.shutdown(socket.SHUT_WR)
                return answer_on(wire)

        yield talked


def answer_on(wire):
    reader = wire.makefile("rb")
    status = int(reader.readline().split()[1])
    length = 0
    while (line := reader.readline()) != b"\r\n":
        name, _, value = line.decode().partition(":")
        length = int(value) if name.lower() == "content-length" else length
    return status, json.loads(reader.read(length))


def in_chunks(content, size=64 * 1024):
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def test_every_body_gets_its_answer(talk):
    chunked = {"Transfer-Encoding": "chunked"}

    def announced(content, **more):
        return talk(content, **{"Content-Length": len(content)} | more)

    ten = b'{"a":"' + b"a" * 10 * MEGABYTE + b'"}'
    answers = {
        "an event": announced(EVENT)[0],
        "an event in chunks": talk(in_chunks(EVENT, 5), **chunked)[0],
        "a batch in chunks": talk(
            in_chunks(dumps({"events": [an_event()] * 1000}).encode()), path="/v1/events/batch", **chunked
        )[0],
        "nothing": announced(b"")[0],
        "nothing in chunks": talk(in_chunks(b""), **chunked)[0],
        "10 MB": announced(ten)[0],
        "10 MB in chunks": talk(in_chunks(ten), **chunked)[0],
        "10 MB in a batch": announced(ten, path="/v1/events/batch")[0],
        "10 MB in chunks in a batch": talk(in_chunks(ten), path="/v1/events/batch", **chunked)[0],
        "10 MB to nowhere": announced(ten, path="/v1/nothing")[0],
        "10 MB with a wrong key": announced(ten, **{"X-App-Token": "wrong"})[0],
        "10 MB that wait for a yes": talk(b"", **{"Content-Length": len(ten), "Expect": "100-continue"})[0],
        "gzip": announced(EVENT, **{"Content-Encoding": "gzip"})[0],
        "shorter than it is": talk(EVENT, **{"Content-Length": len(EVENT) - 5})[0],
        "longer than it is": talk(EVENT, then_hangs_up=True, **{"Content-Length": len(EVENT) + 5})[0],
    }

    assert answers == {
        "an event": 200,
        "an event in chunks": 200,
        "a batch in chunks": 200,
        "nothing": 400,
        "nothing in chunks": 400,
        "10 MB": 413,
        "10 MB in chunks": 413,
        "10 MB in a batch": 413,
        "10 MB in chunks in a batch": 413,
        "10 MB to nowhere": 404,
        "10 MB with a wrong key": 401,
        "10 MB that wait for a yes": 413,
        "gzip": 415,
        "shorter than it is": 400,
        "longer than it is": 400,
    }
    _, body = announced(ten)
    assert body | {"request_id": ""} == TOO_LARGE | {"details": "The body is larger than 262144 bytes"}
