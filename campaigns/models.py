"""Campaigns, their codes, and who has them."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from campaigns.validity import recurs_at
from common.ids import public_id, uuid7
from common.jsons import ExactJSONField
from customers.models import Customer
from projects.models import AsyncAction, Project


class CampaignType(models.TextChoices):
    DISCOUNT_COUPONS = "DISCOUNT_COUPONS", "Discount coupons"
    REFERRAL_PROGRAM = "REFERRAL_PROGRAM", "Referral programme"
    GIFT_VOUCHERS = "GIFT_VOUCHERS", "Gift cards"
    PROMOTION = "PROMOTION", "Promotion"
    LOYALTY_PROGRAM = "LOYALTY_PROGRAM", "Loyalty programme"


class CodeSupply(models.TextChoices):
    AUTO_UPDATE = "AUTO_UPDATE", "New codes are made as needed"
    STATIC = "STATIC", "A fixed number of codes"
    STANDALONE = "STANDALONE", "One code for everybody"


class VoucherType(models.TextChoices):
    DISCOUNT_VOUCHER = "DISCOUNT_VOUCHER", "Discount"
    GIFT_VOUCHER = "GIFT_VOUCHER", "Gift card"
    LOYALTY_CARD = "LOYALTY_CARD", "Loyalty card"


# The type of the campaigns whose codes are of a type; referral codes are of type DISCOUNT_VOUCHER, too.
CAMPAIGN_TYPE_OF = {
    VoucherType.DISCOUNT_VOUCHER: CampaignType.DISCOUNT_COUPONS,
    VoucherType.GIFT_VOUCHER: CampaignType.GIFT_VOUCHERS,
    VoucherType.LOYALTY_CARD: CampaignType.LOYALTY_PROGRAM,
}


class ActiveWindow(models.Model):
    """A switch and a half-open window of time."""

    active = models.BooleanField(default=True)
    start_date = models.DateTimeField("starts", null=True, blank=True)
    expiration_date = models.DateTimeField("ends", null=True, blank=True)

    class Meta:
        abstract = True

    def is_open_at(self, moment: datetime) -> bool:
        """Whether an aware `moment` lies in [start_date, expiration_date)."""
        started = self.start_date is None or self.start_date <= moment
        return started and (self.expiration_date is None or moment < self.expiration_date)


class RecurringWindow(ActiveWindow):
    """A window that may be open at certain times only; campaigns/validity.py has the form of `validity`."""

    validity = ExactJSONField(default=dict, blank=True)

    class Meta:
        abstract = True

    def is_open_at(self, moment: datetime) -> bool:
        """Reads the project's time zone where the window recurs: load the project with it."""
        if not self.validity or not super().is_open_at(moment):
            return super().is_open_at(moment)
        project: Project = self.project  # type: ignore[attr-defined]  # of every model of this kind
        return recurs_at(self.validity, moment, start=self.start_date, zone=project.zone)


class Campaign(RecurringWindow):
    """A programme that gives out codes. What its kind adds lies in the app of the kind (referrals, loyalty)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    campaign_type = models.CharField(max_length=20, choices=CampaignType)
    type = models.CharField("codes", max_length=12, choices=CodeSupply, default=CodeSupply.STATIC)
    join_once = models.BooleanField("one code per customer", default=True)
    auto_join = models.BooleanField(
        "join by earning", default=False, help_text="A customer without a card gets one when a rule pays."
    )
    category = models.CharField(max_length=255, blank=True)
    # {"length", "charset", "prefix", "postfix", "pattern"}: how codes are made (contract e.2).
    code_config = ExactJSONField(default=dict, blank=True)
    # What every code of the campaign is: {"type", "discount" …}, as the contract's `voucher` object.
    voucher_template = ExactJSONField(default=dict, blank=True)
    use_voucher_metadata_schema = models.BooleanField(default=True)
    # An ISO 8601 duration, or empty: how long a code is good once it is published.
    activity_duration_after_publishing = models.CharField(max_length=60, blank=True)
    metadata = ExactJSONField(default=dict, blank=True)
    # The latest making of codes by the worker.
    generation = models.ForeignKey(AsyncAction, on_delete=models.PROTECT, related_name="+", null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(null=True, editable=False)
    # A deleted campaign is found no more and frees its name; what was published and posted keeps pointing here.
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=Q(deleted_at=None),
                name="campaigns_campaign_name",
                violation_error_message="This project already has a campaign of that name.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="campaigns_campaign_has_name"),
            models.CheckConstraint(
                condition=Q(start_date=None) | Q(expiration_date=None) | Q(expiration_date__gt=F("start_date")),
                name="campaigns_campaign_window",
                violation_error_message="The end must be after the start.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return public_id("camp", self.pk)

    @property
    def gives_referral_codes(self) -> bool:
        return self.campaign_type == CampaignType.REFERRAL_PROGRAM


class Voucher(RecurringWindow):
    """One code: a referral code, a loyalty card, a coupon, a gift card; of a campaign, or on its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    # None for a code that stands alone: the contract shows null for its campaign, so there is none behind it.
    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, related_name="vouchers", null=True, blank=True, db_index=False
    )
    code = models.CharField(max_length=255)
    # The code, folded or not by the project's setting: what codes are unique and looked up by.
    code_key = models.CharField(max_length=765, editable=False)
    type = models.CharField(max_length=20, choices=VoucherType)
    is_referral_code = models.BooleanField(default=False)
    holder = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    discount = ExactJSONField(null=True, blank=True)
    # {"amount", "effect"}: what a gift card starts with (its balance is in the app of gift cards).
    gift = ExactJSONField(null=True, blank=True)
    # How often it may be redeemed; None where its campaign says so.
    quantity = models.PositiveIntegerField("redemptions", null=True, blank=True)
    category = models.CharField(max_length=255, blank=True)
    additional_info = models.TextField(blank=True)
    metadata = ExactJSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(null=True, editable=False)
    # A deleted code is found no more and may be made anew; its history keeps pointing here.
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "code"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "code_key"], condition=Q(deleted_at=None), name="campaigns_voucher_code"
            ),
            models.CheckConstraint(condition=~Q(code=""), name="campaigns_voucher_has_code"),
            models.CheckConstraint(
                condition=Q(campaign__isnull=False)
                | Q(is_referral_code=False, type__in=[VoucherType.DISCOUNT_VOUCHER, VoucherType.GIFT_VOUCHER]),
                name="campaigns_voucher_may_stand_alone",
            ),
        ]
        indexes = [
            # Read by the list of codes, newest first.
            models.Index(fields=["project", "created_at", "id"], name="campaigns_voucher_list"),
            # Read by publishing: the next free code of a campaign.
            models.Index(fields=["campaign", "id"], name="campaigns_voucher_free", condition=Q(holder=None)),
            # Read by lists of a campaign's codes and cards.
            models.Index(fields=["campaign", "id"], name="campaigns_voucher_campaign"),
            # Read by a customer's page and the join_once rule.
            models.Index(fields=["holder", "campaign"], name="campaigns_voucher_holder"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def public_id(self) -> str:
        return public_id("v", self.pk)

    @property
    def campaign_type(self) -> str:
        """That of its campaign, which must be loaded; of one that stands alone, that of campaigns with such codes."""
        return self.campaign.campaign_type if self.campaign else CAMPAIGN_TYPE_OF[VoucherType(self.type)]


class Publication(models.Model):
    """A code given to a customer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="publications")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    # Several codes that are published at once are one publication to the outside: the first, and its further parts.
    part_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="parts", null=True, blank=True, editable=False, db_index=False
    )
    source_id = models.CharField(max_length=255, null=True, blank=True)
    channel = models.CharField(max_length=255, default="API")
    metadata = ExactJSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    # Taken back, with the event that gave the code: the code is free again.
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "source_id"],
                condition=Q(source_id__isnull=False),
                name="campaigns_publication_source_id",
            ),
        ]
        indexes = [
            # Read by the list of publications, newest first.
            models.Index(fields=["project", "id"], name="campaigns_publication_log"),
            # Read where a publication of several codes is shown.
            models.Index(fields=["part_of"], name="campaigns_publication_parts", condition=Q(part_of__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.voucher_id} to {self.customer_id}"

    @property
    def public_id(self) -> str:
        return public_id("pub", self.pk)


class HolderRole(models.TextChoices):
    OWNER = "OWNER", "Owner"
    REFERRER = "REFERRER", "Referrer"
    REFEREE = "REFEREE", "Referee"


class Holder(models.Model):
    """Who has to do with a code: its owner, its referrer, the referees who came through it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="holders", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="+", null=True)
    role = models.CharField(max_length=10, choices=HolderRole)
    metadata = ExactJSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["voucher", "customer"], name="campaigns_holder_once"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} is {self.role} of {self.voucher_id}"

    @property
    def public_id(self) -> str:
        return public_id("rh", self.pk)
