"""The product's routes without storage, and the least that Django can do with an event: `bare`."""

import json

from django.http import HttpRequest, JsonResponse
from django.urls import include, path

from bench.without_storage import WithoutStorage
from events.grouping import grouping

grouping.accept = WithoutStorage().accept  # type: ignore[method-assign]  # all that the views ask of it


def bare(request: HttpRequest) -> JsonResponse:
    """JSON in, JSON out; no key, no check, no database."""
    event = json.loads(request.body or b"{}")
    return JsonResponse({"object": "event", "type": event.get("event")})


urlpatterns = [path("bare", bare), path("", include("config.urls"))]
