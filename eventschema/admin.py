"""The admin pages of event definitions – the schema builder – and of nested schemas."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from events.models import Event, RejectedEvent
from eventschema.admin_forms import DefinitionForm, NestedSchemaForm
from eventschema.admin_pasting import propose
from eventschema.admin_sample import sample_data
from eventschema.admin_trying import try_page
from eventschema.admin_versions import version_page
from eventschema.drafting import draft_differs, save_draft
from eventschema.models import EventDefinition, MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.publishing import delete_definition, publish
from eventschema.usage import check_unused
from projects.models import Role
from projects.pages import Link, Panel, list_link, moment
from projects.scoping import ProjectFilter, ScopedAdmin, actor_of, adopt

# How far back the builder looks for events that carry a property.
EVENTS_LOOKED_AT = 1_000
# Scripts of the builder beside builder.js.
MODULES = ("chips", "names", "sample", "paste", "unsaved", "try")
PROPERTY_COUNT = Count("properties", filter=Q(properties__deleted=False))


class SchemaAdmin(ScopedAdmin):
    """A page with the builder on it."""

    add_role = change_role = Role.MARKETER
    change_form_template = "admin/eventschema/change_form.html"
    list_select_related = ["project"]

    class Media:
        js = ("boon/builder.js", *(Script(f"boon/{name}.js", type="module") for name in MODULES))
        css = {"all": ("boon/builder.css", "boon/cards.css", "boon/chips.css", "boon/sample.css", "boon/paste.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(property_count=PROPERTY_COUNT)
        return rows

    @admin.display(description="properties", ordering="property_count")
    def properties(self, row: Any) -> int:
        return int(row.property_count)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        row, form = context["original"], context["adminform"].form
        cards = form.cards
        may_edit = self.has_change_permission(request, row) if row else self.has_add_permission(request)
        used = self.used_properties(row) if row else set()
        for card in cards.forms:
            card.is_used = card["name"].value() in used
        nested = form.nested_schemas() if form.nests_objects else None
        shown = [] if may_edit else [item for item in row.properties.all() if not item.deleted]
        context |= {"cards": cards, "may_edit": may_edit, "sample": sample_data(row, nested, shown)}
        context["paste_url"] = self.url("propose")
        return super().render_change_form(request, context, *args, **options)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(propose)
        name = f"{self.opts.app_label}_{self.opts.model_name}_propose"
        return [path("propose/", page, name=name), *super().get_urls()]

    def used_properties(self, row: Any) -> set[str]:
        """Properties that stored events carry: removing one asks first."""
        return set()

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Stays on the page: there is nearly always something left to do."""
        self.message_user(request, self.saved_sentence(request, obj), messages.SUCCESS)
        return redirect(self.url("change", obj.pk))

    def saved_sentence(self, request: HttpRequest, row: Any) -> str:
        return f"“{row}” is saved."


@admin.register(EventDefinition)
class EventDefinitionAdmin(SchemaAdmin):
    delete_role = Role.MARKETER
    form = DefinitionForm
    list_display = ["name", "status", "shown_version", "properties", "project", "created_at"]
    list_filter = [("project", ProjectFilter), "status"]
    search_fields = ["name", "description", "properties__name"]
    ordering = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(deleted_at=None)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        own = ("description", "unknown")
        return (own,) if obj else (("project", "name"), own)

    @admin.display(description="published", ordering="version")
    def shown_version(self, definition: EventDefinition) -> str:
        return f"Version {definition.version}" if definition.version else "–"

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        row = context["original"]
        if row is not None:
            context["draft_differs"] = draft_differs(row)
        return super().render_change_form(request, context, *args, **options)

    def used_properties(self, row: Any) -> set[str]:
        events = Event.objects.filter(project=row.project_id, definition=row).order_by("-occurred_at")
        return {name for metadata in events.values_list("metadata", flat=True)[:EVENTS_LOOKED_AT] for name in metadata}

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        links = [*super().links(request, obj)]
        if self.has_change_permission(request, obj):
            links.append(Link("Try it", self.url("try", obj.pk)))
        rejected = RejectedEvent.objects.filter(project=obj.project_id, name=obj.name, replayed_at=None).count()
        if rejected:
            text = f"{rejected} rejected event{'' if rejected == 1 else 's'}"
            query = {"name__exact": obj.name, "project__id__exact": obj.project_id}
            links.append(list_link("events_rejectedevent", text, **query))
        return links

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        versions = obj.versions.order_by("-version")
        rows = [
            [
                Link(f"Version {row.version}", self.url("version", obj.pk, row.version)),
                moment(row.published_at),
                row.published_by,
                _names_of(row.schema),
            ]
            for row in versions
        ]
        headings = ["Version", "Published", "By", "Properties"]
        return [Panel("Published versions", headings, rows, empty="Nothing is published yet.")]

    def get_urls(self) -> list[URLPattern]:
        name = "eventschema_eventdefinition"
        version = self.admin_site.admin_view(partial(version_page, self))
        trying = self.admin_site.admin_view(partial(try_page, self))
        return [
            path("<uuid:definition_id>/versions/<int:number>/", version, name=f"{name}_version"),
            path("<uuid:definition_id>/try/", trying, name=f"{name}_try"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, now = actor_of(request), datetime.now(UTC)
        definition = save_draft(obj, form.specs(), by=by, now=now)
        if "_publish" in request.POST:
            definition.version = publish(definition, by=by, now=now).version
        adopt(obj, definition)

    def saved_sentence(self, request: HttpRequest, row: Any) -> str:
        if "_publish" in request.POST:
            return f"Version {row.version} of “{row}” is published: events are checked by it from now on."
        return f"The draft of “{row}” is saved. Events are not checked by it until it is published."

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        check_unused(obj)
        delete_definition(obj, by=actor_of(request), now=datetime.now(UTC))


@admin.register(MetadataSchema)
class MetadataSchemaAdmin(SchemaAdmin):
    form = NestedSchemaForm
    list_display = ["related_object", "properties", "allow_defined_only", "project"]
    list_filter = [("project", ProjectFilter)]
    search_fields = ["related_object", "properties__name"]
    ordering = ["related_object"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        return ("allow_defined_only",) if obj else (("project", "related_object"), "allow_defined_only")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_nested_schema(obj, form.specs(), by=actor_of(request), now=datetime.now(UTC))

    def saved_sentence(self, request: HttpRequest, row: Any) -> str:
        return f"“{row}” is saved, and every event that uses it is published anew."


def _names_of(schema: Any) -> str:
    return ", ".join(item["name"] for item in schema["properties"] if not item.get("deleted")) or "none"
