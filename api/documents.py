"""What the API says of itself: `/openapi.json`, `/postman.json`, and `/docs`, a page that shows the former.

All three are public, since they say nothing of any project.
"""

import json
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from api.postman import collection_of
from api.schema import Generator


@cache
def _openapi() -> bytes:
    document = Generator().get_schema(public=True)  # type: ignore[no-untyped-call]  # of drf-spectacular
    return json.dumps(document).encode()


@cache
def _postman() -> bytes:
    return json.dumps(collection_of(json.loads(_openapi()))).encode()


def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_openapi(), content_type="application/json")


def postman(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_postman(), content_type="application/json")


def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")
