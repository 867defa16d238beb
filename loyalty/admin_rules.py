"""The admin page of earning rules."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from common.ids import public_id
from customers.segments import segment_book
from eventschema.models import EventDefinition
from loyalty.admin_forms import RuleForm
from loyalty.models import EarningRule, Formula, LoyaltyProgram
from loyalty.rules import change_rule, create_rule, delete_rule, set_active
from loyalty.validating import give_validation_rule
from projects.access import access_of
from projects.models import Project, Role
from projects.pages import ask_first
from projects.scoping import ProjectFilter, ScopedAdmin, actor_of, adopt


def names_of_segments(project: Project) -> dict[UUID, str]:
    return {segment.id: segment.name for segment in segment_book().names(project)}


def when_paid(rule: EarningRule, segments: Mapping[UUID, str]) -> str:
    if rule.definition:
        return rule.definition.name
    name = segments.get(rule.segment_id) if rule.segment_id else None
    return f"Entering {name or 'a segment'}"


def in_words(rule: EarningRule) -> str:
    points = f"{rule.points} point{'' if rule.points == 1 else 's'}"
    if rule.formula == Formula.FIXED:
        return points
    assert rule.every is not None
    return f"{points} for every {rule.every.normalize():f} of {rule.property_name}"


@admin.register(EarningRule)
class EarningRuleAdmin(ScopedAdmin):
    add_role = change_role = delete_role = Role.MARKETER
    form = RuleForm
    list_display = ["title", "when", "pays", "program", "active", "project"]
    list_filter = [("project", ProjectFilter), ("program", ProjectFilter), "active", "formula"]
    list_select_related = ["definition", "program__campaign", "project"]
    search_fields = ["banner", "definition__name", "property_name"]
    ordering = ["-created_at"]
    actions = ["enable", "disable", "delete_rules"]

    class Media:
        js = ("boon/rule.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(deleted_at=None)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        trigger = ("when_exactly",) if obj else ("trigger", "definition", "segment")
        formula = ("points",) if obj and obj.segment_id else ("formula", "points", "every", "property_name")
        return [
            (None, {"fields": ("program", *trigger, "banner", "active")}),
            ("What it pays", {"fields": (*formula, "validation_rule")}),
            ("When", {"fields": ("start_date", "expiration_date")}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("program", "when_exactly") if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **options)
        form.events = ([obj.definition] if obj.definition else []) if obj else self._events(request)
        form.segments = [] if obj else self._segments(request)
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "definition":
            options["queryset"] = EventDefinition.objects.filter(deleted_at=None, version__gt=0).order_by("name")
            options["empty_label"] = "Choose an event"
        elif db_field.name == "program":
            options["queryset"] = LoyaltyProgram.objects.select_related("campaign").order_by("campaign__name")
        return super().formfield_for_foreignkey(db_field, request, **options)

    def _events(self, request: HttpRequest) -> Any:
        events = EventDefinition.objects.filter(deleted_at=None, version__gt=0)
        return access_of(request).narrow(events, "project", Role.MARKETER)

    def _segments(self, request: HttpRequest) -> list[tuple[str, str]]:
        projects = list(access_of(request).narrow(Project.objects.all(), "pk", Role.MARKETER))
        return [
            (public_id("seg", segment.id), segment.name if len(projects) == 1 else f"{segment.name} ({project})")
            for project in projects
            for segment in segment_book().names(project)
        ]

    @admin.display(ordering="definition__name")
    def when(self, rule: EarningRule) -> str:
        return when_paid(rule, {})

    @admin.display(description="pays when")
    def when_exactly(self, rule: EarningRule) -> str:
        return when_paid(rule, names_of_segments(rule.project) if rule.segment_id else {})

    @admin.display(description="name", ordering="banner")
    def title(self, rule: EarningRule) -> str:
        return rule.banner or "(no name)"

    @admin.display(ordering="points")
    def pays(self, rule: EarningRule) -> str:
        return in_words(rule)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, now = actor_of(request), datetime.now(UTC)
        with transaction.atomic():
            if change:
                rows = EarningRule.objects.select_related("project", "definition", "program__campaign")
                saved = change_rule(rows.get(pk=obj.pk), form.as_fields(), by=by, now=now)
            else:
                saved = create_rule(obj.program, obj.definition, form.as_fields(), segment_id=form.segment_id, by=by)
            give_validation_rule(saved, form.cleaned_data["validation_rule"] or None, by=by, now=now)
        adopt(obj, saved)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_rule(obj, by=actor_of(request), now=datetime.now(UTC))

    @admin.action(description="Switch on the chosen rules")
    def enable(self, request: HttpRequest, rows: QuerySet[EarningRule]) -> None:
        self._switch(request, rows, active=True)

    @admin.action(description="Switch off the chosen rules")
    def disable(self, request: HttpRequest, rows: QuerySet[EarningRule]) -> None:
        self._switch(request, rows, active=False)

    @admin.action(description="Delete the chosen rules")
    def delete_rules(self, request: HttpRequest, rows: QuerySet[EarningRule]) -> HttpResponse | None:
        own = self._own(request, rows)
        question = "These rules pay no more. Points that they paid stay paid."
        page = ask_first(self, request, own, title="Delete rules", question=question, submit="Delete")
        if page is None:
            rules = list(own)
            for rule in rules:
                delete_rule(rule, by=actor_of(request), now=datetime.now(UTC))
            self.message_user(request, f"{len(rules)} deleted.", messages.SUCCESS)
        return page

    def _switch(self, request: HttpRequest, rows: QuerySet[EarningRule], *, active: bool) -> None:
        rules = list(self._own(request, rows).exclude(active=active))
        for rule in rules:
            set_active(rule, active, by=actor_of(request), now=datetime.now(UTC))
        self.message_user(request, f"{len(rules)} switched {'on' if active else 'off'}.", messages.SUCCESS)

    def _own(self, request: HttpRequest, rows: QuerySet[EarningRule]) -> QuerySet[EarningRule]:
        return self.writable(request, rows, Role.MARKETER).select_related("project", "program__campaign")
