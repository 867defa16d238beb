"""`…/custom-event-schemas/{id}/versions` and `/preview`: what was published, and what a change would break."""

from collections.abc import Sequence

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.management.definition_shapes import PREVIEW, VERSIONS
from api.management.schemas import SchemaShape, find_definition, parse_definition
from api.shapes import LEFT_OUT, Moment, Shape
from api.views import ManagementView
from common.ids import public_id
from common.jsons import JsonObject
from events.against import Period, preview_against
from eventschema.comparing import compare
from eventschema.models import SchemaVersion, UnknownProperties
from eventschema.previewing import Breakage, Example, Preview
from eventschema.proposing import proposed_snapshot
from eventschema.spec import PropertySpec, properties_as_json, specs_of
from eventschema.usage import users_of


class PeriodShape(Shape):
    after = Moment(**LEFT_OUT)
    before = Moment(**LEFT_OUT)


class PreviewShape(Shape):
    schema = SchemaShape()
    unknown = serializers.ChoiceField(choices=UnknownProperties.values, **LEFT_OUT)
    occurred_at = PeriodShape(**LEFT_OUT)


class Versions(ManagementView):
    answers = {"get": VERSIONS}

    def get(self, request: Request, project_id: str, schema_id: str) -> Response:
        """List every published version, newest first, with what changed from the one before."""
        definition = find_definition(self.project, schema_id)
        rows = list(definition.versions.order_by("-version"))
        data = [render_version(row, before) for row, before in zip(rows, [*rows[1:], None], strict=False)]
        return Response({"object": "list", "data_ref": "data", "data": data, "total": len(data)})


class ProposedVersion(ManagementView):
    bodies = {"post": PreviewShape}
    answers = {"post": PREVIEW}

    def post(self, request: Request, project_id: str, schema_id: str) -> Response:
        """Try a whole schema on the newest 1,000 stored events, or on those of a period; nothing is written."""
        definition = find_definition(self.project, schema_id)
        body, change = parse_definition(PreviewShape, self.body())
        proposed = proposed_snapshot(definition, change.properties, change.unknown)
        asked = body.get("occurred_at", {})
        found, _ = preview_against(definition, proposed, Period(asked.get("after"), asked.get("before")))
        used_by = [use.as_json() for use in users_of(definition)]
        return Response(render_preview(found) | {"used_by": used_by})


def render_version(row: SchemaVersion, before: SchemaVersion | None) -> JsonObject:
    specs: Sequence[PropertySpec] = specs_of(row.schema)
    changes = compare(before.schema, row.schema) if before else []
    return {
        "schema_id": row.definition.public_id,
        "version": row.version,
        "schema": {"properties": properties_as_json(specs)},
        "unknown": row.schema["unknown"],
        "published_at": row.published_at,
        "published_by": row.published_by,
        "changes": [change.as_json() | {"breaking": change.is_breaking} for change in changes],
        "object": "custom-event-schema-version",
    }


def render_preview(found: Preview) -> JsonObject:
    return {
        "checked": found.checked,
        "would_reject": found.would_reject,
        "percentage": found.percentage,
        "examples": [_example(example) for example in found.examples],
        "breaking": [_breakage(breakage) for breakage in found.breakages],
        "object": "custom-event-schema-preview",
    }


def _example(example: Example) -> JsonObject:
    errors = [error.as_json() for error in example.errors]
    return {"id": public_id("event", example.event_id), "errors": errors}


def _breakage(breakage: Breakage) -> JsonObject:
    counts = {"would_reject": breakage.rejected, "by_channel": dict(sorted(breakage.by_channel.items()))}
    return breakage.change.as_json() | counts
