"""`/openapi.json`: the OpenAPI 3.1 document of what is served, made from the views themselves.

A view says what it takes and gives: `bodies` maps a method to the shape (or JSON schema) of its body, `answers` to the
JSON schema of its 200, `queries` to the names of its query parameters, `headers_read` to those of its headers. The
first line of a method's docstring is the operation's summary.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from api.parameters import parameter
from common.jsons import JsonObject, JsonValue
from projects.scopes import SCOPES_OF_KIND

ERROR: JsonObject = {
    "type": "object",
    "required": ["code", "key", "message"],
    "properties": {
        "code": {"type": "integer", "description": "The HTTP status."},
        "key": {"type": "string", "description": "A machine word for the cause."},
        "message": {"type": "string"},
        "details": {"type": "string", "description": "The sentence with the cause."},
        "request_id": {"type": "string"},
        "resource_id": {"type": "string"},
        "resource_type": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "One entry for every offending field.",
            "items": {
                "type": "object",
                "required": ["path", "code", "message"],
                "properties": {
                    "path": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "actual": {"description": "The value that was sent."},
                },
            },
        },
    },
}
STATUSES = {
    "400": "The request is not valid; `errors` names every offending field.",
    "401": "No key, or one that opens nothing here.",
    "403": "Nobody may do this with such a key or token: from that page, in this project, or at all; see `details`.",
    "404": "Nothing of that name in the key's project.",
    "409": "It exists already, or someone else changed it meanwhile.",
    "413": "The body is too large.",
    "415": "The body is not JSON in UTF-8.",
    "429": "The key's limit for this minute is used up. Send it again after `Retry-After`.",
    "503": "The database is away; nothing was written. Send it again.",
}
OAUTH = "X-Voucherify-OAuth"
OAUTH_SCHEME: JsonObject = {
    "type": "oauth2",
    "flows": {
        "clientCredentials": {
            "tokenUrl": "/v1/oauth/token",
            "scopes": {scope: "" for scopes in SCOPES_OF_KIND.values() for scope in scopes},
        }
    },
}
# What a refusal of each status may look like.
ERRORS: dict[str, JsonObject] = {
    "400": {
        "key": "invalid_payload",
        "message": "Invalid payload",
        "details": "Payload must have required property 'customer'",
        "errors": [
            {"path": "customer", "code": "required", "message": "Payload must have required property 'customer'"}
        ],
    },
    "401": {"key": "unauthorized", "message": "Unauthorized"},
    "403": {"key": "forbidden", "message": "Forbidden", "details": "This page is not among the key's trusted domains"},
    "404": {
        "key": "not_found",
        "message": "Resource not found",
        "details": "Cannot find customer with id ada",
        "resource_id": "ada",
        "resource_type": "customer",
    },
    "409": {
        "key": "duplicate_found",
        "message": "Duplicated resource found",
        "details": "Duplicated campaign exists with name Spring",
        "resource_id": "Spring",
        "resource_type": "campaign",
    },
    "413": {"key": "query_too_large", "message": "Request is too large"},
    "415": {"key": "unsupported_media_type", "message": "Unsupported media type"},
    "429": {
        "key": "too_many_requests",
        "message": "Too many requests hit the API too quickly.",
        "details": "This key may make 600 requests a minute",
    },
    "503": {"key": "unavailable", "message": "Service unavailable", "details": "Nothing was written; send it again"},
}
# By operation; recorded from answers (tests/api/test_contract.py).
EXAMPLES = Path(__file__).with_name("examples.json")
WITH_BODY = ("POST", "PUT")
RETRY_AFTER: JsonObject = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}


class ApiSchema(AutoSchema):
    """Describes an ApiView by its `bodies`, `queries` and docstrings."""

    view: Any

    def get_operation_id(self) -> str:
        words = [part.strip("{}<>") for part in self.path.strip("/").split("/")]
        return "_".join([self.method.lower(), *words[1:]]).replace("-", "_")

    def get_summary(self) -> str:
        return (self._handler().__doc__ or "").strip().partition("\n")[0]

    def get_description(self) -> str:  # type: ignore[override]  # DRF's stub knows another class of that name
        return self.get_summary()

    def get_auth(self) -> list[JsonObject]:
        """A view that says what it asks for takes the keys of other views."""
        said: list[JsonObject] = self.view.security
        return said or super().get_auth()

    def get_tags(self) -> list[str]:
        if self.view.tag:
            return [self.view.tag]
        return [next(part for part in self.path.strip("/").split("/") if part not in ("v1", "management", "client"))]

    def get_request_serializer(self) -> Any:
        return self.view.bodies.get(self.method.lower())

    def get_response_serializers(self) -> Any:
        return OpenApiTypes.OBJECT  # answers are rendered by hand; _get_response_bodies describes them

    def get_override_parameters(self) -> list[Any]:
        method = self.method.lower()
        queries = [parameter(name) for name in self.view.queries.get(method, ())]
        headers = [
            OpenApiParameter(name, str, OpenApiParameter.HEADER) for name in self.view.headers_read.get(method, ())
        ]
        return [*queries, *headers]

    def _get_response_bodies(self, direction: str = "response") -> JsonObject:
        method = self.method.lower()
        status = self.view.successes.get(method, "204" if method == "delete" else "200")
        if status == "204":
            done: JsonObject = {"204": {"description": "Done."}}
        else:
            schema = self.view.answers.get(method, {"type": ["object", "array"]})
            # "200 or 202": what is long is done by the worker.
            done = {each: _answer("As the summary says.", schema) for each in status.split(" or ")}
        expected = [status for status in STATUSES if self._may_answer(status)]
        errors = {status: _answer(STATUSES[status], {"$ref": "#/components/schemas/Error"}) for status in expected}
        for status in self.view.empty_refusals.get(self.method.lower(), ()):
            del errors[status]["content"]
        for status in {"429", "503"} & errors.keys():
            errors[status]["headers"] = {"Retry-After": RETRY_AFTER}
        return done | errors

    def _may_answer(self, status: str) -> bool:
        if status == "403":
            return not self.path.startswith("/management/") or self.method.lower() in self.view.forbids
        return self.method in WITH_BODY or status not in ("409", "413", "415")

    def _handler(self) -> Any:
        return getattr(self.view, self.method.lower())


class Generator(SchemaGenerator):
    """Adds the error body and the way to access tokens to the components, and to every operation an example of a
    request and of its answer.
    """

    def get_schema(self, request: Any = None, public: bool = False) -> JsonObject:
        document: JsonObject = super().get_schema(request, public)
        components = document.setdefault("components", {})
        components.setdefault("schemas", {})["Error"] = ERROR
        components.setdefault("securitySchemes", {})[OAUTH] = OAUTH_SCHEME
        examples: JsonObject = json.loads(EXAMPLES.read_text())
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                _add_example(operation, examples.get(f"{method.upper()} {path}", {}))
        return document


def _add_example(operation: JsonObject, example: JsonObject) -> None:
    """`example` holds `request` and `answer`, where the operation has them."""
    if "request" in example and "requestBody" in operation:
        _set_example(operation["requestBody"], example["request"])
    for status, answer in operation["responses"].items():
        if status.startswith("2") and "answer" in example:
            _set_example(answer, example["answer"])
        elif status in ERRORS:
            _set_example(answer, {"code": int(status), **ERRORS[status], "request_id": "v-0f6a1b2c3d4e5f6a7b"})


def _set_example(part: JsonObject, value: JsonValue) -> None:
    content = part.get("content", {})
    if "application/json" in content:
        content["application/json"]["example"] = value


class ServerKeyScheme(OpenApiAuthenticationExtension):
    target_class = "api.authentication.ServerKey"
    name = ["X-App-Id", "X-App-Token"]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[JsonObject]:
        return [_header(name) for name in self.name]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[JsonObject]:
        return _or_token(self.name)


class LinkOrKeyScheme(ServerKeyScheme):
    """The address of a file opens it without a key; everything else there wants one."""

    target_class = "api.v1.exports.LinkOrKey"


class ClientKeyScheme(OpenApiAuthenticationExtension):
    target_class = "api.authentication.ClientKey"
    name = ["X-Client-Application-Id", "X-Client-Token"]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[JsonObject]:
        return [_header(name) for name in self.name]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[JsonObject]:
        return _or_token(self.name)


class ManagementKeyScheme(OpenApiAuthenticationExtension):
    target_class = "api.authentication.ManagementKey"
    name = ["X-Management-Id", "X-Management-Token"]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[JsonObject]:
        return [_header(name) for name in self.name]


class SegmentKeyScheme(OpenApiAuthenticationExtension):
    target_class = "api.authentication.SegmentKey"
    name = "Segment"

    def get_security_definition(self, auto_schema: AutoSchema) -> JsonObject:
        return {
            "type": "http",
            "scheme": "basic",
            "description": "A server key's token as user name, an empty password.",
        }


def _or_token(headers: Sequence[str]) -> list[JsonObject]:
    """The headers of a key, or a token that was given for one."""
    return [{name: [] for name in headers}, {OAUTH: []}]


def _header(name: str) -> JsonObject:
    return {"type": "apiKey", "in": "header", "name": name}


def _answer(description: str, schema: JsonObject) -> JsonObject:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
