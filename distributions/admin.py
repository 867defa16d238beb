"""The admin pages of distributions, their deliveries, and who wants no e-mail."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from campaigns.models import Campaign
from common.ids import parse_public_id, public_id
from common.refusals import Refusal
from customers.segments import segment_book
from distributions.admin_forms import DistributionForm
from distributions.admin_notices import notices
from distributions.channels.registry import channel_types
from distributions.creation import (
    change_distribution,
    create_distribution,
    delete_distribution,
    disable_distribution,
    enable_distribution,
)
from distributions.models import WAITING, Delivery, DeliveryStatus, Distribution, EmailOptOut
from distributions.resending import resend_delivery
from distributions.unsubscribing import subscribe
from eventschema.models import EventDefinition
from projects.access import access_of
from projects.models import Project, Role
from projects.pages import Cell, Link, Panel, RowForm, RowPage, change_link, list_link, local_moment
from projects.scoping import ProjectFilter, ReadOnlyAdmin, ScopedAdmin, actor_of, adopt
from rules.admin_forms import rule_choices
from rules.assigning import assigned
from rules.models import ContextType, ObjectType
from webhooks.models import SendOut

SHOWN = 20
SENT_AGAIN = (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED)
REASONS = {
    "campaign_deleted": "The campaign of its codes is deleted.",
    "customer_deleted": "The customer is deleted.",
    "distribution_deleted": "The distribution is deleted.",
    "event_voided": "The event was taken back.",
    "no_email": "The customer has no e-mail address.",
    "unsubscribed": "The customer wants no e-mail.",
    "mail_failed": "The mail server took it at no try.",
    "too_long": "What the template made was too long.",
}


@admin.register(Distribution)
class DistributionAdmin(ScopedAdmin):
    add_role = change_role = delete_role = Role.MARKETER
    form = DistributionForm
    list_display = ["name", "when", "gives", "state", "waiting", "delivered", "project"]
    list_filter = [("project", ProjectFilter), "trigger", "action", "active"]
    list_select_related = ["project", "definition", "campaign", "trigger_campaign"]
    nothing_yet = (
        "Nobody is sent anything yet. Add a distribution: when it happens, what is given, and by which channel."
    )
    search_fields = ["name"]
    ordering = ["-id"]
    actions = ["enable", "disable"]

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
            ("By e-mail", {"fields": ("email_subject", "email_body")}),
            ("By webhook", {"fields": ("webhook_url", "webhook_event_name", "webhook_headers")}),
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
            options["queryset"] = Campaign.objects.filter(deleted_at=None).order_by("name")
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


HEADINGS = ["Scheduled", "Customer", "State", "Why", "Due", "Delivered"]


def delivery_row(row: Delivery) -> list[Cell]:
    return [
        change_link("distributions_delivery", row.pk, row.created_at.strftime("%Y-%m-%d %H:%M")),
        change_link("customers_customer", row.customer_id, str(row.customer)),
        str(row.get_status_display()),
        why_of(row),
        local_moment(row.due_at),
        local_moment(row.delivered_at),
    ]


def why_of(row: Delivery) -> str:
    return REASONS.get(row.reason, row.reason) or "–"


def _resend(request: HttpRequest, row: Delivery, form: RowForm) -> str:
    failed = row.status == DeliveryStatus.FAILED
    resend_delivery(row, by=actor_of(request), now=datetime.now(UTC))
    return "It is tried again." if failed else "It is sent again."


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    row_pages = {
        "resend": RowPage(
            Role.MARKETER,
            RowForm,
            "Send again",
            "Send again",
            _resend,
            "What was delivered is sent as it was, under its id. What failed is tried as the distribution is now.",
        )
    }
    list_display = ["customer", "distribution", "status", "why", "due", "got"]
    list_filter = [("distribution", ProjectFilter), "status"]
    list_select_related = ["customer", "distribution", "publication__voucher"]
    nothing_yet = "Nothing was delivered yet: it begins when what a distribution waits for happens."
    search_fields = ["customer__source_id", "customer__email", "customer__name"]
    ordering = ["-id"]
    fields = ["distribution", "customer", "status", "why", "because_of", "due", "got", "code"]

    @admin.display(ordering="reason")
    def why(self, row: Delivery) -> str:
        return why_of(row)

    @admin.display(ordering="due_at")
    def due(self, row: Delivery) -> str:
        return local_moment(row.due_at)

    @admin.display(ordering="delivered_at", description="delivered")
    def got(self, row: Delivery) -> str:
        return local_moment(row.delivered_at)

    @admin.display
    def because_of(self, row: Delivery) -> str:
        return "an event" if row.event_id else row.source.partition(":")[0]

    @admin.display
    def code(self, row: Delivery) -> str:
        return row.publication.voucher.code if row.publication else "–"

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        own = list(super().links(request, obj)) if obj.status in SENT_AGAIN else []
        own.append(change_link("distributions_distribution", obj.distribution_id, "The distribution"))
        if obj.event_id:
            own.append(change_link("events_event", obj.event_id, "The event behind it"))
        return own

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        rows: list[list[Cell]] = [[_channel(obj, place), _outcome(obj, one)] for place, one in enumerate(obj.outcomes)]
        return [Panel("By which channels", ["Channel", "What came of it"], rows, empty="Nothing was sent yet.")]


def _channel(row: Delivery, place: int) -> str:
    channels, kind = row.distribution.channels, row.outcomes[place]["type"]
    if place < len(channels) and channels[place]["type"] == kind:
        return channel_types()[kind].in_words(channels[place])
    return str(kind)


def _outcome(row: Delivery, one: dict[str, Any]) -> Cell:
    if one.get("problem"):
        return REASONS.get(one["problem"], str(one["problem"]))
    if one.get("send_out"):
        key = parse_public_id("whs", one["send_out"])
        sent = SendOut.objects.filter(pk=key).first() if key else None
        words = f"{sent.get_status_display()}, attempts: {sent.attempts_count}" if sent else "handed over"
        return change_link("webhooks_sendout", key, words) if sent and admin.site.is_registered(SendOut) else words
    if one.get("sent_at"):
        return f"sent {one['sent_at']}"
    return "not sent yet" if row.status in WAITING else "being sent"


@admin.register(EmailOptOut)
class EmailOptOutAdmin(ScopedAdmin):
    delete_role = Role.MARKETER
    list_display = ["customer", "since", "project"]
    list_filter = [("project", ProjectFilter)]
    list_select_related = ["customer", "project"]
    nothing_yet = "Nobody unsubscribed. Who follows the link in an e-mail stands here."
    search_fields = ["customer__source_id", "customer__email"]
    ordering = ["-id"]
    fields = ["customer", "since"]

    @admin.display(ordering="created_at")
    def since(self, row: EmailOptOut) -> str:
        return local_moment(row.created_at)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        subscribe(obj.customer)
