"""Calling the API as a sender does, without a server in between."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from common.jsons import dumps
from projects.keys import create_key
from projects.models import Project
from tests.world import TESTER

HEADERS = {
    "server": ("X-App-Id", "X-App-Token"),
    "management": ("X-Management-Id", "X-Management-Token"),
    "client": ("X-Client-Application-Id", "X-Client-Token"),
}


@cache
def client() -> Client:
    """One for all tests: every new one would load the middleware anew. A failure of the server is its 500."""
    return Client(raise_request_exception=False)


@dataclass(frozen=True)
class Answer:
    """Status, headers, and the body as JSON (None where there is none)."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The machine word of a refusal."""
        return self.body["key"]

    @property
    def paths(self) -> list[str]:
        """What the refusal complains about."""
        return [error["path"] for error in self.body["errors"]]


class Form(dict[str, str]):
    """A body as a page's form sends it."""

    content_type = "application/x-www-form-urlencoded"

    def encoded(self) -> bytes:
        return urlencode(self).encode()


class Upload(Form):
    """A body as a page's form with files sends it."""

    content_type = "multipart/form-data; boundary=-----boon"

    def encoded(self) -> bytes:
        parts = [
            f'-------boon\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.csv"\r\n'
            f"Content-Type: text/csv\r\n\r\n{text}\r\n"
            for name, text in self.items()
        ]
        return ("".join(parts) + "-------boon--\r\n").encode()


class Api:
    """The API with the headers of a key; `raw` sends bytes as they are."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers

    def raw(self, method: str, path: str, content: bytes = b"", **options: Any) -> Answer:
        headers = self.headers | options.pop("headers", {})
        content_type = options.pop("content_type", "application/json")
        response = client().generic(method, path, content, content_type, headers=headers, **options)
        if method != "HEAD" and response.content:
            assert response["Content-Type"].startswith("application/json"), response.content[:500]
        body = json.loads(response.content, parse_float=Decimal) if response.content else None
        return Answer(response.status_code, body, dict(response.headers))

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        if isinstance(body, Form):
            return self.raw(method, path, body.encoded(), content_type=body.content_type)
        return self.raw(method, path, b"" if body is None else dumps(body).encode())

    def get(self, path: str, **query: Any) -> Answer:
        return self.raw("GET", path, query_params=query)

    def post(self, path: str, body: Any = None) -> Answer:
        return self.call("POST", path, body)

    def put(self, path: str, body: Any = None) -> Answer:
        return self.call("PUT", path, body)

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", path)


def key_headers(project: Project, kind: str, *, domains: Sequence[str] = ("*",)) -> dict[str, str]:
    """The headers of a new key of that kind; one for browsers trusts the domains."""
    key, token = create_key(project, kind=kind, by=TESTER, trusted_domains=domains if kind == "client" else ())
    return dict(zip(HEADERS[kind], (key.key_id, token), strict=True))


def api_of(project: Project) -> Api:
    """With a key of every kind, so that every route is open."""
    return Api(key_headers(project, "server") | key_headers(project, "management") | key_headers(project, "client"))
