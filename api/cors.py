"""CORS for `/client/v1`: which pages of other sites may call it, and read what it answers – its errors, too.

Written here, since who may call is said by the rows of keys and not by a setting. A preflight carries no key: it is
allowed for every origin that some client key of the installation trusts. On the call itself the key decides.
"""

from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers

from events.tickets import HEADER as TICKET_HEADER
from projects.origins import trusted_origins

PREFIX = "/client/v1/"
METHODS = "POST"
REQUEST_HEADERS = ", ".join(
    (
        "Accept",
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "X-Client-Application-Id",
        "X-Client-Token",
        TICKET_HEADER,
        "X-Voucherify-API-Version",
        "X-Voucherify-Channel",
    )
)
EXPOSED = "Idempotent-Replayed, Retry-After, X-Rate-Limit-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Retry"
# The longest that browsers keep the answer to a preflight.
KEPT_SECONDS = "7200"
ALLOWED = "Access-Control-Allow-Origin"

AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)


def allow(response: AnyResponse, origin: str) -> AnyResponse:
    """Lets the page of that origin read the answer."""
    # A header cannot say everything that a hostile client calls its origin.
    if origin.isascii() and origin.isprintable() and origin:
        response.headers[ALLOWED] = origin
        response.headers["Access-Control-Expose-Headers"] = EXPOSED
    return response


class ClientCors:
    """Middleware: answers preflights, and adds the headers to whatever answers below PREFIX."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        origin = request.headers.get("Origin", "")
        is_preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        response = _preflight(origin) if origin and is_preflight else self._answered(request, origin)
        patch_vary_headers(response, ["Origin"])
        return response

    def _answered(self, request: HttpRequest, origin: str) -> HttpResponseBase:
        """A good answer says itself that its page may read it; a refusal is told to every page that may call."""
        response = self.get_response(request)
        if origin and ALLOWED not in response.headers and trusted_origins.trusts(origin):
            allow(response, origin)
        return response


def _preflight(origin: str) -> HttpResponse:
    """204 either way: to an origin that nobody trusts it allows nothing, which is what browsers go by."""
    response = HttpResponse(status=204)
    del response.headers["Content-Type"]
    if trusted_origins.trusts(origin):
        allow(response, origin)
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
        response.headers["Access-Control-Max-Age"] = KEPT_SECONDS
    return response
