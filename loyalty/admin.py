"""The admin pages of loyalty programmes, earning rules, cards and the ledger of points."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from campaigns.admin_forms import CAMPAIGN_FIELDSETS
from eventschema.models import EventDefinition
from loyalty.admin_forms import AdjustForm, LoyaltyProgramForm, RuleForm
from loyalty.balances import adjust_balance
from loyalty.models import EarningRule, Formula, LedgerEntry, LoyaltyCard, LoyaltyProgram
from loyalty.programs import create_loyalty_campaign
from loyalty.rules import change_rule, create_rule, delete_rule, set_active
from loyalty.validating import give_validation_rule
from projects.access import access_of
from projects.models import Role
from projects.pages import Link, Panel, RowPage, ask_first, change_link, list_link, moment, new_group_id
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
        rules = obj.earning_rules.filter(deleted_at=None).select_related("definition").order_by("created_at")
        rows = [
            [
                change_link("loyalty_earningrule", rule.pk, rule.banner or "(no name)"),
                rule.definition.name,
                in_words(rule),
                "on" if rule.active else "off",
            ]
            for rule in rules
        ]
        return [Panel("Earning rules", ["Rule", "Event", "Pays", "State"], rows, empty="No rule pays points yet.")]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = form.cleaned_data
        campaign = create_loyalty_campaign(
            said["project"], form.as_campaign(), said["initial_points"], by=actor_of(request)
        )
        adopt(obj, campaign.loyalty_program)


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
    list_display = ["title", "definition", "pays", "program", "active", "project"]
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
        return [
            (None, {"fields": ("program", "definition", "banner", "active")}),
            ("What it pays", {"fields": ("formula", "points", "every", "property_name", "validation_rule")}),
            ("When", {"fields": ("start_date", "expiration_date")}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("program", "definition") if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **options)
        form.events = [obj.definition] if obj else self._events(request)
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "definition":
            options["queryset"] = EventDefinition.objects.filter(deleted_at=None, version__gt=0).order_by("name")
        elif db_field.name == "program":
            options["queryset"] = LoyaltyProgram.objects.select_related("campaign").order_by("campaign__name")
        return super().formfield_for_foreignkey(db_field, request, **options)

    def _events(self, request: HttpRequest) -> Any:
        events = EventDefinition.objects.filter(deleted_at=None, version__gt=0)
        return access_of(request).narrow(events, "project", Role.MARKETER)

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
                saved = create_rule(obj.program, obj.definition, form.as_fields(), by=by)
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
    return ""


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
