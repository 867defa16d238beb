"""Campaigns, their codes, and who has them."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from common.ids import public_id, uuid7
from common.jsons import ExactJSONField
from customers.models import Customer
from projects.models import Project


class CampaignType(models.TextChoices):
    DISCOUNT_COUPONS = "DISCOUNT_COUPONS", "Discount coupons"
    REFERRAL_PROGRAM = "REFERRAL_PROGRAM", "Referral programme"
    GIFT_VOUCHERS = "GIFT_VOUCHERS", "Gift cards"
    PROMOTION = "PROMOTION", "Promotion"
    LOYALTY_PROGRAM = "LOYALTY_PROGRAM", "Loyalty programme"


class CodeSupply(models.TextChoices):
    AUTO_UPDATE = "AUTO_UPDATE", "New codes are made as needed"
    STATIC = "STATIC", "A fixed number of codes"


class VoucherType(models.TextChoices):
    DISCOUNT_VOUCHER = "DISCOUNT_VOUCHER", "Discount"
    GIFT_VOUCHER = "GIFT_VOUCHER", "Gift card"
    LOYALTY_CARD = "LOYALTY_CARD", "Loyalty card"


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


class Campaign(ActiveWindow):
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
    metadata = ExactJSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
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


class Voucher(ActiveWindow):
    """One code of a campaign: a referral code, a loyalty card, a coupon."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="vouchers", db_index=False)
    code = models.CharField(max_length=255)
    # The code, folded or not by the project's setting: what codes are unique and looked up by.
    code_key = models.CharField(max_length=765, editable=False)
    type = models.CharField(max_length=20, choices=VoucherType)
    is_referral_code = models.BooleanField(default=False)
    holder = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    discount = ExactJSONField(null=True, blank=True)
    additional_info = models.TextField(blank=True)
    metadata = ExactJSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "code"
        constraints = [
            models.UniqueConstraint(fields=["project", "code_key"], name="campaigns_voucher_code"),
            models.CheckConstraint(condition=~Q(code=""), name="campaigns_voucher_has_code"),
        ]
        indexes = [
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


class Publication(models.Model):
    """A code given to a customer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="publications")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
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
