"""Views whose POST tracks events: the hot path, with only those parts of DRF that an event needs.

Negotiating, DRF's own request and its way of answering cost an event more than parsing and checking it do
(docs/performance.md).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, UnsupportedMediaType
from rest_framework.request import Request

from api.authentication import KeyAuthentication, ServerKey, keep_quota, origin_of, tell_quota
from api.errors import new_request_id
from api.renderers import check_accepts_json, sends_json
from api.views import ApiView, check_query
from common.jsons import JsonValue, dumps
from common.refusals import FieldError, InvalidQuery, Refusal
from events.acceptance import accept_events
from events.grouping import grouping
from events.outcomes import Outcome
from events.payloads import EventPayload
from projects.models import Project


class TrackingRequest(Request):
    """DRF's request without what an event does not ask for."""

    request_id: str

    def __init__(self, request: HttpRequest, view: "TrackingView") -> None:
        # Not the constructor of DRF's, which sets up parsers, negotiation and authentication.
        self._request = request
        self._view = view
        self.META = request.META

    @property
    def query_params(self) -> Any:
        return self._request.GET

    @property
    def data(self) -> JsonValue:
        """The body. Raises APIException and Refusal."""
        if not sends_json(self._request):
            raise UnsupportedMediaType(self._request.content_type or "")
        (parser,) = self._view.parser_classes
        body: Any = self._request  # is read like a file
        return parser().parse(body, parser_context={"request": self._request, "view": self._view})


@dataclass(frozen=True, slots=True)
class TrackOptions:
    """What a sender asks for beside the event."""

    expand: bool = False
    dry_run: bool = False

    @classmethod
    def of(cls, request: Request) -> "TrackOptions":
        """Raises InvalidQuery."""
        if not request.META.get("QUERY_STRING"):
            return PLAIN
        check_query(request)
        dry_run = request.query_params.get("dry_run", "false")
        if dry_run not in ("true", "false"):
            message = "Query parameter dry_run must be true or false"
            raise InvalidQuery.of([FieldError("dry_run", "choice", message, dry_run)])
        return cls("effects" in request.query_params.get("expand", "").split(","), dry_run == "true")


PLAIN = TrackOptions()


class TrackingView(ApiView):
    """A view whose POST tracks events: their key is looked at together with them (events/grouping.py)."""

    key_class: ClassVar[type[KeyAuthentication]] = ServerKey

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return super().dispatch(request, *args, **kwargs)
        self.now, self.request_id = datetime.now(UTC), new_request_id()
        self.request = TrackingRequest(request, self)
        self.request.request_id = self.request_id
        try:
            check_accepts_json(request)
            answer = self.post(self.request, *args, **kwargs)
        except Exception as error:
            answer = self._answer_error(error)
        tell_quota(self.request, answer)
        return answer

    def post(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        raise NotImplementedError

    def _answer_error(self, error: Exception) -> HttpResponse:
        """Raises what no handler knows."""
        told = self.handle_exception(error)
        answer = HttpResponse(dumps(told.data).encode(), "application/json", told.status_code)
        for name, value in told.items():
            answer.headers.setdefault(name, value)
        return answer

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [self.key_class()]

    def track(
        self, request: Request, parse: Callable[[], Sequence[EventPayload]]
    ) -> tuple[Project, list[Outcome], TrackOptions]:
        """The key's project and what comes of the events. Raises Refusal; who has no good key learns nothing else."""
        door = self.key_class()
        try:
            options = TrackOptions.of(request)
            payloads = parse()
        except (Refusal, APIException):
            door.authenticate(request)
            raise
        if not options.dry_run:
            note = partial(keep_quota, request)
            accepted = grouping.accept(door.shown(request), payloads, origin=origin_of(request), note=note)
            return *accepted, options
        project = door.authenticate(request)[1].project
        return project, accept_events(project=project, payloads=payloads, now=self.now, dry_run=True), options
