"""Admin pages that take a definition elsewhere and bring one in: JSON Schema, and another project."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from common.jsons import InvalidJson, JsonObject, parse, pretty
from common.refusals import Refusal
from common.theme import dress
from eventschema.admin_finding import find_definition
from eventschema.clients.naming import snake
from eventschema.drafting import draft_snapshot
from eventschema.json_schema import json_schema_of
from eventschema.json_schema_reading import LARGEST_DOCUMENT, LIMITS, ReadDocument, read_json_schema
from eventschema.models import EventDefinition
from eventschema.publishing import published_version
from eventschema.sharing import copy_definition, draft_by_document
from projects.access import access_of
from projects.forms import show_refusal
from projects.models import Project, Role
from projects.pages import page_context
from projects.scoping import actor_of


class DocumentForm(forms.Form):
    """A JSON Schema, pasted or as a file. `read` is what it says."""

    document = forms.CharField(
        label="JSON Schema", required=False, widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"})
    )
    file = forms.FileField(label="or a file", required=False)

    read: ReadDocument

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        dress(self)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        file, text = cleaned.get("file"), cleaned.get("document") or ""
        name = "file" if file else "document"
        try:
            self.read = read_json_schema(_parsed(file.read(LARGEST_DOCUMENT + 1) if file else text.encode()))
        except InvalidJson as error:
            self.add_error(name, str(error).replace("The body", "It"))
        return cleaned


class CopyForm(forms.Form):
    project = forms.ModelChoiceField(Project.objects.none(), label="To project")

    def __init__(self, projects: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["project"].queryset = projects  # type: ignore[attr-defined]  # a ModelChoiceField
        dress(self)


def document_page(admin: Any, request: HttpRequest, definition_id: UUID) -> HttpResponse:
    """Downloads what is published, or the draft of what never was, as JSON Schema."""
    definition = find_definition(request, definition_id)
    version = published_version(definition)
    snapshot = version.schema if version else draft_snapshot(definition)
    document = json_schema_of(snapshot, name=definition.name, description=definition.description)
    name = f"{snake(definition.name, 'event')}.schema.json"
    return HttpResponse(
        pretty(document) + "\n",
        content_type="application/schema+json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def import_page(admin: Any, request: HttpRequest, definition_id: UUID) -> HttpResponse:
    """Makes the draft what a document says; what cannot be taken over is told."""
    definition = find_definition(request, definition_id, Role.MARKETER)
    form = DocumentForm(request.POST, request.FILES) if request.method == "POST" else DocumentForm()
    if form.is_valid():
        try:
            draft_by_document(definition, form.read, by=actor_of(request), now=datetime.now(UTC))
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"The draft of “{definition}” is what the document says. Nothing is published.")
            for error in form.read.lost:
                messages.warning(request, error.message)
            return redirect(admin.url("change", definition.pk))
    explain = (
        "The draft becomes what the document says; events are checked by it once you publish it. What the document "
        "leaves out is removed from the draft."
    )
    return _page(admin, request, definition, form, "Import a JSON Schema", "Make it the draft", explain)


def copy_page(admin: Any, request: HttpRequest, definition_id: UUID) -> HttpResponse:
    """Copies the definition to another project in which the user may define events."""
    definition = find_definition(request, definition_id, Role.MARKETER)
    others = access_of(request).narrow(Project.objects.exclude(pk=definition.project_id), "pk", Role.MARKETER)
    form = CopyForm(others.order_by("name"), request.POST if request.method == "POST" else None)
    if form.is_valid():
        project = form.cleaned_data["project"]
        try:
            copy = copy_definition(definition, project, by=actor_of(request), now=datetime.now(UTC))
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"“{copy}” is defined in {project} now, and takes events.")
            return redirect(admin.url("change", copy.pk))
    explain = (
        "What is published is copied, with the nested schemas that it needs, and takes events there at once. Removed "
        "properties, rules and programmes stay behind."
    )
    return _page(admin, request, definition, form, "Copy to another project", "Copy", explain)


def _parsed(raw: bytes) -> JsonObject:
    """Raises InvalidJson."""
    if len(raw) > LARGEST_DOCUMENT:
        raise InvalidJson(f"The body is larger than {LARGEST_DOCUMENT // 1024} KB")
    document = parse(raw, LIMITS)
    if not isinstance(document, dict):
        raise InvalidJson("The body is no JSON object")
    return document


def _page(
    admin: Any,
    request: HttpRequest,
    definition: EventDefinition,
    form: forms.Form,
    title: str,
    submit: str,
    explain: str,
) -> HttpResponse:
    context = page_context(admin, request, title) | {
        "form": form,
        "original": definition,
        "submit": submit,
        "explain": explain,
        "back": admin.url("change", definition.pk),
    }
    return TemplateResponse(request, "admin/boon/row_page.html", context)
