"""Distributions, which give people something when something happens, and what they delivered to whom."""

from django.db import models
from django.db.models import Q

from campaigns.models import Campaign, Publication
from common.ids import public_id, uuid7
from common.jsons import ExactJSONField
from customers.models import Customer
from eventschema.models import EventDefinition
from projects.models import Project


class Trigger(models.TextChoices):
    CUSTOM_EVENT = "custom_event", "A custom event happens"
    SEGMENT_ENTERED = "segment.entered", "A customer enters a segment"
    SEGMENT_LEFT = "segment.left", "A customer leaves a segment"
    REFERRAL_CONVERTED = "referral.converted", "A referral is counted"
    POINTS_EARNED = "points.earned", "Points are earned"
    TIER_CHANGED = "tier.changed", "A loyalty tier changes"


class Action(models.TextChoices):
    PUBLISH_CODE = "PUBLISH_CODE", "Give a unique code of a campaign, and tell of it"
    MESSAGE = "MESSAGE", "Send a message"


OF_SEGMENTS = (Trigger.SEGMENT_ENTERED, Trigger.SEGMENT_LEFT)
OF_CAMPAIGNS = (Trigger.REFERRAL_CONVERTED, Trigger.POINTS_EARNED, Trigger.TIER_CHANGED)


class Distribution(models.Model):
    """What is given to whom, and when. A deleted one keeps its row: deliveries point at it.

    One that is not `active` schedules nothing. One that is paused (`paused_at`) goes on scheduling. Deliveries of
    either wait until it is enabled.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=255)
    trigger = models.CharField("when", max_length=20, choices=Trigger)
    definition = models.ForeignKey(
        EventDefinition, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="event"
    )
    # A plain key: segments stand on this floor (customers/segments.py).
    segment_id = models.UUIDField("segment", null=True, blank=True)
    # Of what referrals, points and tiers; any where it is none.
    trigger_campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    action = models.CharField("what", max_length=12, choices=Action)
    # Whose codes are published.
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    # As distributions/channels/ have them: [{"type": "webhook", "target_url", "event_name", "headers", "payload"}].
    channels = ExactJSONField(default=list, blank=True)
    # An ISO 8601 duration, or empty.
    delay = models.CharField(max_length=40, blank=True)
    limit_count = models.PositiveIntegerField("deliveries a customer", null=True, blank=True)
    limit_period = models.CharField("within", max_length=40, blank=True)
    active = models.BooleanField(default=True)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_reason = models.CharField(max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(deleted_at=None), name="distributions_distribution_name"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="distributions_distribution_has_name"),
            models.CheckConstraint(
                condition=Q(trigger=Trigger.CUSTOM_EVENT, definition__isnull=False)
                | (~Q(trigger=Trigger.CUSTOM_EVENT) & Q(definition=None)),
                name="distributions_distribution_has_event",
            ),
            models.CheckConstraint(
                condition=Q(trigger__in=OF_SEGMENTS, segment_id__isnull=False)
                | (~Q(trigger__in=OF_SEGMENTS) & Q(segment_id=None)),
                name="distributions_distribution_has_segment",
            ),
            models.CheckConstraint(
                condition=Q(action=Action.PUBLISH_CODE, campaign__isnull=False)
                | (~Q(action=Action.PUBLISH_CODE) & Q(campaign=None)),
                name="distributions_distribution_has_campaign",
            ),
            models.CheckConstraint(
                condition=Q(limit_count=None, limit_period="") | (Q(limit_count__gte=1) & ~Q(limit_period="")),
                name="distributions_distribution_limit",
            ),
        ]
        indexes = [
            # Read by the list, newest first, and once a revision by what compiles a project's distributions.
            models.Index(fields=["project", "id"], name="distributions_dist_listed"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return public_id("distr", self.pk)

    @property
    def is_running(self) -> bool:
        """Whether its deliveries go out."""
        return self.active and self.paused_at is None and self.deleted_at is None

    @property
    def has_lost_its_campaign(self) -> bool:
        """Whether the campaign whose codes it gives is deleted; needs `campaign`."""
        return self.campaign is not None and self.campaign.deleted_at is not None


# Why what waited for a code of a deleted campaign failed.
CAMPAIGN_DELETED = "campaign_deleted"


class DeliveryStatus(models.TextChoices):
    SCHEDULED = "scheduled", "Scheduled"
    QUIET_HOURS = "quiet_hours", "Waits for the end of the quiet hours"
    FATIGUE = "fatigue", "Waits, since the customer got enough lately"
    POOL_EMPTY = "pool_empty", "Waits for codes"
    PAUSED = "paused", "Waits for its distribution"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


WAITING = (
    DeliveryStatus.SCHEDULED,
    DeliveryStatus.QUIET_HOURS,
    DeliveryStatus.FATIGUE,
    DeliveryStatus.POOL_EMPTY,
    DeliveryStatus.PAUSED,
)
# Of these the worker has a message for `due_at`; the others wait for somebody.
TIMED = (DeliveryStatus.SCHEDULED, DeliveryStatus.QUIET_HOURS, DeliveryStatus.FATIGUE)


class Delivery(models.Model):
    """What one cause brings one customer, by one distribution: once, ever."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    distribution = models.ForeignKey(Distribution, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    # `event:<key>`: the cause of the chain that it follows from.
    source = models.CharField(max_length=100)
    # The event behind it, where one is; a plain key, since the log can have no foreign key pointing at it.
    event_id = models.UUIDField(null=True)
    # What the trigger's effect said (`{"segment": "seg_…"}`).
    data = ExactJSONField(default=dict)
    # The request that brought the cause.
    group_id = models.CharField(max_length=40, blank=True)
    # When the cause happened, by its own clock: what the limit counts by.
    caused_at = models.DateTimeField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=DeliveryStatus, default=DeliveryStatus.SCHEDULED)
    # Why it failed, or was cancelled: a word.
    reason = models.CharField(max_length=40, blank=True)
    delivered_at = models.DateTimeField(null=True)
    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="+", null=True)
    # What became of each channel, in their order: [{"type", "send_out" or "message_id", "sent_at", "problem"}].
    outcomes = ExactJSONField(default=list)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            # Also read where deliveries are counted against the limit of a distribution.
            models.UniqueConstraint(fields=["distribution", "customer", "source"], name="distributions_delivery_once"),
            models.CheckConstraint(condition=~Q(source=""), name="distributions_delivery_has_source"),
            models.CheckConstraint(
                condition=Q(status=DeliveryStatus.DELIVERED, delivered_at__isnull=False)
                | ~Q(status=DeliveryStatus.DELIVERED),
                name="distributions_delivery_has_time",
            ),
        ]
        indexes = [
            # Read by the list of a distribution's deliveries, newest first.
            models.Index(fields=["distribution", "id"], name="distributions_delivery_listed"),
            # Read by the customer's page.
            models.Index(fields=["customer", "id"], name="distributions_delivery_person"),
            # Read where the fatigue limit counts what a customer got lately.
            models.Index(
                fields=["customer", "delivered_at"],
                condition=Q(delivered_at__isnull=False),
                name="distributions_delivery_got",
            ),
            # Read every minute, and where a code is published: who waits for codes; and what waits for an enabling.
            models.Index(
                fields=["distribution", "status", "id"],
                condition=Q(status__in=[DeliveryStatus.POOL_EMPTY, DeliveryStatus.PAUSED]),
                name="distributions_delivery_waits",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return public_id("dlv", self.pk)

    @property
    def is_waiting(self) -> bool:
        return self.status in WAITING


class EmailOptOut(models.Model):
    """A customer who wants no more e-mail from distributions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "e-mail opt-out"
        constraints = [models.UniqueConstraint(fields=["customer"], name="distributions_emailoptout_once")]
        indexes = [
            # Read by the list of those who unsubscribed, newest first.
            models.Index(fields=["project", "id"], name="distributions_optout_listed"),
        ]

    def __str__(self) -> str:
        return str(self.customer_id)
