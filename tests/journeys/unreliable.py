"""A network between a sender and Boon that fails after Boon has done its work: the answer is lost."""

import http.client
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        status, body = self._forwarded(self.rfile.read(int(self.headers["Content-Length"])))
        fault = self.server.faults.pop(0) if self.server.faults else ""
        self.server.statuses.append(fault or str(status))
        if fault == "cut":
            self.close_connection = True
            return
        if fault:
            status, body = int(fault), b"{}"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _forwarded(self, body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.server.behind, timeout=60)
        try:
            connection.request("POST", self.path, body, dict(self.headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def unreliable(url: str, faults: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The address of the network before `url`, and what became of each request, as its sender saw it.

    The first requests meet `faults`: a status, or "cut" for a connection that ends without an answer.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.behind, server.faults, server.statuses = urlsplit(url).netloc, list(faults), []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.statuses
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
