"""What every view of the API shares: the key, the request's id and time, one form of body and answer."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.views import APIView

from api.authentication import ManagementKey, ServerKey, tell_quota
from api.errors import new_request_id
from api.schema import ApiSchema
from common.ids import parse_public_id
from common.refusals import FieldError, InvalidPayload, InvalidQuery, NotFound
from projects.audit import Actor
from projects.models import ApiKey, Project

# PostgreSQL stores neither, so no name or filter can hold them.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def unstorable(text: str) -> bool:
    """Whether a text holds what no column can: NUL or a lone surrogate."""
    return _UNSTORABLE.search(text) is not None


def check_query(request: Request) -> None:
    """Raises InvalidQuery for a parameter that no filter can have."""
    for name, value in request.query_params.items():
        if unstorable(name + str(value)):
            raise InvalidQuery.of([FieldError("query", "character", "The query holds a NUL character")])


class ApiView(APIView):
    """A view parses, calls one domain function, and renders."""

    schema = ApiSchema()
    # Bytes of one request. The parser's limits (common/jsons.py) hold besides.
    body_limit: ClassVar[int] = 256 * 1024

    # For the OpenAPI document (schema.py), by method: bodies, answers, query parameters and headers.
    bodies: ClassVar[Mapping[str, Any]] = {}
    answers: ClassVar[Mapping[str, Any]] = {}
    headers_read: ClassVar[Mapping[str, Sequence[str]]] = {}
    queries: ClassVar[Mapping[str, Sequence[str]]] = {}
    # Under which the operations stand there, where the address does not say it.
    tag: ClassVar[str] = ""
    # The status of success by method, where it is not 200 (or 204 of DELETE).
    successes: ClassVar[Mapping[str, str]] = {}
    # The keys that it takes, each as OpenAPI has them, where its authentication does not say so.
    security: ClassVar[Sequence[Any]] = ()
    # Refusals that have no body.
    empty_refusals: ClassVar[Mapping[str, Sequence[str]]] = {}
    # Methods that may answer 403; those of browsers always may.
    forbids: ClassVar[Sequence[str]] = ()

    request_id: str
    now: datetime

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        initialized = super().initialize_request(request, *args, **kwargs)
        self.now = datetime.now(UTC)
        self.request_id = initialized.request_id = new_request_id()  # type: ignore[attr-defined]  # read by the exception handler
        return initialized

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        for name, value in kwargs.items():
            if unstorable(value):
                raise NotFound(f"Nothing can have such a {name}")
        check_query(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        tell_quota(request, response)
        return response

    @property
    def key(self) -> ApiKey:
        assert isinstance(self.request.auth, ApiKey)
        return self.request.auth

    @property
    def project(self) -> Project:
        return self.key.project

    @property
    def actor(self) -> Actor:
        return Actor("key", self.key.label or self.key.key_id)

    def body(self) -> dict[str, Any]:
        """The body, which must be an object; an empty one is an empty object."""
        data = self.request.data
        if not isinstance(data, dict):
            raise InvalidPayload.at("", "Payload must be object", code="type")
        return data


class ServerView(ApiView):
    """`/v1`: for back ends, with a server key."""

    authentication_classes = [ServerKey]


class ManagementView(ApiView):
    """`/management/v1`: with a management key, for the one project that it belongs to."""

    authentication_classes = [ManagementKey]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        asked_for = kwargs.get("project_id")
        if asked_for is not None and parse_public_id("proj", asked_for) != self.project.pk:
            raise NotFound.of("project", asked_for)
