"""The page of one published version: what events of that version were checked against."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from common.jsons import JsonObject, dumps
from eventschema.models import SchemaVersion
from projects.access import access_of
from projects.pages import Link, Panel, list_link, local_moment, page_context, shown_json

# What a property of a snapshot says beside its name and type.
APART = {"id", "name", "type", "optional", "description", "personal", "aliases", "deleted", "array"}


def version_page(admin: Any, request: HttpRequest, definition_id: UUID, number: int) -> HttpResponse:
    """Also of a definition that is deleted: its events are still there. Raises Http404."""
    versions = SchemaVersion.objects.select_related("definition", "project")
    row = access_of(request).narrow(versions, "project").filter(definition=definition_id, version=number).first()
    if row is None:
        raise Http404
    links = [list_link("events_event", "Events of this definition", definition__id__exact=definition_id)]
    if row.definition.deleted_at is None:
        links.insert(0, Link("The definition", admin.url("change", definition_id)))
    context = page_context(admin, request, f"Version {number} of {row.definition}") | {
        "row": row,
        "published_at": local_moment(row.published_at),
        "boon_links": links,
        "boon_panels": [_properties(row.schema)],
        "schema": shown_json(row.schema),
    }
    return TemplateResponse(request, "admin/eventschema/version.html", context)


def _properties(schema: JsonObject) -> Panel:
    live = [item for item in schema["properties"] if not item.get("deleted")]
    rows = [[item["name"], _kind(item), _bounds(item), _marks(item), item.get("description") or ""] for item in live]
    return Panel("Properties", ["Name", "Type", "Bounds", "Notes", "Description"], rows, empty="It has no properties.")


def _kind(item: JsonObject) -> str:
    return f"{item['type']}, several values" if item.get("array") else str(item["type"])


def _bounds(item: JsonObject) -> str:
    said = {**item, **item.get("options", {})}
    shown = {name: value for name, value in said.items() if name not in APART | {"options"} and value is not None}
    return ", ".join(f"{name}: {value if isinstance(value, str) else dumps(value)}" for name, value in shown.items())


def _marks(item: JsonObject) -> str:
    marks = ["optional" if item.get("optional", True) else "required", "personal" if item.get("personal") else ""]
    marks += [f"formerly {name}" for name in item.get("aliases", ())]
    return ", ".join(filter(None, marks))
