"""The base of every admin page: users meet the rows of the projects of which they are members, and no other."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from common.refusals import Refusal
from common.theme import STYLESHEETS, ModelAdmin
from projects.access import access_of, project_id_of, project_lookup
from projects.audit import Actor
from projects.forms import DomainForm, sentence_of
from projects.models import Project, Role
from projects.pages import Link, Panel, RowPage, Timeline


class ProjectFilter(admin.RelatedFieldListFilter):
    """A list filter by a row of the user's own projects; it hides where there is nothing to choose."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        model = field.remote_field.model
        lookup = project_lookup(model)
        assert lookup is not None
        page = model_admin.admin_site._registry.get(model)
        joined = page.list_select_related if page and page.list_select_related else ()
        rows = access_of(request).narrow(model._default_manager.select_related(*joined), lookup)
        return sorted(((row.pk, str(row)) for row in rows), key=lambda choice: choice[1].casefold())


class KnownValuesFilter(admin.SimpleListFilter):
    """A list filter by a column without choices. Django's own would read the whole table for the values in it."""

    values: ClassVar[Sequence[str]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, value) for value in self.values]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{str(self.parameter_name): value}) if value in self.values else queryset


class ScopedAdmin(ModelAdmin):
    """Rows, choices and permissions by membership. What is saved goes through the domain, which may refuse it.

    `add_role`, `change_role` and `delete_role` say which role may; None means that nobody does it by this page.
    """

    add_role: ClassVar[Role | None] = None
    change_role: ClassVar[Role | None] = None
    delete_role: ClassVar[Role | None] = None
    deletes_in_bulk: ClassVar[bool] = False
    # What an empty list says: what belongs there, and what to do first.
    nothing_yet: ClassVar[str] = ""
    # Pages of their own about one row, by the last part of their address.
    row_pages: ClassVar[Mapping[str, RowPage]] = {}
    form: type[Any] = DomainForm
    change_form_template = "admin/boon/change_form.html"
    show_full_result_count = False
    actions_on_bottom = False
    list_per_page = 50

    class Media:
        css = {"all": STYLESHEETS}
        js = ("boon/admin.js",)

    # --- rows ---------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        lookup = project_lookup(self.model)
        return cast(QuerySet[Any], access_of(request).narrow(rows, lookup)) if lookup else rows

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Choices are rows of projects in which the user may write, whatever a crafted request names."""
        model = db_field.remote_field.model
        lookup = project_lookup(model)
        if lookup is not None:
            rows = options.get("queryset", model._default_manager.all())
            options["queryset"] = access_of(request).narrow(rows, lookup, self.add_role or Role.ADMIN)
        field = super().formfield_for_foreignkey(db_field, request, **options)
        if field is not None and model is Project:
            choices = list(options["queryset"][:2])
            if len(choices) == 1:
                field.initial, field.empty_label = choices[0].pk, None
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        return without_pop_ups(super().formfield_for_dbfield(db_field, request, **options))

    # --- permissions --------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access_of(request).may_anywhere(Role.VIEWER)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, Role.VIEWER, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, self.add_role, None)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, self.change_role, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, self.delete_role, obj)

    def _may(self, request: HttpRequest, role: Role | None, obj: Model | None) -> bool:
        """Whether the user has that role in the row's project, or in any project where no row is meant."""
        if role is None:
            return False
        access = access_of(request)
        return access.may_anywhere(role) if obj is None else access.may(role, project_id_of(obj))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if not self.deletes_in_bulk:
            actions.pop("delete_selected", None)
        return cast(dict[str, Any], actions)

    def writable(self, request: HttpRequest, rows: QuerySet[Any], role: Role) -> QuerySet[Any]:
        """Of the rows that an action was asked for, those whose projects give the user that role."""
        lookup = project_lookup(self.model)
        assert lookup is not None
        return cast(QuerySet[Any], access_of(request).narrow(rows, lookup, role))

    # --- saving through the domain ------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **options)
        form.refusal = getattr(request, "boon_refusal", None)
        return form

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Django's page; where the domain refuses what was to be saved, the same page with the reasons in its form."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal as refusal:
            # The transaction of the first try is rolled back; in the second the form knows why it is invalid.
            request.boon_refusal = refusal  # type: ignore[attr-defined]  # read by get_form
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refusal as refusal:
            self.message_user(request, sentence_of(refusal), messages.ERROR)
            return redirect(self.url("change", object_id))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[Any], dict[str, int], set[str], Any]:
        """The rows alone: the domain takes them out of use, and nothing that hangs on them is deleted."""
        lacking = {str(self.opts.verbose_name_plural) for obj in objs if not self.has_delete_permission(request, obj)}
        return [str(obj) for obj in objs], {str(self.opts.verbose_name_plural): len(objs)}, lacking, []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        raise NotImplementedError(f"{type(self).__name__} has to name the domain function that saves")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__} has to name the domain function that deletes")

    def save_related(self, request: HttpRequest, form: Any, formsets: Sequence[Any], change: bool) -> None:
        """Nothing: what belongs to a row is saved with it, by save_model."""

    # Nothing for Django's own log: the audit log knows who changed what, and this one would keep the names of
    # customers who are deleted.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any: ...

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any: ...

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any: ...

    # --- what pages show ----------------------------------------------------------------------------

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        """What can be done about the row besides changing it."""
        access = access_of(request)
        return [
            Link(page.title, self.url(name, obj.pk))
            for name, page in self.row_pages.items()
            if access.may(page.role, project_id_of(obj))
        ]

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel | Timeline]:
        """What hangs on the row."""
        return ()

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        row = context["original"]
        if row is not None:
            context |= {"boon_links": self.links(request, row), "boon_panels": self.panels(request, row)}
        return super().render_change_form(request, context, *args, **options)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path(
                f"<path:object_id>/{part}/",
                self.admin_site.admin_view(partial(page.answer, self)),
                name=f"{name}_{part}",
            )
            for part, page in self.row_pages.items()
        ]
        return own + super().get_urls()

    def url(self, page: str, *arguments: Any) -> str:
        """The address of a page of this model: `changelist`, `change`, or one that a class adds."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=arguments)


def without_pop_ups(field: Any) -> Any:
    """The form field without Django's buttons for related rows: a row is made on its own page."""
    if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
        field.widget = field.widget.widget
    return field


class ReadOnlyAdmin(ScopedAdmin):
    """History: everybody of the project reads it, nobody changes it."""

    actions = None


def actor_of(request: HttpRequest) -> Actor:
    return Actor.user(request.user)


def adopt(row: Model, made: Model) -> None:
    """Lets the instance that Django's admin holds be the row that the domain made of it."""
    row.__dict__.update(made.__dict__)
