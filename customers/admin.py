"""The admin page of customers: who they are, what they have, what happened to them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.http import HttpRequest

from common.ids import parse_public_id
from customers.admin_forms import ADDRESS_LABELS, CustomerForm
from customers.former_ids import is_former_id
from customers.models import Customer
from distributions.models import Delivery
from distributions.unsubscribing import is_unsubscribed
from events.admin_trace import Names, details, effect_in_words
from events.erasure import delete_customers
from events.models import Event, StoredEffect
from events.profiles import upsert_customers
from loyalty.models import LoyaltyCard
from projects.models import Project, Role
from projects.pages import Cell, Link, Panel, change_link, list_link, local_moment, moment, new_group_id, shown_json
from projects.scoping import ProjectFilter, ScopedAdmin, actor_of, adopt
from referrals.models import Conversion

SHOWN = 20


class LifeFilter(admin.SimpleListFilter):
    """Deleted customers are kept without their names; they are listed where they are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("deleted", "Deleted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(deleted_at__isnull=self.value() != "deleted")


@admin.register(Customer)
class CustomerAdmin(ScopedAdmin):
    add_role = change_role = delete_role = Role.MARKETER
    deletes_in_bulk = True
    form = CustomerForm
    list_display = ["title", "source_id", "email", "points", "created_at", "project"]
    list_filter = [("project", ProjectFilter), ("created_at", admin.DateFieldListFilter), LifeFilter]
    list_select_related = ["project"]
    search_fields = ["name", "email", "source_id"]
    search_help_text = "Name, e-mail address or source id; or the id of a customer."
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        cards = LoyaltyCard.objects.filter(customer=OuterRef("pk"), closed_at=None).order_by().values("customer")
        rows: QuerySet[Any] = (
            super().get_queryset(request).annotate(points=Subquery(cards.annotate(sum=Sum("balance")).values("sum")))
        )
        return rows

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        key = parse_public_id("cust", search_term.strip())
        if key is not None:
            return queryset.filter(pk=key), False
        if is_former_id(search_term.strip()):
            return queryset.filter(legacy_id=search_term.strip()), False
        return super().get_search_results(request, queryset, search_term)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        own = (None, {"fields": ("project", "source_id", ("name", "email"), ("phone", "birthdate"), "description")})
        if obj is not None and not self.has_change_permission(request, obj):
            return [own, ("More", {"fields": ("shown_address", "shown_metadata")})]
        address = ("line_1", "line_2", ("postal_code", "city"), ("state", "country"))
        return [own, ("Address", {"fields": address}), ("Metadata", {"fields": ("metadata",)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("project", "source_id", "shown_address", "shown_metadata") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A deleted customer stays deleted: nobody writes a name on that row again."""
        is_deleted = obj is not None and obj.deleted_at is not None
        return not is_deleted and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_deleted = obj is not None and obj.deleted_at is not None
        return not is_deleted and super().has_delete_permission(request, obj)

    @admin.display(description="name", ordering="name")
    def title(self, customer: Customer) -> str:
        return str(customer)

    @admin.display(description="address")
    def shown_address(self, customer: Customer) -> str:
        address = customer.address or {}
        return ", ".join(address[part] for part in ADDRESS_LABELS if address.get(part)) or "–"

    @admin.display(description="metadata")
    def shown_metadata(self, customer: Customer) -> str:
        return shown_json(customer.metadata)

    @admin.display(ordering="points")
    def points(self, customer: Any) -> str:
        return "–" if customer.points is None else str(customer.points)

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        sent = list_link("webhooks_sendout", "Webhooks about this customer", q=obj.public_id)
        return [*super().links(request, obj), sent]

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        return [
            _cards_panel(obj),
            _referrals_panel(obj),
            _deliveries_panel(obj),
            _events_panel(obj),
            _activity_panel(obj),
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        project = obj.project if change else form.cleaned_data["project"]
        by, now = actor_of(request), datetime.now(UTC)
        adopt(obj, upsert_customers(project, [form.profile()], group_id=new_group_id(), now=now, by=by)[0])

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_customers(obj.project, [obj], group_id=new_group_id(), now=datetime.now(UTC), by=actor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        by_project: defaultdict[Project, list[Customer]] = defaultdict(list)
        for customer in queryset.filter(deleted_at=None).select_related("project"):
            by_project[customer.project].append(customer)
        for project, customers in by_project.items():
            delete_customers(project, customers, group_id=new_group_id(), now=datetime.now(UTC), by=actor_of(request))


def _cards_panel(customer: Customer) -> Panel:
    cards = LoyaltyCard.objects.filter(customer=customer, closed_at=None).select_related(
        "voucher", "program__campaign"
    )
    rows: list[list[Cell]] = [
        [
            change_link("loyalty_loyaltycard", card.pk, card.voucher.code),
            change_link("loyalty_loyaltyprogram", card.program_id, card.program.campaign.name),
            str(card.balance),
            str(card.lifetime),
        ]
        for card in cards.order_by("created_at")
    ]
    return Panel("Loyalty cards", ["Card", "Programme", "Points", "Ever earned"], rows, empty="No card yet.")


def _deliveries_panel(customer: Customer) -> Panel:
    deliveries = Delivery.objects.filter(customer=customer).select_related("distribution").order_by("-id")[:SHOWN]
    rows: list[list[Cell]] = [
        [
            change_link("distributions_delivery", row.pk, row.distribution.name),
            str(row.get_status_display()),
            change_link("events_event", row.event_id, "an event") if row.event_id else "time",
            local_moment(row.due_at),
            local_moment(row.delivered_at),
        ]
        for row in deliveries
    ]
    headings = ["Distribution", "State", "Because of", "Due", "Delivered"]
    title = "Deliveries (wants no e-mail)" if is_unsubscribed(customer) else "Deliveries"
    return Panel(title, headings, rows, empty="No distribution reached this customer yet.")


def _referrals_panel(customer: Customer) -> Panel:
    conversions = Conversion.objects.filter(Q(referrer=customer) | Q(referee=customer))
    rows: list[list[Cell]] = []
    for conversion in conversions.select_related("referrer", "referee", "program__campaign").order_by("-id")[:SHOWN]:
        referred = conversion.referrer_id == customer.pk
        other = conversion.referee if referred else conversion.referrer
        rows.append(
            [
                "referred" if referred else "was referred by",
                change_link("customers_customer", other.pk, str(other)),
                change_link("referrals_conversion", conversion.pk, conversion.program.campaign.name),
                conversion.get_status_display(),
                moment(conversion.converted_at),
            ]
        )
    return Panel("Referrals", ["", "Whom", "Programme", "Status", "When"], rows, empty="No referral yet.")


def _events_panel(customer: Customer) -> Panel:
    events = Event.objects.filter(project=customer.project_id, customer=customer).order_by("-id")[:SHOWN]
    rows: list[list[Cell]] = [
        [change_link("events_event", event.pk, event.name), moment(event.occurred_at), event.channel]
        for event in events
    ]
    more = list_link("events_event", "All events of this customer", customer__id__exact=customer.pk)
    return Panel("Recent events", ["Event", "When", "Channel"], rows, more=more if rows else None)


def _activity_panel(customer: Customer) -> Panel:
    effects = list(
        StoredEffect.objects.filter(project=customer.project_id, customer=customer)
        .exclude(kind=StoredEffect.DECLINED)
        .order_by("-id")[:SHOWN]
    )
    names = Names(customer.project, effects)
    rows: list[list[Cell]] = [
        [moment(effect.created_at), effect_in_words(effect), details(names, effect), _cause(effect)]
        for effect in effects
    ]
    return Panel("Activity", ["When", "What", "Details", "Because of"], rows)


def _cause(effect: StoredEffect) -> Cell:
    if effect.event_id:
        return change_link("events_event", effect.event_id, "an event")
    return {"person": "a change by hand", "publication": "a publication"}.get(effect.cause_kind, effect.cause_kind)
