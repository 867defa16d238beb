"""The admin page of validation rules: the builder, and what rules are assigned to."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path

from common.ids import public_id
from projects.models import Role
from projects.pages import Cell, Panel, change_link, local_moment
from projects.scoping import ProjectFilter, ScopedAdmin, actor_of, adopt
from rules.admin_catalogue import catalogue_of
from rules.admin_forms import ValidationRuleForm, rows_of
from rules.admin_pages import catalogue_page, preview_page
from rules.creation import change_rule, create_rule, delete_rule, targets_of
from rules.models import Assignment, ValidationRule
from rules.segments import segment_names
from rules.wording import rules_in_words


@admin.register(ValidationRule)
class ValidationRuleAdmin(ScopedAdmin):
    add_role = change_role = delete_role = Role.MARKETER
    form = ValidationRuleForm
    change_form_template = "admin/rules/change_form.html"
    list_display = ["name", "context_type", "used", "created_at", "project"]
    list_filter = [("project", ProjectFilter), "context_type"]
    list_select_related = ["project"]
    nothing_yet = "No rule yet: rewards and distributions hold always. Add one, and choose it where it is to hold."
    search_fields = ["name"]
    ordering = ["-created_at"]

    class Media:
        css = {"all": ("boon/segment.css",)}
        js = ("boon/segment.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(use_count=Count("assignments"))
        return rows

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        own = ("name", "context_type", "error")
        if obj is not None and rows_of(obj.rules, catalogue_of(obj.project)) is None:
            return [(None, {"fields": own})]
        return [(None, {"fields": (*(() if obj else ("project",)), *own, "joined", "logic")})]

    @admin.display(description="used by", ordering="use_count")
    def used(self, rule: Any) -> int:
        return int(rule.use_count)

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        assignments = list(Assignment.objects.filter(rule=obj).order_by("created_at", "id"))
        since = {row.related_object_id: local_moment(row.created_at) for row in assignments}
        used: list[list[Cell]] = [
            [change_link(target.page, target.key, f"{target.words[:1].upper()}{target.words[1:]}"), since[target.key]]
            for target in targets_of(obj.project, assignments)
        ]
        names = {public_id("seg", key): name for key, name in segment_names(obj.project).items()}
        words: list[list[Cell]] = [[line] for line in rules_in_words(obj.rules, names)]
        return [
            Panel("In words", ["Condition"], words, empty="It asks for nothing, and so always holds."),
            Panel(
                "Where it is judged",
                ["What", "Since"],
                used,
                empty="Nowhere yet. Choose it on the page of an earning rule, a referral programme or a distribution.",
            ),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        form, row = context["adminform"].form, context["original"]
        may_edit = self.has_change_permission(request, row) if row else True
        context |= {
            "rows": form.rows,
            "may_edit": may_edit and not form.is_beyond_rows,
            "is_beyond_rows": form.is_beyond_rows,
            "builder": form.catalogue.as_json(),
            "preview_address": self.url("preview"),
            "catalogue_address": self.url("catalogue"),
        }
        return super().render_change_form(request, context, *args, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, now = actor_of(request), datetime.now(UTC)
        if change:
            stored = ValidationRule.objects.select_related("project").get(pk=obj.pk)
            adopt(obj, change_rule(stored, form.as_fields(), by=by, now=now))
        else:
            adopt(obj, create_rule(form.cleaned_data["project"], form.as_fields(), by=by, now=now))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_rule(obj, by=actor_of(request), now=datetime.now(UTC))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("preview/", view(partial(preview_page, self)), name="rules_validationrule_preview"),
            path("catalogue/", view(partial(catalogue_page, self)), name="rules_validationrule_catalogue"),
        ]
        return own + super().get_urls()
