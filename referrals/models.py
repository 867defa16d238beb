"""Referral programmes: what converts, what the referee gets, what the referrer gets, and who was referred by whom."""

from django.db import models
from django.db.models import F, Q

from campaigns.models import Campaign, Voucher
from common.ids import public_id, uuid7
from customers.models import Customer
from eventschema.models import EventDefinition
from projects.models import Project


class ConversionEvent(models.TextChoices):
    CUSTOM_EVENT = "custom_event", "A custom event"
    REDEMPTION = "redemption", "The redemption of the code"


class RewardType(models.TextChoices):
    LOYALTY_CARD = "LOYALTY_CARD", "Points on a loyalty card"


class ReferralProgram(models.Model):
    """What a campaign of type REFERRAL_PROGRAM has besides."""

    campaign = models.OneToOneField(
        Campaign, on_delete=models.PROTECT, primary_key=True, related_name="referral_program"
    )
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    conversion_event_type = models.CharField(
        max_length=12, choices=ConversionEvent, default=ConversionEvent.CUSTOM_EVENT
    )
    definition = models.ForeignKey(
        EventDefinition, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="event"
    )
    # What the referee gets; no type means nothing (single sided).
    referee_reward_type = models.CharField(max_length=20, choices=RewardType, blank=True)
    referee_reward_campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    referee_reward_amount = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = "referral programme"
        constraints = [
            models.CheckConstraint(
                condition=Q(conversion_event_type=ConversionEvent.REDEMPTION, definition=None)
                | Q(conversion_event_type=ConversionEvent.CUSTOM_EVENT, definition__isnull=False),
                name="referrals_program_conversion",
                violation_error_message="A conversion by custom event needs the event, one by redemption has none.",
            ),
            models.CheckConstraint(
                condition=Q(referee_reward_type="", referee_reward_campaign=None, referee_reward_amount=None)
                | (
                    ~Q(referee_reward_type="")
                    # Said apart from the bound: a CHECK lets pass what is unknown.
                    & Q(referee_reward_campaign__isnull=False, referee_reward_amount__isnull=False)
                    & Q(referee_reward_amount__gte=1)
                ),
                name="referrals_program_referee_reward",
                violation_error_message="A referee reward needs its type, its campaign and an amount.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.campaign)


class Criterion(models.TextChoices):
    EACH = "EACH", "Each referee who converts"


class ReferralTier(models.Model):
    """When the referrer is rewarded, and with what."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    program = models.ForeignKey(
        ReferralProgram, on_delete=models.PROTECT, related_name="tiers", verbose_name="programme"
    )
    criterion = models.CharField(max_length=10, choices=Criterion, default=Criterion.EACH)
    banner = models.CharField("name", max_length=255, blank=True)
    reward_type = models.CharField(max_length=20, choices=RewardType, default=RewardType.LOYALTY_CARD)
    reward_campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    amount = models.PositiveIntegerField()
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gte=1), name="referrals_tier_pays")]
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.banner or f"{self.amount} for {self.get_criterion_display().lower()}"

    @property
    def public_id(self) -> str:
        return public_id("rtier", self.pk)


class ConversionStatus(models.TextChoices):
    COUNTED = "counted", "Counted"
    HELD = "held", "Held for review"
    REJECTED = "rejected", "Rejected"
    VOIDED = "voided", "Voided"


STANDING = (ConversionStatus.COUNTED, ConversionStatus.HELD)


class Conversion(models.Model):
    """A referee who did what the programme waits for, through a referrer's code."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    program = models.ForeignKey(
        ReferralProgram, on_delete=models.PROTECT, related_name="conversions", verbose_name="programme"
    )
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="+")
    referrer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    referee = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    event_id = models.UUIDField(null=True)
    status = models.CharField(max_length=10, choices=ConversionStatus, default=ConversionStatus.COUNTED)
    reason = models.CharField(max_length=40, blank=True)
    converted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "referee"],
                condition=Q(status__in=STANDING),
                name="referrals_conversion_once_per_referee",
            ),
            models.CheckConstraint(condition=~Q(referrer=F("referee")), name="referrals_conversion_not_of_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.referee_id} through {self.referrer_id}"

    @property
    def public_id(self) -> str:
        return public_id("conv", self.pk)
