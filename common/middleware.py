"""What happens to every request before a view sees it, and to every answer."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve

Answering = Callable[[HttpRequest], HttpResponse]

# Remembered as allowed: more names than a server has, and few enough where any subdomain is allowed.
MOST_HOSTS = 100

STRICT = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
# The theme's Alpine.js evaluates attributes; nothing of ours does, and no inline script is allowed anywhere.
THEMED = STRICT + "; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'"


class ContentSecurityPolicy:
    """Allows pages nothing from other hosts; the themed admin alone may evaluate strings."""

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response
        self.admin_policy = THEMED if settings.ADMIN_THEME == "unfold" else STRICT

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = self.admin_policy if request.path.startswith("/admin/") else STRICT
        response.headers.setdefault("Content-Security-Policy", policy)
        return response


class ApiShortcut:
    """Takes requests to the API past the middleware behind it, which is for pages: sessions, logins, forms, files.

    For an event all of that would cost as much as Django itself does.
    """

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response
        self.call_view = _ApiHandler().call_view

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(settings.API_PREFIXES):
            return self.get_response(request)
        response = self.call_view(request)
        if not response.streaming:
            response.headers["Content-Length"] = str(len(response.content))
        return response


class _ApiHandler(BaseHandler):
    """Django's way from a request to its view's answer, with nothing around it but the check of the host."""

    _view_middleware: list[Any] = []
    _template_response_middleware: list[Any] = []
    _exception_middleware: list[Any] = []

    def __init__(self) -> None:
        self._known: dict[str, ResolverMatch] = {}
        self._hosts: set[tuple[str | None, str | None]] = set()
        converting: Any = convert_exception_to_response(self._answer)
        self.call_view: Answering = converting

    def _answer(self, request: HttpRequest) -> HttpResponse:
        self._check_host(request)
        answer: HttpResponse = self._get_response(request)  # type: ignore[attr-defined]  # not in the stubs
        return answer

    def _check_host(self, request: HttpRequest) -> None:
        """Raises DisallowedHost; a host that is allowed is remembered."""
        named = (request.META.get("HTTP_HOST"), request.META.get("HTTP_X_FORWARDED_HOST"))
        if named not in self._hosts:
            request.get_host()
            if len(self._hosts) < MOST_HOSTS and named[0]:
                self._hosts.add(named)

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """As Django's; addresses without ids in them, which are few, are looked up once."""
        match = self._known.get(request.path_info)
        if match is None:
            match = resolve(request.path_info)
            if not match.kwargs:
                self._known[request.path_info] = match
        request.resolver_match = match
        return match
