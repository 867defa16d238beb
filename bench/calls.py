"""Requests to the WSGI application in this process, without a server.

Import it only after `django.setup()`.
"""

import io
import sys
from collections.abc import Callable
from typing import Any

from bench.world import World


def post(application: Callable[..., Any], path: str, world: World, body: bytes) -> bytes:
    """The body of the answer. Fails on all but 200."""
    answer = application(_request(path, world, body), _refuse_all_but_success)
    content = b"".join(answer)
    answer.close()
    return content


def _request(path: str, world: World, body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_X_APP_ID": world.app_id,
        "HTTP_X_APP_TOKEN": world.app_token,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
    }


def _refuse_all_but_success(status: str, headers: list[tuple[str, str]]) -> Any:
    assert status.startswith("200"), status
