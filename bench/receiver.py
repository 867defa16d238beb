"""`python -m bench.receiver PORT`: takes POSTs and answers each at once, far below a millisecond.

GET answers how many requests came, how many of them had an id that had not come before, and when each tenth came.
"""

import asyncio
import json
import re
import sys
import time

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ID = re.compile(rb'"id": ?"([^"]+)"')
NOTED_EVERY = 10


class Receiver(asyncio.Protocol):
    """One connection, of which all that came share what was counted."""

    count = 0
    ids: set[bytes] = set()
    times: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._kept = b""

    def data_received(self, data: bytes) -> None:
        self._kept += data
        while (end := self._kept.find(b"\r\n\r\n")) >= 0:
            head = self._kept[:end]
            found = LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._kept) < whole:
                return
            body, self._kept = self._kept[end + 4 : whole], self._kept[whole:]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        cls = Receiver
        if head.startswith(b"GET"):
            told = json.dumps({"count": cls.count, "ids": len(cls.ids), "times": cls.times}).encode()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(told), told))
            if head.startswith(b"GET /reset"):
                cls.count, cls.ids, cls.times = 0, set(), []
            return
        self._transport.write(ANSWER)
        if cls.count % NOTED_EVERY == 0:
            cls.times.append(time.perf_counter())
        cls.count += 1
        if found := ID.search(body):
            cls.ids.add(found[1])


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", port, backlog=1_024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
