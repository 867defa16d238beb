"""The page that asks before the values of a property are erased from all customers, campaigns or codes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from campaigns.models import Campaign, Voucher
from common.refusals import NotFound
from customers.models import Customer
from eventschema.models import MetadataSchema, NestedProperty
from eventschema.purging import PURGES, find_property, start_purge
from eventschema.spec import PropertySpec
from projects.access import access_of
from projects.models import Role
from projects.pages import Cell, Link, Panel, RowForm, new_group_id, page_context
from projects.scoping import actor_of

ROWS: Mapping[str, type[Model]] = {"customer": Customer, "campaign": Campaign, "voucher": Voucher}
WORDS = {"customer": "customers", "campaign": "campaigns", "voucher": "codes"}
# Further ones are not counted: the number is there to make one think.
COUNTED = 10_000


def purge_panel(admin: Any, request: HttpRequest, schema: MetadataSchema) -> Panel | None:
    """A way to the page for every property; None where the user may not erase, or the resource's keys are kept."""
    if schema.related_object not in PURGES or not access_of(request).may(Role.ADMIN, schema.project_id):
        return None
    rows: list[list[Cell]] = [
        [item.name, "removed" if item.deleted else "", Link("Erase its values", _address(admin, schema, item))]
        for item in schema.properties.all()
    ]
    return Panel(f"What {WORDS[schema.related_object]} hold", ["Property", "", ""], rows)


def purge_page(admin: Any, request: HttpRequest, schema_id: UUID, property_id: UUID) -> HttpResponse:
    """Names what will be erased; POST lets the worker erase it. Raises Http404."""
    schema = get_object_or_404(admin.get_queryset(request), pk=schema_id, related_object__in=PURGES)
    if not access_of(request).may(Role.ADMIN, schema.project_id):
        raise PermissionDenied
    try:
        purged = find_property(schema, property_id)
    except NotFound as error:
        raise Http404 from error
    back = admin.url("change", schema.pk)
    if request.method == "POST":
        start_purge(schema, purged, by=actor_of(request), request_id=new_group_id(), now=datetime.now(UTC))
        told = f"The worker erases “{purged}”. The list of async actions says how far it is."
        admin.message_user(request, told, messages.SUCCESS)
        return redirect(back)
    context = page_context(admin, request, f"Erase “{purged}”") | {"original": schema, "back": back}
    context |= {"form": _Question(schema, purged), "submit": "Erase for good", "explain": _explained(purged)}
    return TemplateResponse(request, "admin/boon/row_page.html", context)


class _Question(RowForm):
    """Nothing to fill in: what will be erased, and from how many."""

    def __init__(self, schema: MetadataSchema, purged: NestedProperty) -> None:
        super().__init__(schema)
        names = PropertySpec.of(purged).names
        rows = ROWS[schema.related_object]._default_manager.filter(project=schema.project_id)
        count = rows.filter(metadata__has_any_keys=list(names))[: COUNTED + 1].count()
        shown = f"more than {COUNTED}" if count > COUNTED else str(count)
        cells: list[list[Cell]] = [[", ".join(names), f"{shown} {WORDS[schema.related_object]}"]]
        self.panels = [Panel("What will be erased", ["Key", "From"], cells)]


def _explained(purged: NestedProperty) -> str:
    stays = "The property is removed already." if purged.deleted else "The property itself stays: new values may come."
    return f"The values cannot be brought back. {stays}"


def _address(admin: Any, schema: MetadataSchema, item: NestedProperty) -> str:
    address: str = admin.url("purge", schema.pk, item.property_id)
    return address
