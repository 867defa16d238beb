"""Answering in JSON, whatever else a client would take."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from common.jsons import JsonValue, dumps


class ExactJSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: JsonValue,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else dumps(data).encode()


def check_accepts_json(request: HttpRequest | Request) -> None:
    """Raises NotAcceptable where the client takes no JSON."""
    accepted = request.META.get("HTTP_ACCEPT", "*/*")
    if not any(kind in accepted for kind in ("application/json", "*/*", "application/*")):
        raise NotAcceptable


def sends_json(request: HttpRequest | Request) -> bool:
    return _sends(request, "application/json")


def _sends(request: HttpRequest | Request, media_type: str) -> bool:
    """Whether the body is of that type; one that says nothing is."""
    kind = request.META.get("CONTENT_TYPE") or media_type
    return kind.split(";")[0].strip().lower() == media_type


class JsonOnly(BaseContentNegotiation):
    """A view reads one type of body, and there is one form of answer: a client that takes no JSON gets 406."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        parser = next(iter(parsers))
        return parser if _sends(request, parser.media_type) else None

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        check_accepts_json(request)
        return next(iter(renderers)), "application/json"
