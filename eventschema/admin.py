"""The admin pages of event definitions – the schema builder – and of nested schemas."""

from collections.abc import Callable, Mapping, Sequence
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
from eventschema.admin_conflicts import bring_together
from eventschema.admin_forms import DefinitionForm, NestedSchemaForm, StatusForm
from eventschema.admin_nested_review import BreaksSenders, check_confirmed
from eventschema.admin_pasting import propose
from eventschema.admin_proposing import propose_link, proposed_cards
from eventschema.admin_purging import purge_page, purge_panel
from eventschema.admin_review import review_page
from eventschema.admin_sample import sample_data
from eventschema.admin_sharing import copy_page, document_page, import_page
from eventschema.admin_trying import try_page
from eventschema.admin_usage import used_by_panel, users_by_property
from eventschema.admin_versions import version_page, versions_panel
from eventschema.comparing import breaking
from eventschema.conflicts import EditedMeanwhile
from eventschema.drafting import draft_changes, draft_differs, save_draft
from eventschema.models import EventDefinition, MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.publishing import delete_definition, publish
from eventschema.resources import delete_metadata_schema
from eventschema.status import set_status
from eventschema.usage import check_unused
from projects.models import Role
from projects.pages import Link, Panel, RowPage, list_link
from projects.scoping import ProjectFilter, ScopedAdmin, actor_of, adopt

# How far back the builder looks for events that carry a property.
EVENTS_LOOKED_AT = 1_000
# Scripts of the builder beside builder.js.
MODULES = ("chips", "names", "sample", "paste", "unsaved", "try")
SHEETS = ("builder", "cards", "chips", "sample", "paste", "review")
PROPERTY_COUNT = Count("properties", filter=Q(properties__deleted=False))


class SchemaAdmin(ScopedAdmin):
    """A page with the builder on it."""

    add_role = change_role = Role.MARKETER
    change_form_template = "admin/eventschema/change_form.html"
    list_select_related = ["project"]

    class Media:
        js = ("boon/builder.js", *(Script(f"boon/{name}.js", type="module") for name in MODULES))
        css = {"all": tuple(f"boon/{name}.css" for name in SHEETS)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(property_count=PROPERTY_COUNT)
        return rows

    @admin.display(description="properties", ordering="property_count")
    def properties(self, row: Any) -> int:
        return int(row.property_count)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change=change, **options)
        if isinstance(form.refusal, EditedMeanwhile):
            bring_together(request, form, form.refusal)
        return form

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        row, form = context["original"], context["adminform"].form
        cards = form.cards
        may_edit = self.has_change_permission(request, row) if row else self.has_add_permission(request)
        used = self.used_properties(row) if row else set()
        users = self.users_of_properties(row) if row else {}
        for card in cards.forms:
            names = card.names
            card.is_used = not used.isdisjoint(names)
            card.users = [user for name in names for user in users.get(name, ())]
        nested = form.nested_schemas() if form.nests_objects else None
        is_event = self.model is EventDefinition
        shown = [] if may_edit else [item for item in row.properties.all() if not item.deleted]
        context |= {"cards": cards, "may_edit": may_edit, "sample": sample_data(row, nested, shown, is_event=is_event)}
        context |= {"paste_url": self.url("propose"), "differences": getattr(request, "boon_differences", ())}
        return super().render_change_form(request, context, *args, **options)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(propose)
        name = f"{self.opts.app_label}_{self.opts.model_name}_propose"
        return [path("propose/", page, name=name), *super().get_urls()]

    def used_properties(self, row: Any) -> set[str]:
        """The names of properties that stored events carry: removing one asks first."""
        return set()

    def users_of_properties(self, row: Any) -> Mapping[str, Sequence[Link]]:
        """What reads a property, by its name."""
        return {}

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Stays on the page: there is nearly always something left to do."""
        self.message_user(request, self.saved_sentence(request, obj), messages.SUCCESS)
        return redirect(self.url("change", obj.pk))

    def saved_sentence(self, request: HttpRequest, row: Any) -> str:
        return f"“{row}” is saved."


def _set_status(request: HttpRequest, definition: EventDefinition, form: StatusForm) -> str:
    status, by = form.cleaned_data["status"], actor_of(request)
    changed = set_status(definition, status, deprecated_on=form.day(), by=by, now=datetime.now(UTC))
    if changed.deprecated_on is None:
        return f"“{changed}” is in use."
    return f"“{changed}” is deprecated: it is no longer to be used from {changed.deprecated_on} on."


@admin.register(EventDefinition)
class EventDefinitionAdmin(SchemaAdmin):
    delete_role = Role.MARKETER
    form = DefinitionForm
    list_display = ["name", "status", "shown_version", "properties", "project", "created_at"]
    list_filter = [("project", ProjectFilter), "status"]
    search_fields = ["name", "description", "properties__name"]
    ordering = ["name"]
    row_pages = {
        "status": RowPage(
            Role.MARKETER,
            StatusForm,
            "Deprecate or reinstate",
            "Save",
            _set_status,
            "A deprecated event is marked wherever it is shown, so that nobody begins to send it.",
        )
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(deleted_at=None)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        own = ("description", "unknown")
        return (own,) if obj else (("project", "name"), own)

    @admin.display(description="published", ordering="version")
    def shown_version(self, definition: EventDefinition) -> str:
        return f"Version {definition.version}" if definition.version else "–"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **options)
        form.proposed = proposed_cards(request, obj)
        return form

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        row = context["original"]
        if row is not None:
            context["draft_differs"] = row.draft_differs = draft_differs(row)  # read by the page and its links
        return super().render_change_form(request, context, *args, **options)

    def used_properties(self, row: Any) -> set[str]:
        events = Event.objects.filter(project=row.project_id, definition=row).order_by("-occurred_at")
        return {name for metadata in events.values_list("metadata", flat=True)[:EVENTS_LOOKED_AT] for name in metadata}

    def users_of_properties(self, row: Any) -> Mapping[str, Sequence[Link]]:
        return users_by_property(row)

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        links = list(super().links(request, obj)) if obj.version else []
        if obj.version and obj.draft_differs:
            links.insert(0, Link("What publishing would change", self.url("review", obj.pk)))
        links.append(Link("Download as JSON Schema", self.url("document", obj.pk)))
        if self.has_change_permission(request, obj):
            links += [
                Link("Try it", self.url("try", obj.pk)),
                propose_link(obj),
                Link("Import a JSON Schema", self.url("import", obj.pk)),
                Link("Copy to another project", self.url("copy", obj.pk)),
            ]
        rejected = RejectedEvent.objects.filter(project=obj.project_id, name=obj.name, replayed_at=None).count()
        if rejected:
            text = f"{rejected} rejected event{'' if rejected == 1 else 's'}"
            query = {"name__exact": obj.name, "project__id__exact": obj.project_id}
            links.append(list_link("events_rejectedevent", text, **query))
        return links

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        panels = [versions_panel(self, obj), used_by_panel(obj)]
        return [panel for panel in panels if panel is not None]

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "version": ("versions/<int:number>", version_page),
            "review": ("review", review_page),
            "try": ("try", try_page),
            "document": ("json-schema", document_page),
            "import": ("import-json-schema", import_page),
            "copy": ("copy", copy_page),
        }
        own = [
            path(
                f"<uuid:definition_id>/{route}/",
                self.admin_site.admin_view(partial(page, self)),
                name=f"eventschema_eventdefinition_{name}",
            )
            for name, (route, page) in pages.items()
        ]
        return own + super().get_urls()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, now = actor_of(request), datetime.now(UTC)
        definition = save_draft(obj, form.specs(), by=by, now=now, base=form.cleaned_data["base"])
        is_published = "_publish" in request.POST and not breaking(draft_changes(definition))
        if is_published:
            definition.version = publish(definition, by=by, now=now).version
        adopt(obj, definition)
        obj.is_published_now = is_published

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """A draft that breaks senders is saved, and asked about before it is published."""
        if "_publish" in request.POST and not obj.is_published_now:
            return redirect(self.url("review", obj.pk))
        return super().response_change(request, obj)

    def saved_sentence(self, request: HttpRequest, row: Any) -> str:
        if row.is_published_now:
            return f"Version {row.version} of “{row}” is published: events are checked by it from now on."
        return f"The draft of “{row}” is saved. Events are not checked by it until it is published."

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        check_unused(obj)
        delete_definition(obj, by=actor_of(request), now=datetime.now(UTC))


@admin.register(MetadataSchema)
class MetadataSchemaAdmin(SchemaAdmin):
    delete_role = Role.MARKETER
    form = NestedSchemaForm
    list_display = ["related_object", "properties", "allow_defined_only", "project"]
    list_filter = [("project", ProjectFilter)]
    search_fields = ["related_object", "properties__name"]
    ordering = ["related_object"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        return ("allow_defined_only",) if obj else (("project", "related_object"), "allow_defined_only")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said, specs, now = form.cleaned_data, form.specs(), datetime.now(UTC)
        if change:
            check_confirmed(obj, specs, said["confirm"])
        save_nested_schema(obj, specs, by=actor_of(request), now=now, base=said["base"])

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        refusal = context["adminform"].form.refusal
        context["breakages"] = refusal.breakages if isinstance(refusal, BreaksSenders) else None
        return super().render_change_form(request, context, *args, **options)

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        panel = purge_panel(self, request, obj)
        return [panel] if panel else []

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(partial(purge_page, self))
        name = "eventschema_metadataschema_purge"
        return [path("<uuid:schema_id>/purge/<uuid:property_id>/", page, name=name), *super().get_urls()]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_metadata_schema(obj, by=actor_of(request))

    def saved_sentence(self, request: HttpRequest, row: Any) -> str:
        return f"“{row}” is saved, and every event that uses it is published anew."
