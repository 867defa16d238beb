"""Webhooks, who want to hear of what happens in a project, and send-outs: what is sent, and how that went."""

from django.db import models
from django.db.models import Q

from common.ids import public_id, uuid7
from common.jsons import ExactJSONField
from projects.models import Project

LONGEST_URL = 2_000
LONGEST_REASON = 300


class Webhook(models.Model):
    """An address of a project's own that hears of events of these types."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="webhooks", db_index=False)
    target_url = models.CharField("address", max_length=LONGEST_URL)
    # Rightly spelled, in the order in which they were named.
    events = ExactJSONField(default=list)
    # As the sender of an API call spelled them; null for those that people chose on a page.
    events_as_sent = ExactJSONField(null=True, editable=False)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(null=True, editable=False)
    # Where deliveries failed for too long, and not because somebody chose so.
    paused_at = models.DateTimeField("paused", null=True, editable=False)
    paused_why = models.CharField("why it is paused", max_length=LONGEST_REASON, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(target_url=""), name="webhooks_webhook_has_address"),
            models.CheckConstraint(
                condition=Q(paused_at=None) | Q(active=False), name="webhooks_webhook_paused_is_off"
            ),
        ]
        indexes = [
            # Read by the list of a project's webhooks, and by whoever looks for those that are to hear of something.
            models.Index(fields=["project", "id"], name="webhooks_webhook_project"),
        ]

    def __str__(self) -> str:
        return self.target_url

    @property
    def public_id(self) -> str:
        return public_id("wh", self.pk)


class SendOutStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RETRYING = "retrying", "Retrying"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"
    # Its webhook or distribution is paused or gone.
    HELD = "held", "Held back"


class SourceKind(models.TextChoices):
    WEBHOOK = "webhook", "Webhook"
    DISTRIBUTION = "distribution", "Distribution"


OPEN_STATUSES = (SendOutStatus.WAITING, SendOutStatus.RETRYING)


class SendOut(models.Model):
    """One text on its way to one address: the same text and the same id at every attempt.

    `source_id` is the key of the webhook or of the distribution that sends, which may be gone by now.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    source_kind = models.CharField("sent by", max_length=12, choices=SourceKind)
    source_id = models.UUIDField()
    # Whom the text is about, where that is one person.
    customer_id = models.UUIDField(null=True)
    # What makes it happen once: a project sends nothing twice for a cause.
    cause = models.CharField(max_length=200)
    type = models.CharField("event type", max_length=100)
    target_url = models.CharField("address", max_length=LONGEST_URL)
    # Headers that the source adds to ours.
    headers = ExactJSONField(default=dict)
    # Compact JSON, signed to the letter.
    body = models.TextField()
    is_test = models.BooleanField("test", default=False)
    status = models.CharField(max_length=10, choices=SendOutStatus, default=SendOutStatus.WAITING)
    attempts_count = models.PositiveIntegerField("attempts", default=0)
    created_at = models.DateTimeField()
    # When it is tried next; null where it is not.
    next_at = models.DateTimeField("next attempt", null=True)
    ended_at = models.DateTimeField("ended", null=True)
    # From when on the schedule of retries counts, and how many of its attempts were made: those by hand are none.
    first_attempt_at = models.DateTimeField("first attempt", null=True)
    scheduled_count = models.PositiveIntegerField(default=0)
    # Why it was given up or is held back.
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "cause"], name="webhooks_sendout_once"),
            models.CheckConstraint(condition=~Q(target_url=""), name="webhooks_sendout_has_address"),
            models.CheckConstraint(
                condition=Q(status__in=OPEN_STATUSES, next_at__isnull=False, ended_at=None)
                | (~Q(status__in=OPEN_STATUSES) & Q(next_at=None)),
                name="webhooks_sendout_open_has_time",
            ),
        ]
        indexes = [
            # Read by the log of a project, newest first, and by that of one source.
            models.Index(fields=["project", "id"], name="webhooks_sendout_project"),
            models.Index(fields=["source_id", "id"], name="webhooks_sendout_source"),
            # Read where a source is paused, taken up again or deleted.
            models.Index(fields=["source_id"], name="webhooks_sendout_open", condition=Q(ended_at=None)),
            # Read by the sweep of what ended long ago.
            models.Index(fields=["ended_at"], name="webhooks_sendout_ended", condition=Q(ended_at__isnull=False)),
            # Read where a person is forgotten or looked at.
            models.Index(
                fields=["customer_id", "id"], name="webhooks_sendout_customer", condition=Q(customer_id__isnull=False)
            ),
        ]
        verbose_name = "send-out"

    def __str__(self) -> str:
        return f"{self.type} to {self.target_url}"

    @property
    def public_id(self) -> str:
        return public_id("whs", self.pk)


class Attempt(models.Model):
    """One request of a send-out, and what was answered."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    send_out = models.ForeignKey(SendOut, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    # 1 is the first.
    number = models.PositiveIntegerField()
    by_hand = models.BooleanField("asked for by hand", default=False)
    started_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField("milliseconds")
    # Null where no answer came.
    status_code = models.PositiveIntegerField("status", null=True)
    # The beginning of what was answered.
    reply = models.TextField(blank=True)
    error = models.TextField(blank=True)
    request_headers = ExactJSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["send_out", "number"], name="webhooks_attempt_numbered"),
            models.CheckConstraint(condition=Q(number__gte=1), name="webhooks_attempt_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}"


class SlowSource(models.Model):
    """A webhook or distribution whose receiver took too long lately: what it sends waits apart from the others'."""

    source_id = models.UUIDField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    until = models.DateTimeField()

    class Meta:
        indexes = [
            # Read by the sweep.
            models.Index(fields=["until"], name="webhooks_slowsource_until"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} until {self.until}"
