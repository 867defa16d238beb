"""Published versions: the list of them, and the page of one, from which it can be restored."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from common.jsons import JsonObject, dumps
from common.refusals import Refusal
from eventschema.comparing import compare
from eventschema.drafting import draft_differs, restore_version
from eventschema.models import EventDefinition, SchemaVersion
from projects.access import access_of
from projects.forms import sentence_of
from projects.models import Role
from projects.pages import Cell, Link, Panel, list_link, local_moment, moment, page_context, shown_json
from projects.scoping import actor_of

# What a property of a snapshot says beside its name and type.
APART = {"id", "name", "type", "optional", "description", "personal", "aliases", "deleted", "array", "deprecated"}
VERSIONS_SHOWN = 50


def version_page(admin: Any, request: HttpRequest, definition_id: UUID, number: int) -> HttpResponse:
    """Also of a definition that is deleted: its events are still there. POST restores it. Raises Http404."""
    row = _version(request, definition_id, number)
    may_restore = row.definition.deleted_at is None and access_of(request).may(Role.MARKETER, row.project_id)
    if request.method == "POST":
        if not may_restore:
            raise PermissionDenied
        return _restored(admin, request, row)
    context = page_context(admin, request, f"Version {number} of {row.definition}") | {
        "row": row,
        "published_at": local_moment(row.published_at),
        "boon_links": _links(admin, row),
        "boon_panels": [*_differences(row), _properties(row.schema)],
        "schema": shown_json(row.schema),
        "may_restore": may_restore,
        "draft_differs": may_restore and draft_differs(row.definition),
    }
    return TemplateResponse(request, "admin/eventschema/version.html", context)


def versions_panel(admin: Any, definition: EventDefinition) -> Panel:
    """The newest versions, each with what it changed; older ones are reached from the last of them."""
    rows = list(definition.versions.order_by("-version")[: VERSIONS_SHOWN + 1])
    cells: list[list[Cell]] = [
        [
            Link(f"Version {row.version}", admin.url("version", definition.pk, row.version)),
            moment(row.published_at),
            row.published_by,
            _in_short(row, before),
        ]
        for row, before in zip(rows, [*rows[1:], None], strict=False)
    ]
    headings = ["Version", "Published", "By", "What changed"]
    return Panel("Published versions", headings, cells[:VERSIONS_SHOWN], empty="Nothing is published yet.")


def _version(request: HttpRequest, definition_id: UUID, number: int) -> SchemaVersion:
    """Raises Http404. A number that no column can hold is that of no version."""
    versions = SchemaVersion.objects.select_related("definition__project", "project")
    found = access_of(request).narrow(versions, "project").filter(definition=definition_id)
    row: SchemaVersion | None = found.filter(version=number).first() if number < 2**31 else None
    if row is None:
        raise Http404
    return row


def _restored(admin: Any, request: HttpRequest, row: SchemaVersion) -> HttpResponse:
    try:
        restore_version(row.definition, row.version, by=actor_of(request), now=datetime.now(UTC))
    except Refusal as refusal:
        admin.message_user(request, sentence_of(refusal), messages.ERROR)
        return redirect(admin.url("version", row.definition_id, row.version))
    told = f"The draft is as version {row.version} was. Events are not checked by it until it is published."
    admin.message_user(request, told, messages.SUCCESS)
    return redirect(admin.url("change", row.definition_id))


def _links(admin: Any, row: SchemaVersion) -> list[Link]:
    numbers = SchemaVersion.objects.filter(definition=row.definition_id).values_list("version", flat=True)
    neighbours = sorted({row.version - 1, row.version + 1} & set(numbers))
    own = [Link(f"Version {number}", admin.url("version", row.definition_id, number)) for number in neighbours]
    own.append(list_link("events_event", "Events of this definition", definition__id__exact=row.definition_id))
    if row.definition.deleted_at is None:
        own.insert(0, Link("The definition", admin.url("change", row.definition_id)))
    return own


def _before(row: SchemaVersion) -> SchemaVersion | None:
    return SchemaVersion.objects.filter(definition=row.definition_id, version=row.version - 1).first()


def _differences(row: SchemaVersion) -> list[Panel]:
    """What the version changed; no panel for the first."""
    before = _before(row)
    if before is None:
        return []
    changes = compare(before.schema, row.schema)
    rows: list[list[Cell]] = [[change.sentence, "breaking" if change.is_breaking else ""] for change in changes]
    title = f"What changed from version {before.version}"
    return [Panel(title, ["Change", ""], rows, empty="Nothing that events are checked by: the order, or ids.")]


def _in_short(row: SchemaVersion, before: SchemaVersion | None) -> str:
    if before is None:
        count = sum(not item.get("deleted") for item in row.schema["properties"])
        return f"The first: {count} propert{'y' if count == 1 else 'ies'}."
    changes = compare(before.schema, row.schema)
    shown = " ".join(change.sentence for change in changes[:3])
    more = f" And {len(changes) - 3} more." if len(changes) > 3 else ""
    return f"{shown}{more}" or "The order of the properties."


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
    marks += [f"deprecated from {item['deprecated']}"] if item.get("deprecated") else []
    return ", ".join(filter(None, marks))
