"""Definitions that are proposed from samples, and definitions as JSON Schema."""

from functools import partial

from rest_framework.request import Request
from rest_framework.response import Response

from api.management.schemas import find_definition
from api.parsers import ItemsParser, StrictJSONParser
from api.views import ManagementView
from common.jsons import JsonObject, parse
from common.refusals import InvalidPayload, NotFound
from eventschema.inferring import infer
from eventschema.json_schema import json_schema_of
from eventschema.json_schema_reading import LARGEST_DOCUMENT, LIMITS, read_json_schema
from eventschema.models import EventDefinition
from eventschema.nesting import nested_keys
from eventschema.publishing import published_version
from eventschema.sharing import define_by_document
from eventschema.spec import properties_as_json

SAMPLES: JsonObject = {
    "type": "object",
    "required": ["samples"],
    "properties": {
        "samples": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "description": "The metadata of an event, or a whole event."},
        }
    },
}
PROPOSED: JsonObject = {
    "type": "object",
    "required": ["schema", "notes"],
    "properties": {
        "schema": {
            "type": "object",
            "required": ["properties"],
            "properties": {"properties": {"type": "object"}},
        },
        "notes": {"type": "array", "items": {"type": "string"}, "description": "What was left out, and why."},
    },
}
DOCUMENT: JsonObject = {"type": "object", "description": "JSON Schema 2020-12 of the metadata of such events."}


class Inference(ManagementView):
    parser_classes = [ItemsParser]
    bodies = {"post": {"application/json": SAMPLES}}
    answers = {"post": PROPOSED}

    def post(self, request: Request, project_id: str) -> Response:
        """Propose properties from samples; nothing is stored."""
        samples = self.body().get("samples")
        if not isinstance(samples, list):
            raise InvalidPayload.at("samples", "Property .samples must be array", code="type")
        found = infer(samples, nested=nested_keys(self.project))
        return Response({"schema": {"properties": properties_as_json(found.specs)}, "notes": found.notes})


class DocumentParser(StrictJSONParser):
    decoder = staticmethod(partial(parse, limits=LIMITS))


class DefinitionDocument(ManagementView):
    parser_classes = [DocumentParser]
    body_limit = LARGEST_DOCUMENT
    bodies = {"put": {"application/json": DOCUMENT}}
    answers = {"get": DOCUMENT, "put": DOCUMENT}

    def get(self, request: Request, project_id: str, schema_id: str) -> Response:
        """Get the published version as JSON Schema 2020-12."""
        return Response(_document(find_definition(self.project, schema_id)))

    def put(self, request: Request, project_id: str, schema_id: str) -> Response:
        """Define a custom event by a JSON Schema, at once: properties that it leaves out are removed."""
        definition = find_definition(self.project, schema_id)
        document = read_json_schema(self.body())
        return Response(_document(define_by_document(definition, document, by=self.actor, now=self.now)))


def _document(definition: EventDefinition) -> JsonObject:
    """Raises NotFound where nothing is published yet."""
    version = published_version(definition)
    if version is None:
        raise NotFound.of("json_schema", definition.public_id)
    return json_schema_of(version.schema, name=definition.name, description=definition.description)
