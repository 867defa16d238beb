"""Bodies as they come over the wire, before Django reads them."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.http import HttpRequest, HttpResponse

# No view takes a larger body: one without a length is read so far, and one byte further to know that it goes on.
MOST_READ = 11 * 1024 * 1024
# Of what a refused request still sends; beyond it the connection is cut.
MOST_DRAINED = 32 * 1024 * 1024
PIECE = 64 * 1024


class WholeBodies:
    """Gives a chunked body its length, which Django reads nothing without, and lets a refused sender finish.

    A server that answers while somebody still sends has to cut the connection, and the answer is lost with it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wire: Any = request
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            wire = request.environ["wsgi.input"]  # type: ignore[attr-defined]  # of a WSGIRequest
            _measure(request, wire)
        response = self.get_response(request)
        # Who waits for "100 Continue" has sent nothing yet, and reading would call for it.
        if response.status_code >= 400 and "HTTP_EXPECT" not in request.META:
            _drain(wire)
        return response


def _measure(request: HttpRequest, wire: Any) -> None:
    """The body, as if it had been announced; of one that is too large as much as shows it."""
    start = _read(wire, MOST_READ + 1)
    request.META["CONTENT_LENGTH"] = str(len(start))
    request._stream = BytesIO(start)  # where Django reads from


def _drain(wire: Any) -> None:
    left = MOST_DRAINED
    while left > 0 and (piece := _read(wire, PIECE)):
        left -= len(piece)


def _read(wire: Any, size: int) -> bytes:
    try:
        found: bytes = wire.read(size)
    except OSError:
        return b""  # whoever sent it is gone
    return found
