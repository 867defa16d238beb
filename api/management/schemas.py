"""`/management/v1/projects/{projectId}/custom-event-schemas`: event definitions."""

from typing import Any

from django.db.models import F
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.object_schemas import COUNT, DOCUMENT, TEXT, TIME, fields, listed, named, public_id, sometimes
from api.shapes import LEFT_OUT, Day, Document, Shape, Text, checked
from api.views import ManagementView
from common.ids import parse_public_id
from common.jsons import JsonObject
from common.refusals import NotFound
from eventschema.models import EventDefinition, SchemaVersion, Status, UnknownProperties
from eventschema.publishing import DefinitionChange, change_definition, create_definition, delete_definition
from eventschema.spec import PropertySpec, parse_properties, properties_as_json
from eventschema.usage import check_unused
from projects.models import Project

# What a body says of a definition beside its properties.
PARTS = ("description", "status", "unknown", "deprecated_on")

DEFINITION = sometimes(
    named("custom-event-schema", id=public_id("ms"), name=TEXT, schema=fields(properties=DOCUMENT), created_at=TIME),
    updated_at=TIME,
)


class SchemaShape(Shape):
    properties = Document()


class DefinitionShape(Shape):
    schema = SchemaShape()
    description = Text(max_length=2000, allow_blank=True, **LEFT_OUT)
    status = serializers.ChoiceField(choices=[Status.ACTIVE.value, Status.DEPRECATED.value], **LEFT_OUT)
    unknown = serializers.ChoiceField(choices=UnknownProperties.values, **LEFT_OUT)
    deprecated_on = Day(**LEFT_OUT)


class NewDefinition(DefinitionShape):
    name = Text(max_length=300)


class Definitions(ManagementView):
    answers = {"post": DEFINITION, "get": listed("data", DEFINITION, total=COUNT)}
    bodies = {"post": NewDefinition}

    def post(self, request: Request, project_id: str) -> Response:
        """Define a custom event; it takes events at once."""
        body, change = parse_definition(NewDefinition, self.body())
        definition = create_definition(self.project, body["name"], change, by=self.actor, now=self.now)
        return Response(render_definitions([definition])[0])

    def get(self, request: Request, project_id: str) -> Response:
        """List the custom events of the project."""
        definitions = list(EventDefinition.objects.filter(project=self.project, deleted_at=None).order_by("pk"))
        rendered = render_definitions(definitions)
        return Response({"object": "list", "data_ref": "data", "data": rendered, "total": len(rendered)})


class OneDefinition(ManagementView):
    answers = {"get": DEFINITION, "put": DEFINITION}
    bodies = {"put": DefinitionShape}
    queries = {"delete": ("force",)}

    def get(self, request: Request, project_id: str, schema_id: str) -> Response:
        """Get a custom event."""
        return Response(render_definitions([find_definition(self.project, schema_id)])[0])

    def put(self, request: Request, project_id: str, schema_id: str) -> Response:
        """Add or replace properties; the next version is published at once."""
        definition = find_definition(self.project, schema_id)
        _, change = parse_definition(DefinitionShape, self.body())
        definition = change_definition(definition, change, by=self.actor, now=self.now)
        return Response(render_definitions([definition])[0])

    def delete(self, request: Request, project_id: str, schema_id: str) -> Response:
        """Delete a custom event that nothing uses, or with `force=true` any. Stored events stay."""
        definition = find_definition(self.project, schema_id)
        if request.query_params.get("force") != "true":
            check_unused(definition)
        delete_definition(definition, by=self.actor, now=self.now)
        return Response(status=204)


def parse_definition(shape: type[Shape], body: JsonObject) -> tuple[JsonObject, DefinitionChange]:
    """The body and the change that it asks for. Raises InvalidPayload with every error in both."""
    schema = body.get("schema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    specs, errors = parse_properties(properties, "schema.properties") if isinstance(properties, dict) else ([], [])
    fields = checked(shape, body, more=errors)
    parts = {name: fields[name] for name in PARTS if name in fields}
    return fields, DefinitionChange(specs, **parts)


def find_definition(project: Project, schema_id: str) -> EventDefinition:
    """Raises NotFound."""
    key = parse_public_id("ms", schema_id)
    definition = EventDefinition.objects.filter(project=project, pk=key, deleted_at=None).first() if key else None
    if definition is None:
        raise NotFound.of("custom_event_schema", schema_id)
    return definition


def render_definitions(definitions: list[EventDefinition]) -> list[JsonObject]:
    """Definitions with their published properties (c.1, extensions); one statement for any number."""
    versions = SchemaVersion.objects.filter(definition__in=definitions, version=F("definition__version"))
    snapshots: dict[Any, JsonObject] = {(row.definition_id, row.version): row.schema for row in versions}
    return [_definition(item, snapshots.get((item.pk, item.version), {})) for item in definitions]


def _definition(definition: EventDefinition, snapshot: JsonObject) -> JsonObject:
    specs = [PropertySpec.from_snapshot(item) for item in snapshot.get("properties", ())]
    body: JsonObject = {
        "id": definition.public_id,
        "name": definition.name,
        "schema": {"properties": properties_as_json(specs)},
        "description": definition.description,
        "status": definition.status,
        "unknown": snapshot.get("unknown", definition.unknown),
        "version": definition.version,
        "created_at": definition.created_at,
    }
    if definition.deprecated_on is not None:
        body["deprecated_on"] = definition.deprecated_on
    if definition.updated_at is not None:
        body["updated_at"] = definition.updated_at
    body["object"] = "custom-event-schema"
    return body
