"""Senders as they are in the field: over a connection of their own, again and again until they are answered."""

import http.client
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

PATIENCE_SECONDS = 120
PAUSE_SECONDS = 0.02
NO_MORE: Mapping[str, str] = {}


@dataclass
class Sender:
    """Posts JSON with the headers of a key, over one connection that is made anew where it breaks."""

    port: int
    headers: Mapping[str, str]
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def post(self, path: str, body: Any, more: Mapping[str, str] = NO_MORE) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body of the answer. Raises OSError or HTTPException where there is none."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            sent = {**self.headers, **more, "Content-Type": "application/json"}
            self._connection.request("POST", path, json.dumps(body), sent)
            answer = self._connection.getresponse()
            return answer.status, dict(answer.headers), json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            self.hang_up()
            raise

    def post_until_answered(
        self, path: str, body: Any, more: Mapping[str, str] = NO_MORE
    ) -> tuple[int, dict[str, str], Any]:
        """The first final answer: what says "later" (409 in flight, 429, 5xx), and no answer, is tried again."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            with suppress(OSError, http.client.HTTPException):
                status, headers, answer = self.post(path, body, more)
                if status < 500 and status != 429 and "Retry-After" not in headers:
                    return status, headers, answer
            assert time.monotonic() < deadline, f"no answer to {path} in {PATIENCE_SECONDS} seconds"
            time.sleep(PAUSE_SECONDS)

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
