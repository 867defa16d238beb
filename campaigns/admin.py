"""The admin pages of campaigns, their codes, and who got which."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from campaigns.admin_forms import (
    CAMPAIGN_FIELDSETS,
    AddCodeForm,
    AddCodesForm,
    BalanceForm,
    ImportForm,
    NewCampaignForm,
    PublishForm,
)
from campaigns.creation import create_campaign, set_active
from campaigns.generation import start_generation
from campaigns.importing import start_csv_import
from campaigns.kinds import BalanceChange, describe, kind_of
from campaigns.models import Campaign, CampaignType, Publication, Voucher, VoucherType
from campaigns.vouchers import add_code, add_random_code
from customers.profiles import Profile
from distributions.pool import distributions_of, pool_of
from gifts.journal import transactions_of
from projects.models import ActionStatus, AsyncAction, Role
from projects.pages import Cell, Link, Panel, RowPage, change_link, list_link, moment, new_group_id, shown_json
from projects.scoping import ProjectFilter, ReadOnlyAdmin, ScopedAdmin, actor_of, adopt
from publications.publishing import PublicationRequest, publish

CHANNEL = "Admin"
ENTRIES_SHOWN = 50
KIND_PAGES = {
    CampaignType.REFERRAL_PROGRAM: "referrals_referralprogram",
    CampaignType.LOYALTY_PROGRAM: "loyalty_loyaltyprogram",
}

SHOWN = (
    "project",
    "name",
    "description",
    "campaign_type",
    "active",
    "start_date",
    "expiration_date",
    "type",
    "join_once",
    "auto_join",
    "shown_config",
    "shown_template",
    "created_at",
)


def _add_code(request: HttpRequest, campaign: Campaign, form: AddCodeForm) -> str:
    code = form.cleaned_data["code"]
    by = actor_of(request)
    voucher = add_code(campaign, code, by=by) if code else add_random_code(campaign, by=by)
    return f"The code {voucher.code} is added. Nobody has it yet."


def _add_codes(request: HttpRequest, campaign: Campaign, form: AddCodesForm) -> str:
    count = form.cleaned_data["count"]
    start_generation(campaign, count, by=actor_of(request), request_id=new_group_id(), now=datetime.now(UTC))
    return f"The worker makes {count} codes. This page shows how far that is."


def _import_codes(request: HttpRequest, campaign: Campaign, form: ImportForm) -> str:
    raw: bytes = form.cleaned_data["file"]
    by, now = actor_of(request), datetime.now(UTC)
    action = start_csv_import(campaign.project, campaign, raw, by=by, request_id=new_group_id(), now=now)
    return f"The worker stores the codes of the file; “Async actions” has what came of it ({action.public_id})."


def _change_balance(request: HttpRequest, voucher: Voucher, form: BalanceForm) -> str:
    change = BalanceChange(form.cleaned_data["amount"], form.cleaned_data["reason"])
    by, now = actor_of(request), datetime.now(UTC)
    balance = kind_of(voucher).adjust(voucher, change, by=by, group_id=new_group_id(), now=now)
    return f"The balance of {voucher.code} is {balance.balance} now."


def _publish_code(request: HttpRequest, campaign: Campaign, form: PublishForm) -> str:
    customer, now = form.cleaned_data["customer"], datetime.now(UTC)
    asked_for = PublicationRequest(
        Profile(id=customer.public_id, key=customer.pk),
        campaign=campaign.public_id,
        code=form.cleaned_data["code"] or None,
        channel=CHANNEL,
    )
    publication = publish(campaign.project, asked_for, group_id=new_group_id(), now=now, by=actor_of(request))
    if publication.created_at != now:
        return f"{customer} had a code of this campaign already: {publication.voucher.code}."
    return f"{customer} has the code {publication.voucher.code} now."


@admin.register(Campaign)
class CampaignAdmin(ScopedAdmin):
    """Every campaign. Programmes are made on the pages of their kinds, coupons and gift cards here."""

    add_role = Role.MARKETER
    form = NewCampaignForm

    change_list_template = "admin/campaigns/change_list.html"
    list_display = ["name", "campaign_type", "active", "runs", "codes", "held", "project"]
    list_filter = [("project", ProjectFilter), "campaign_type", "active"]
    list_select_related = ["project"]
    search_fields = ["name", "description"]
    ordering = ["-created_at"]
    actions = ["enable", "disable"]
    fields = SHOWN
    row_pages = {
        "add-code": RowPage(Role.MARKETER, AddCodeForm, "Add a code", "Add", _add_code),
        "add-codes": RowPage(Role.MARKETER, AddCodesForm, "Add many codes", "Make them", _add_codes),
        "import": RowPage(Role.MARKETER, ImportForm, "Import codes", "Import", _import_codes),
        "publish": RowPage(
            Role.MARKETER,
            PublishForm,
            "Give a code to a customer",
            "Give",
            _publish_code,
            "The customer becomes the holder of the code, and integrations hear of it.",
        ),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        held = Count("vouchers", filter=Q(vouchers__holder__isnull=False))
        codes = Count("vouchers", filter=Q(vouchers__deleted_at=None))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(code_count=codes, held_count=held)
        return _living(request, rows)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            return [(None, {"fields": SHOWN})]
        own = ("project", "name", "description", "campaign_type", "percent_off", "gift_amount")
        return [(None, {"fields": own}), *CAMPAIGN_FIELDSETS]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return SHOWN if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **options)
        if obj is not None:
            # All that the campaign was made with is shown, not asked for.
            form.base_fields.clear()
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        adopt(obj, create_campaign(form.cleaned_data["project"], form.as_campaign(), by=actor_of(request)))

    @admin.display(description="from – to", ordering="start_date")
    def runs(self, campaign: Campaign) -> str:
        return _window(campaign.start_date, campaign.expiration_date)

    @admin.display(ordering="code_count")
    def codes(self, campaign: Any) -> int:
        return int(campaign.code_count)

    @admin.display(description="with holder", ordering="held_count")
    def held(self, campaign: Any) -> int:
        return int(campaign.held_count)

    @admin.display(description="How codes are made")
    def shown_config(self, campaign: Campaign) -> str:
        return str(campaign.code_config.get("pattern") or "8 random characters")

    @admin.display(description="What a code is")
    def shown_template(self, campaign: Campaign) -> str:
        return shown_json(campaign.voucher_template)

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        """The distributions that give its codes, and how many are left to them."""
        rows: list[list[Cell]] = [
            [change_link("distributions_distribution", row.pk, row.name), "on" if row.is_running else "off"]
            for row in distributions_of(obj)
        ]
        pool = pool_of(obj, datetime.now(UTC)) if rows else None
        low = f"Codes run low. {pool.in_words} Add some by the buttons above." if pool and pool.is_low else ""
        notices = [Panel("Needs you", ["What"], [[low]], is_notice=True)] if low else []
        return [*notices, Panel("Distributions", ["Distribution", "State"], rows, empty="None gives its codes.")]

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        kind_page = KIND_PAGES.get(obj.campaign_type)
        kind = [change_link(kind_page, obj.pk, "Rewards and rules")] if kind_page else []
        codes = [list_link("campaigns_voucher", "Its codes", campaign__id__exact=obj.pk)]
        if obj.generation_id:
            codes.append(change_link("projects_asyncaction", obj.generation_id, _progress(obj.generation)))
        return [*kind, *super().links(request, obj), *codes]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        may_add = self._may(request, Role.MARKETER, None)
        return super().changelist_view(request, (extra_context or {}) | {"may_add": may_add})

    @admin.action(description="Switch on the chosen campaigns")
    def enable(self, request: HttpRequest, rows: QuerySet[Campaign]) -> None:
        self._switch(request, rows, active=True)

    @admin.action(description="Switch off the chosen campaigns")
    def disable(self, request: HttpRequest, rows: QuerySet[Campaign]) -> None:
        self._switch(request, rows, active=False)

    def _switch(self, request: HttpRequest, rows: QuerySet[Campaign], *, active: bool) -> None:
        own = list(self.writable(request, rows, Role.MARKETER).exclude(active=active).select_related("project"))
        for campaign in own:
            set_active(campaign, active, by=actor_of(request), now=datetime.now(UTC))
        self.message_user(request, f"{len(own)} switched {'on' if active else 'off'}.", messages.SUCCESS)


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyAdmin):
    row_pages = {
        "balance": RowPage(Role.MARKETER, BalanceForm, "Change the balance", "Change", _change_balance),
    }
    list_display = ["code", "campaign", "holder", "active", "expiration_date", "project"]
    list_filter = [
        ("project", ProjectFilter),
        ("campaign", ProjectFilter),
        ("holder", admin.EmptyFieldListFilter),
        "active",
    ]
    list_select_related = ["campaign", "holder", "project"]
    search_fields = ["code", "holder__source_id", "holder__name", "holder__email"]
    ordering = ["-id"]
    fields = ["code", "project", "campaign", "type", "holder", "active", "start_date", "expiration_date", "created_at"]

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        own = []
        if obj.campaign_id:
            own.append(change_link("campaigns_campaign", obj.campaign_id, f"Campaign {obj.campaign}"))
        if obj.type == VoucherType.GIFT_VOUCHER:
            own.extend(super().links(request, obj))
        if obj.holder_id:
            own.append(change_link("customers_customer", obj.holder_id, f"Holder {obj.holder}"))
        if obj.type == "LOYALTY_CARD" and obj.holder_id:
            own.append(change_link("loyalty_loyaltycard", obj.pk, "Points of this card"))
        return own

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        holders = obj.holders.select_related("customer").order_by("id")[:50]
        rows = [
            [
                change_link("customers_customer", holder.customer_id, str(holder.customer)),
                holder.get_role_display(),
                moment(holder.created_at),
            ]
            for holder in holders
        ]
        people = Panel("Who has to do with it", ["Customer", "As", "Since"], rows, empty="Nobody yet.")
        return [_credits(obj), people] if obj.type == VoucherType.GIFT_VOUCHER else [people]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return _living(request, super().get_queryset(request))


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "voucher", "campaign", "customer", "channel", "revoked_at", "project"]
    list_filter = [("project", ProjectFilter), ("created_at", admin.DateFieldListFilter)]
    list_select_related = ["voucher__campaign", "customer", "project"]
    search_fields = ["voucher__code", "customer__source_id", "customer__email", "customer__name", "source_id"]
    ordering = ["-id"]
    fields = ["created_at", "project", "voucher", "customer", "channel", "source_id", "revoked_at", "shown_metadata"]

    @admin.display(ordering="voucher__campaign__name")
    def campaign(self, publication: Publication) -> str:
        return str(publication.voucher.campaign or "–")

    @admin.display(description="metadata")
    def shown_metadata(self, publication: Publication) -> str:
        return shown_json(publication.metadata)

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        return [
            change_link("campaigns_voucher", obj.voucher_id, f"Code {obj.voucher}"),
            change_link("customers_customer", obj.customer_id, f"Customer {obj.customer}"),
        ]


def _living(request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
    """What is deleted is in no list, but has its page: history leads there."""
    match = request.resolver_match
    is_list = match is not None and (match.url_name or "").endswith("_changelist")
    return rows.filter(deleted_at=None) if is_list else rows


def _progress(action: AsyncAction) -> str:
    if action.status in (ActionStatus.ENQUEUED, ActionStatus.IN_PROGRESS):
        return f"Codes being made: {action.progress} %"
    return f"Codes last made: {action.done_count}"


def _credits(voucher: Voucher) -> Panel:
    entries = transactions_of(voucher).order_by("-pk")[:ENTRIES_SHOWN]
    rows = [
        [
            moment(entry.created_at),
            f"{entry.credits:+d}",
            str(entry.balance_after),
            entry.get_kind_display(),
            entry.reason,
        ]
        for entry in entries
    ]
    holds = describe([voucher])[voucher.pk]["gift"]["balance"]
    return Panel(
        f"Credits: {holds}", ["When", "Credits", "Balance", "What", "Why"], rows, empty="Nothing has moved yet."
    )


def _window(start: datetime | None, end: datetime | None) -> str:
    if start is None and end is None:
        return "always"
    return f"{_day(start)} – {_day(end)}"


def _day(when: datetime | None) -> str:
    return when.strftime("%Y-%m-%d") if when else "…"
