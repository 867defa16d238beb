"""The admin pages of loyalty programmes, cards and the ledger of points; earning rules are in admin_rules.py."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from campaigns.admin_forms import CAMPAIGN_FIELDSETS
from loyalty.admin_forms import AdjustForm, LoyaltyProgramForm
from loyalty.admin_rules import in_words, names_of_segments, when_paid
from loyalty.balances import adjust_balance
from loyalty.models import LedgerEntry, LoyaltyCard, LoyaltyProgram
from loyalty.programs import create_loyalty_campaign
from projects.access import access_of
from projects.models import Role
from projects.pages import Link, Panel, RowPage, change_link, list_link, moment, new_group_id
from projects.scoping import ProjectFilter, ReadOnlyAdmin, ScopedAdmin, actor_of, adopt

ENTRIES_SHOWN = 50


@admin.register(LoyaltyProgram)
class LoyaltyProgramAdmin(ScopedAdmin):
    add_role = Role.MARKETER
    form = LoyaltyProgramForm
    list_display = ["campaign", "active", "initial_points", "cards_count", "project"]
    list_filter = [("project", ProjectFilter), "campaign__active"]
    list_select_related = ["campaign", "project"]
    search_fields = ["campaign__name"]
    ordering = ["campaign__name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = (
            super().get_queryset(request).annotate(card_count=Count("cards", filter=Q(cards__closed_at=None)))
        )
        return rows

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            return [(None, {"fields": ("project", "campaign", "active", "joins_by_earning", "initial_points")})]
        own = ("project", "name", "description", "initial_points", "auto_join")
        return [(None, {"fields": own}), *CAMPAIGN_FIELDSETS]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("active", "joins_by_earning") if obj else ()

    @admin.display(boolean=True, ordering="campaign__active")
    def active(self, program: LoyaltyProgram) -> bool:
        return program.campaign.active

    @admin.display(boolean=True, description="join by earning")
    def joins_by_earning(self, program: LoyaltyProgram) -> bool:
        return program.campaign.auto_join

    @admin.display(description="cards", ordering="card_count")
    def cards_count(self, program: Any) -> int:
        return int(program.card_count)

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        own = [
            change_link("campaigns_campaign", obj.pk, "The campaign and its codes"),
            list_link("loyalty_loyaltycard", "Its cards", program__campaign__exact=obj.pk),
        ]
        if access_of(request).may(Role.MARKETER, obj.project_id):
            own.append(
                Link("Add an earning rule", reverse("admin:loyalty_earningrule_add", query={"program": obj.pk}))
            )
        return own

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        rules = list(obj.earning_rules.filter(deleted_at=None).select_related("definition").order_by("created_at"))
        segments = names_of_segments(obj.project) if any(rule.segment_id for rule in rules) else {}
        rows = [
            [
                change_link("loyalty_earningrule", rule.pk, rule.banner or "(no name)"),
                when_paid(rule, segments),
                in_words(rule),
                "on" if rule.active else "off",
            ]
            for rule in rules
        ]
        return [Panel("Earning rules", ["Rule", "When", "Pays", "State"], rows, empty="No rule pays points yet.")]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = form.cleaned_data
        campaign = create_loyalty_campaign(
            said["project"], form.as_campaign(), said["initial_points"], by=actor_of(request)
        )
        adopt(obj, campaign.loyalty_program)


def _adjust(request: HttpRequest, card: LoyaltyCard, form: AdjustForm) -> str:
    said = form.cleaned_data
    entry = adjust_balance(
        card,
        said["points"],
        reason=said["reason"],
        source_id=None,
        by=actor_of(request),
        group_id=new_group_id(),
        now=datetime.now(UTC),
    )
    return f"{entry.points:+d} points. The card holds {entry.balance_after} now."


@admin.register(LoyaltyCard)
class LoyaltyCardAdmin(ReadOnlyAdmin):
    list_display = ["voucher", "customer", "program", "balance", "lifetime", "created_at", "closed_at", "project"]
    list_filter = [("project", ProjectFilter), ("program", ProjectFilter)]
    list_select_related = ["voucher", "customer", "program__campaign", "project"]
    search_fields = ["voucher__code", "customer__source_id", "customer__name", "customer__email"]
    ordering = ["-created_at"]
    fields = ["voucher", "customer", "program", "balance", "lifetime", "created_at", "closed_at"]
    row_pages = {
        "adjust": RowPage(
            Role.MARKETER,
            AdjustForm,
            "Add or take points",
            "Post",
            _adjust,
            "The ledger gets a further entry; entries are never changed.",
        )
    }

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        return [
            *super().links(request, obj),
            change_link("customers_customer", obj.customer_id, f"Customer {obj.customer}"),
        ]

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        entries = obj.entries.select_related("rule").order_by("-id")[:ENTRIES_SHOWN]
        rows = [
            [
                change_link("loyalty_ledgerentry", entry.pk, moment(entry.created_at)),
                f"{entry.points:+d}",
                str(entry.balance_after),
                entry.get_kind_display(),
                _why(entry),
            ]
            for entry in entries
        ]
        more = list_link("loyalty_ledgerentry", "All entries of this card", card__voucher__exact=obj.pk)
        return [Panel("Ledger", ["When", "Points", "Balance", "Kind", "Why"], rows, more=more)]


def _why(entry: LedgerEntry) -> str | Link:
    if entry.reason:
        return entry.reason
    if entry.event_id:
        return change_link("events_event", entry.event_id, entry.rule.banner if entry.rule else "event")
    return change_link("loyalty_earningrule", entry.rule_id, entry.rule.banner or "a rule") if entry.rule else ""


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "card", "customer", "kind", "points", "balance_after", "project"]
    list_filter = [("project", ProjectFilter), "kind", ("created_at", admin.DateFieldListFilter)]
    list_select_related = ["card__voucher", "card__customer", "project"]
    search_fields = ["card__voucher__code", "card__customer__source_id", "card__customer__email", "reason"]
    ordering = ["-id"]
    fields = [
        "created_at",
        "card",
        "kind",
        "points",
        "balance_after",
        "lifetime_after",
        "rule",
        "reason",
        "source",
        "source_id",
        "expires_at",
    ]

    @admin.display(ordering="card__customer__name")
    def customer(self, entry: LedgerEntry) -> str:
        return str(entry.card.customer)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "card__voucher__exact" or super().lookup_allowed(lookup, value, request)

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        own = [change_link("loyalty_loyaltycard", obj.card_id, f"Card {obj.card}")]
        if obj.event_id:
            own.append(change_link("events_event", obj.event_id, "The event"))
        if obj.rule_id:
            own.append(change_link("loyalty_earningrule", obj.rule_id, "The rule"))
        return own
