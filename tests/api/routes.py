"""Every route that the API serves."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from api.segment.views import SegmentView


def routes() -> Iterator[tuple[str, str]]:
    """(method, route) of all that the API serves, by Django's own resolver: `("GET", "v1/events/<event_id>")`.

    Without the Segment door, whose keys and answers are others: `segment_routes`.
    """
    return (row for row, view in _served() if not issubclass(view, SegmentView))


def segment_routes() -> Iterator[tuple[str, str]]:
    return (row for row, view in _served() if issubclass(view, SegmentView))


def _served() -> Iterator[tuple[tuple[str, str], type[Any]]]:
    for prefix, pattern in _patterns(get_resolver(), ""):
        view = getattr(pattern.callback, "view_class", getattr(pattern.callback, "cls", None))
        if prefix.startswith(("v1/", "client/v1/", "management/v1/")) and view is not None:
            for method in ("get", "post", "put", "patch", "delete"):
                if hasattr(view, method):
                    yield (method.upper(), prefix.replace("<path:", "<").replace("<str:", "<")), view


def _patterns(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for item in resolver.url_patterns:
        if isinstance(item, URLResolver):
            yield from _patterns(item, prefix + str(item.pattern))
        else:
            yield prefix + str(item.pattern), item
