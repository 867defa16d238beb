"""`/management/v1/projects/{projectId}/metadata-schemas`: what customers' metadata, and nested objects, may hold."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.management.schemas import SchemaShape
from api.object_schemas import COUNT, METADATA_SCHEMA, listed
from api.shapes import LEFT_OUT, Document, Flag, Shape, Text, checked
from api.views import ManagementView
from common.jsons import JsonObject, JsonValue
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.resources import change_metadata_schema, delete_metadata_schema, find_metadata_schema
from eventschema.spec import PropertySpec, parse_properties, properties_as_json


class NewMetadataSchema(SchemaShape):
    related_object = Text(max_length=100)
    allow_defined_only = Flag(**LEFT_OUT)


class MetadataSchemaChange(Shape):
    properties = Document(**LEFT_OUT)
    allow_defined_only = Flag(**LEFT_OUT)


class MetadataSchemas(ManagementView):
    bodies = {"post": NewMetadataSchema}
    answers = {"post": METADATA_SCHEMA, "get": listed("data", METADATA_SCHEMA, total=COUNT)}

    def post(self, request: Request, project_id: str) -> Response:
        """Define the metadata of a standard resource for the first time, or a nested schema under any other name."""
        fields, specs = _parsed(NewMetadataSchema, self.body())
        schema = MetadataSchema(
            project=self.project,
            related_object=fields["related_object"],
            allow_defined_only=fields.get("allow_defined_only", False),
        )
        return Response(render_schema(save_nested_schema(schema, specs, by=self.actor, now=self.now)))

    def get(self, request: Request, project_id: str) -> Response:
        """List the metadata schemas of the project, standard and nested ones together."""
        schemas = MetadataSchema.objects.filter(project=self.project).prefetch_related("properties")
        rendered = [render_schema(schema) for schema in schemas.order_by("related_object")]
        return Response({"object": "list", "data_ref": "data", "data": rendered, "total": len(rendered)})


class OneMetadataSchema(ManagementView):
    bodies = {"put": MetadataSchemaChange}
    answers = {"get": METADATA_SCHEMA, "put": METADATA_SCHEMA}

    def get(self, request: Request, project_id: str, metadata_schema_id: str) -> Response:
        """Get a metadata schema."""
        return Response(render_schema(find_metadata_schema(self.project, metadata_schema_id)))

    def put(self, request: Request, project_id: str, metadata_schema_id: str) -> Response:
        """Add properties, or put others in the place of those of the same names and types; it takes effect at once."""
        schema = find_metadata_schema(self.project, metadata_schema_id)
        fields, specs = _parsed(MetadataSchemaChange, self.body())
        strict = fields.get("allow_defined_only")
        changed = change_metadata_schema(schema, specs, allow_defined_only=strict, by=self.actor, now=self.now)
        return Response(render_schema(changed))

    def delete(self, request: Request, project_id: str, metadata_schema_id: str) -> Response:
        """Delete a metadata schema that nothing refers to. Metadata that is stored stays."""
        delete_metadata_schema(find_metadata_schema(self.project, metadata_schema_id), by=self.actor)
        return Response(status=204)


def _parsed(shape: type[Shape], body: JsonObject) -> tuple[JsonObject, list[PropertySpec]]:
    """The fields and the properties. A null in a definition is what was left out. Raises InvalidPayload."""
    raw = body.get("properties")
    definitions = {name: _without_nulls(item) for name, item in raw.items()} if isinstance(raw, dict) else {}
    specs, errors = parse_properties(definitions, "properties")
    return checked(shape, body, more=errors), specs


def _without_nulls(definition: JsonValue) -> JsonValue:
    if not isinstance(definition, dict):
        return definition
    return {part: value for part, value in definition.items() if value is not None}


def render_schema(schema: MetadataSchema, names: dict[str, str] | None = None) -> JsonObject:
    """Contract c.4. `names` renames the parts of a definition for the application API; one statement at most."""
    specs = [PropertySpec.of(row) for row in schema.properties.all()]
    properties: JsonObject = {
        name: _definition(definition, names or {}) for name, definition in properties_as_json(specs).items()
    }
    return {
        "id": schema.public_id,
        "related_object": schema.related_object,
        "properties": properties,
        "allow_defined_only": schema.allow_defined_only,
        "created_at": schema.created_at,
        "updated_at": schema.updated_at,
        "object": "metadata_schema",
    }


def _definition(definition: JsonObject, names: dict[str, str]) -> JsonObject:
    """Every definition says whether it is a list, and which nested schema it refers to."""
    whole: dict[str, Any] = {
        "type": definition["type"],
        "array": False,
        "optional": definition["optional"],
        "object_type": None,
        **definition,
    }
    return {names.get(part, part): value for part, value in whole.items()}
