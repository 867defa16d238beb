"""The least that Django can do with an event: read the JSON, answer JSON. No middleware, no key, no database."""

import json

from django.http import HttpRequest, JsonResponse
from django.urls import path


def bare(request: HttpRequest) -> JsonResponse:
    event = json.loads(request.body or b"{}")
    return JsonResponse({"object": "event", "type": event.get("event")})


# `manage.py serve` waits for /readyz.
urlpatterns = [path("bare", bare), path("readyz", bare)]
