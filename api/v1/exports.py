"""`/v1/exports/{id}`, and what every call that starts an export shares: its body and its answer."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.core.signing import BadSignature, TimestampSigner
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from api.authentication import ServerKey
from api.object_schemas import EXPORT
from api.renderers import ExactJSONRenderer, check_accepts_json
from api.schema import OAUTH
from api.shapes import LEFT_OUT, Document, Shape, Text, checked
from api.views import ServerView
from common.ids import parse_public_id
from common.jsons import JsonObject
from common.refusals import NotFound
from exports.kinds import kind_named
from exports.models import Export, ExportStatus
from exports.starting import ExportRequest, find_export
from exports.writing import parts_of
from projects.keys import UnknownKey

LINK_SECONDS = 24 * 60 * 60
_signer = TimestampSigner(salt="boon.exports")


class ExportParameters(Shape):
    order = Text(**LEFT_OUT)
    fields = serializers.ListField(child=Text(), **LEFT_OUT)  # type: ignore[assignment]  # the contract's word
    filters = Document(**LEFT_OUT)


class ExportShape(Shape):
    parameters = ExportParameters(**LEFT_OUT)


def parse_export(body: JsonObject) -> ExportRequest:
    """What the body of a `…/export` call asks for. Raises InvalidPayload."""
    sent = checked(ExportShape, body).get("parameters", {})
    return ExportRequest(tuple(sent.get("fields", ())), sent.get("order", ""), sent.get("filters", {}))


def render_export(export: Export, request: Request) -> JsonObject:
    """The contract's export. Once it is done, `result.url` opens the file for a day, without a key."""
    return {
        "id": export.public_id,
        "object": "export",
        "created_at": export.created_at,
        "status": export.status,
        "channel": "API",
        "exported_object": kind_named(export.kind).exported_object,
        "parameters": {"order": export.order, "fields": export.fields, "filters": export.filters},
        "result": {"url": _link(export, request)} if export.status == ExportStatus.DONE else None,
        "user_id": None,
    }


def _link(export: Export, request: Request) -> str:
    query = urlencode({"token": _signer.sign(export.public_id)})
    return request.build_absolute_uri(f"/v1/exports/{export.public_id}?{query}")


class LinkOrKey(ServerKey):
    """A server key; with a `token` in the address the token alone, which opens one file for a while."""

    def authenticate(self, request: Request) -> Any:
        token = request.query_params.get("token")
        if token is None:
            return super().authenticate(request)
        try:
            return None, _opened(_signer.unsign(token, max_age=LINK_SECONDS))
        except BadSignature as error:
            raise UnknownKey from error


def _opened(public_id: str) -> Export:
    """Raises UnknownKey: what is gone cannot be opened."""
    key = parse_public_id("exp", public_id)
    export = Export.objects.filter(pk=key, status=ExportStatus.DONE).first() if key else None
    if export is None:
        raise UnknownKey
    return export


class FileOrJson(BaseContentNegotiation):
    """Whoever fetches a file takes what there is; the rest is JSON, as everywhere."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        if "token" not in request.query_params:
            check_accepts_json(request)
        return ExactJSONRenderer(), "application/json"


def _kind_for(request: Request) -> str:
    """The official Python SDK asks for text/plain, and reads nothing that says to be something else."""
    accepted = request.META.get("HTTP_ACCEPT", "*/*")
    return "text/plain" if "text/plain" in accepted and "text/csv" not in accepted else "text/csv"


class OneExport(ServerView):
    answers: ClassVar = {"get": EXPORT}
    authentication_classes = [LinkOrKey]
    security = [{"X-App-Id": [], "X-App-Token": []}, {OAUTH: []}]
    content_negotiation_class = FileOrJson
    queries: ClassVar = {"get": ("token",)}

    def get(self, request: Request, export_id: str) -> Response | StreamingHttpResponse:
        """Get an export with the address of its file; with that address's token, the file itself."""
        opened = request.auth
        if not isinstance(opened, Export):
            return Response(render_export(find_export(self.project, export_id), request))
        if opened.public_id != export_id:
            raise NotFound.of("export", export_id)
        answer = StreamingHttpResponse(parts_of(opened), content_type=f"{_kind_for(request)}; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{export_id}.csv"'
        # What a file of ours holds is nothing for a browser to run, nor for a proxy to keep.
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cache-Control"] = "private, no-store"
        return answer
