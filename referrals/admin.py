"""The admin pages of referral programmes and of the referrals that were made."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from campaigns.admin_forms import CAMPAIGN_FIELDSETS
from campaigns.models import Campaign
from common.theme import StackedInline
from projects.access import access_of, project_id_of
from projects.models import Role
from projects.pages import Link, change_link, list_link
from projects.scoping import ProjectFilter, ReadOnlyAdmin, ScopedAdmin, actor_of, without_pop_ups
from referrals.admin_forms import ReferralProgramForm, TierForm, loyalty_campaigns, published_events
from referrals.models import STANDING, Conversion, ReferralProgram, ReferralTier
from referrals.programs import add_tier, change_tier, create_referral_campaign
from referrals.validating import give_validation_rule


class TierInline(StackedInline):
    """Tiers are added and changed, not deleted: what they paid stays traceable. Switch one off instead."""

    model = ReferralTier
    form = TierForm
    can_delete = False
    verbose_name = "reward of the referrer"
    verbose_name_plural = "rewards of the referrer"

    def get_extra(self, request: HttpRequest, obj: Any = None, **options: Any) -> int:
        return 0 if obj else 1

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may(request, Role.VIEWER, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may(request, Role.MARKETER, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may(request, Role.MARKETER, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        rows = loyalty_campaigns(db_field.remote_field.model.objects.order_by("name"))
        options["queryset"] = access_of(request).narrow(rows, "project", Role.MARKETER)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        return without_pop_ups(super().formfield_for_dbfield(db_field, request, **options))


def _may(request: HttpRequest, role: Role, program: Any) -> bool:
    access = access_of(request)
    return access.may_anywhere(role) if program is None else access.may(role, project_id_of(program))


@admin.register(ReferralProgram)
class ReferralProgramAdmin(ScopedAdmin):
    """The campaign and its referral part are made together; afterwards the rewards of the referrer can change."""

    add_role = change_role = Role.MARKETER
    form = ReferralProgramForm
    inlines = [TierInline]
    list_display = ["campaign", "active", "definition", "conversions_counted", "project"]
    list_filter = [("project", ProjectFilter), "campaign__active"]
    list_select_related = ["campaign", "definition", "project"]
    search_fields = ["campaign__name"]
    ordering = ["campaign__name"]
    shown = ("project", "campaign", "active", "definition", "referee_reward_amount", "referee_reward_campaign")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        counted = Count("conversions", filter=Q(conversions__status__in=STANDING))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(conversion_count=counted)
        return rows

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            return [(None, {"fields": (*self.shown, "validation_rule")})]
        return [
            (None, {"fields": ("project", "name", "description", "definition", "validation_rule")}),
            (
                "What the friend gets",
                {"fields": ("percent_off", "referee_reward_amount", "referee_reward_campaign")},
            ),
            *CAMPAIGN_FIELDSETS,
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.shown if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **options)
        if obj is not None:
            # All that the campaign was made with is shown, not asked for.
            for name in form.base_fields.keys() - {"validation_rule"}:
                del form.base_fields[name]
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        rows = db_field.remote_field.model.objects.order_by("pk")
        if db_field.name == "referee_reward_campaign":
            options["queryset"] = loyalty_campaigns(rows)
        elif db_field.name == "definition":
            options |= {"queryset": published_events(rows), "required": True}
        return super().formfield_for_foreignkey(db_field, request, **options)

    @admin.display(boolean=True, ordering="campaign__active")
    def active(self, program: ReferralProgram) -> bool:
        return program.campaign.active

    @admin.display(description="conversions", ordering="conversion_count")
    def conversions_counted(self, program: Any) -> int:
        return int(program.conversion_count)

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        return [
            change_link("campaigns_campaign", obj.pk, "The campaign and its codes"),
            list_link("referrals_conversion", "Referrals made", program__campaign__exact=obj.pk),
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new programme is made with its tiers, in save_related."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Sequence[Any], change: bool) -> None:
        tiers = [tier for formset in formsets for tier in formset.forms if tier.has_changed()]
        by = actor_of(request)
        if not change:
            made = form.as_program([tier.as_tier() for tier in tiers])
            campaign = create_referral_campaign(form.cleaned_data["project"], form.as_campaign(), made, by=by)
            form.instance.pk = campaign.pk
            form.instance.campaign = campaign
            self._rule(form, campaign, request)
            return
        self._rule(form, form.instance.campaign, request)
        for tier in tiers:
            if tier.instance._state.adding:
                add_tier(form.instance, tier.as_tier(), by=by, path="")
            else:
                change_tier(tier.instance, tier.as_tier(), by=by, now=datetime.now(UTC))

    def _rule(self, form: Any, campaign: Campaign, request: HttpRequest) -> None:
        rules = [form.cleaned_data["validation_rule"]] if form.cleaned_data.get("validation_rule") else []
        give_validation_rule(campaign, rules, by=actor_of(request), now=datetime.now(UTC))

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        return ""


@admin.register(Conversion)
class ConversionAdmin(ReadOnlyAdmin):
    """Who referred whom."""

    list_display = ["converted_at", "referrer", "referee", "program", "code", "status", "project"]
    list_filter = [
        ("project", ProjectFilter),
        ("program", ProjectFilter),
        "status",
        ("converted_at", admin.DateFieldListFilter),
    ]
    list_select_related = ["referrer", "referee", "program__campaign", "voucher", "project"]
    search_fields = [
        "voucher__code",
        "referrer__source_id",
        "referrer__name",
        "referrer__email",
        "referee__source_id",
        "referee__name",
        "referee__email",
    ]
    ordering = ["-converted_at", "-id"]
    fields = ["converted_at", "project", "program", "voucher", "referrer", "referee", "status", "reason"]

    @admin.display(ordering="voucher__code")
    def code(self, conversion: Conversion) -> str:
        return conversion.voucher.code

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        own = [
            change_link("customers_customer", obj.referrer_id, f"Referrer {obj.referrer}"),
            change_link("customers_customer", obj.referee_id, f"Referee {obj.referee}"),
            change_link("referrals_referralprogram", obj.program_id, f"Programme {obj.program}"),
        ]
        if obj.event_id:
            own.append(change_link("events_event", obj.event_id, "The event"))
        return own
