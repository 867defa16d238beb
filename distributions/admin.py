"""The admin pages of distributions, their deliveries, and who wants no e-mail."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import URLPattern, path

from campaigns.models import Campaign, CampaignType
from common.ids import public_id
from common.refusals import Refusal
from customers.segments import segment_book
from distributions.admin_deliveries import HEADINGS, delivery_row
from distributions.admin_forms import DistributionForm
from distributions.admin_notices import notices
from distributions.admin_preview import preview_page
from distributions.channels.registry import channel_types
from distributions.checking import PROGRAMMES
from distributions.creation import (
    change_distribution,
    create_distribution,
    delete_distribution,
    disable_distribution,
    enable_distribution,
)
from distributions.models import WAITING, Delivery, DeliveryStatus, Distribution
from eventschema.models import EventDefinition
from projects.access import access_of
from projects.models import Project, Role
from projects.pages import Cell, Link, Panel, change_link, list_link
from projects.scoping import ProjectFilter, ScopedAdmin, actor_of, adopt
from rules.admin_forms import rule_choices
from rules.assigning import assigned
from rules.models import ContextType, ObjectType

SHOWN = 20


@admin.register(Distribution)
class DistributionAdmin(ScopedAdmin):
    add_role = change_role = delete_role = Role.MARKETER
    form = DistributionForm
    change_form_template = "admin/distributions/change_form.html"
    list_display = ["name", "when", "gives", "state", "waiting", "delivered", "project"]
    list_filter = [("project", ProjectFilter), "trigger", "action", "active"]
    list_select_related = ["project", "definition", "campaign", "trigger_campaign"]
    nothing_yet = (
        "Nobody is sent anything yet. Add a distribution: when it happens, what is given, and by which channel."
    )
    search_fields = ["name"]
    ordering = ["-id"]
    actions = ["enable", "disable"]

    class Media:
        css = {"all": ("boon/builder.css", "boon/cards.css", "boon/channels.css")}
        js = ("boon/channels.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).filter(deleted_at=None)
        rows = rows.annotate(waiting_count=_count(WAITING), delivered_count=_count([DeliveryStatus.DELIVERED]))
        return rows

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        own = ("name", "active") if obj else ("project", "name", "active")
        return [
            (None, {"fields": own}),
            ("When", {"fields": ("trigger", "definition", "segment", "trigger_campaign", "validation_rule", "delay")}),
            ("What", {"fields": ("action", "campaign")}),
            ("How often", {"fields": ("limit_count", "limit_period")}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **options)
        own = access_of(request).narrow(Project.objects.all(), "pk", Role.MARKETER)
        projects = [obj.project] if obj else list(own)
        form.segments = [
            (public_id("seg", segment.id), segment.name if len(projects) == 1 else f"{segment.name} ({project})")
            for project in projects
            for segment in segment_book().names(project)
        ]
        chosen = assigned(ObjectType.DISTRIBUTION, [obj.pk]).get(obj.pk) if obj else None
        form.chosen_rule = chosen.rule.public_id if chosen else ""
        keys = [project.pk for project in projects]
        form.rules = rule_choices(keys, [ContextType.DISTRIBUTION], form.chosen_rule or None)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"active": True, **super().get_changeform_initial_data(request)}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "definition":
            options["queryset"] = EventDefinition.objects.filter(deleted_at=None, version__gt=0).order_by("name")
        elif db_field.name in ("campaign", "trigger_campaign"):
            gives = ~Q(campaign_type=CampaignType.PROMOTION)
            may_be = gives if db_field.name == "campaign" else Q(campaign_type__in=set(PROGRAMMES.values()))
            options["queryset"] = Campaign.objects.filter(may_be, deleted_at=None).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **options)

    @admin.display(ordering="trigger")
    def when(self, row: Distribution) -> str:
        return str(row.definition) if row.definition else row.get_trigger_display()

    @admin.display(ordering="action")
    def gives(self, row: Distribution) -> str:
        return f"a code of {row.campaign}" if row.campaign else "a message"

    @admin.display
    def state(self, row: Distribution) -> str:
        return state_of(row)

    @admin.display
    def waiting(self, row: Any) -> str:
        return f"{row.waiting_count:,}"

    @admin.display
    def delivered(self, row: Any) -> str:
        return f"{row.delivered_count:,}"

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        own = [list_link("distributions_delivery", "All deliveries", distribution__id__exact=obj.pk)]
        if obj.campaign_id:
            own.append(change_link("campaigns_campaign", obj.campaign_id, "The campaign of its codes"))
        return [*super().links(request, obj), *own]

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        rows = Delivery.objects.filter(distribution=obj)
        counts = rows.order_by().values_list("status").annotate(count=Count("pk"))
        labels = dict(DeliveryStatus.choices)
        counted: list[list[Cell]] = [[str(labels[status]), f"{count:,}"] for status, count in sorted(counts)]
        newest = rows.select_related("customer").order_by("-pk")[:SHOWN]
        none = "Nothing was delivered yet: it begins with the next event. Send one on the page of the event to try it."
        return [
            *notices(obj),
            Panel("Deliveries so far", ["State", "Deliveries"], counted, empty=none),
            Panel("Latest deliveries", HEADINGS, [delivery_row(row) for row in newest], empty=none),
        ]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(preview_page, self))
        return [path("preview/", view, name="distributions_distribution_preview"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        form, row = context["adminform"].form, context["original"]
        may_edit = self.has_change_permission(request, row) if row else True
        for field in (field for card in form.channels for field in card.fields.values()):
            field.disabled = not may_edit
        context |= {
            "channels": form.channels,
            "channel_types": [(name, kind.label) for name, kind in channel_types().items()],
            "lacks_channels": form.lacks_channels,
            "may_edit": may_edit,
            "preview_address": self.url("preview"),
        }
        return super().render_change_form(request, context, *args, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, now = actor_of(request), datetime.now(UTC)
        said, active = form.as_fields(), form.cleaned_data["active"]
        if change:
            stored = Distribution.objects.select_related("project").get(pk=obj.pk)
            adopt(obj, change_distribution(stored, said, active=active, by=by, now=now))
        else:
            adopt(obj, create_distribution(form.cleaned_data["project"], said, active=active, by=by, now=now))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_distribution(obj, by=actor_of(request), now=datetime.now(UTC))

    @admin.action(description="Switch on the chosen distributions")
    def enable(self, request: HttpRequest, rows: QuerySet[Distribution]) -> None:
        self._switch(request, rows.filter(Q(active=False) | Q(paused_at__isnull=False)), active=True)

    @admin.action(description="Switch off the chosen distributions")
    def disable(self, request: HttpRequest, rows: QuerySet[Distribution]) -> None:
        self._switch(request, rows.filter(active=True), active=False)

    def _switch(self, request: HttpRequest, rows: QuerySet[Distribution], *, active: bool) -> None:
        own = list(self.writable(request, rows, Role.MARKETER).select_related("project"))
        switch = enable_distribution if active else disable_distribution
        switched = 0
        for row in own:
            try:
                switch(row, by=actor_of(request), now=datetime.now(UTC))
                switched += 1
            except Refusal:
                self.message_user(request, f"“{row}” cannot be switched on: its campaign is deleted.", messages.ERROR)
        self.message_user(request, f"{switched} switched {'on' if active else 'off'}.", messages.SUCCESS)


def _count(statuses: Sequence[str]) -> Coalesce:
    """Of a distribution's deliveries, as an expression over rows of distributions."""
    rows = Delivery.objects.filter(distribution=OuterRef("pk"), status__in=statuses).order_by()
    counted = rows.values("distribution").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)


def state_of(row: Distribution) -> str:
    if not row.active:
        return "off"
    return f"paused: {row.paused_reason}" if row.paused_at else "on"
