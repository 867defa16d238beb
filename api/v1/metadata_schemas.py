"""`/v1/metadata-schemas`: the metadata schemas, as back ends read them: in camel case (contract c.4)."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.management.metadata_schemas import render_schema
from api.object_schemas import COUNT, METADATA_SCHEMA, listed
from api.views import ServerView
from common.refusals import NotFound
from eventschema.models import MetadataSchema

NAMES = {
    "object_type": "objectType",
    "min_length": "minLength",
    "max_length": "maxLength",
    "exact_length": "exactLength",
}


class MetadataSchemas(ServerView):
    answers = {"get": listed("schemas", METADATA_SCHEMA, total=COUNT)}

    def get(self, request: Request) -> Response:
        """List the metadata schemas, standard and nested ones together."""
        schemas = MetadataSchema.objects.filter(project=self.project).prefetch_related("properties")
        rendered = [render_schema(schema, NAMES) for schema in schemas.order_by("related_object")]
        return Response({"object": "list", "data_ref": "schemas", "schemas": rendered, "total": len(rendered)})


class OneMetadataSchema(ServerView):
    answers = {"get": METADATA_SCHEMA}

    def get(self, request: Request, resource: str) -> Response:
        """Get the metadata schema of a resource, or the nested one of that name."""
        schema = MetadataSchema.objects.filter(project=self.project, related_object=resource).first()
        if schema is None:
            raise NotFound.of("metadata_schema", resource)
        return Response(render_schema(schema, NAMES))
