"""What happens to every request before a view sees it, and to every answer."""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse

Answering = Callable[[HttpRequest], HttpResponse]

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
        self.call_view = _without_middleware()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(settings.API_PREFIXES):
            return self.get_response(request)
        response = self.call_view(request)
        if not response.streaming:
            response.headers["Content-Length"] = str(len(response.content))
        return response


def _without_middleware() -> Answering:
    """Django's way from a request to its view's answer, with nothing around it but the check of the host."""
    handler: Any = BaseHandler()
    handler._view_middleware = handler._template_response_middleware = handler._exception_middleware = []

    def call_view(request: HttpRequest) -> HttpResponse:
        request.get_host()
        answer: HttpResponse = handler._get_response(request)
        return answer

    converting: Any = convert_exception_to_response(call_view)
    return cast(Answering, converting)
