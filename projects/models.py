"""Tenants, who may work in them, and with which keys."""

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from common.append_only import AppendOnly, InsertOnlyQuerySet
from common.durations import LONGEST_PERIOD, read_duration
from common.ids import public_id, uuid7
from common.jsons import ExactJSONField
from projects.webhook_secrets import new_webhook_secret, new_webhook_token

CLIENT_SWITCHES = (
    "client_redeem_enabled",
    "client_publish_enabled",
    "client_list_vouchers_enabled",
    "client_create_customer_enabled",
    "client_loyalty_events_enabled",
    "client_set_voucher_expiration_date_enabled",
)


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(f"“{name}” is no time zone of the IANA list, such as Europe/Berlin.")


_TIME_OF_DAY = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z")
MOST_DELIVERIES = 1_000


def validate_quiet_hours(value: Any) -> None:
    """{"start": "21:00", "end": "08:00"}, over midnight where the end is earlier."""
    is_object = isinstance(value, dict) and value.keys() == {"start", "end"}
    if not is_object or not all(isinstance(text, str) and _TIME_OF_DAY.match(text) for text in value.values()):
        raise ValidationError("must have a start and an end, as HH:MM")
    if value["start"] == value["end"]:
        raise ValidationError("must have a start and an end that differ")


def validate_fatigue(value: Any) -> None:
    """{"count": 3, "period": "P7D"}."""
    is_object = isinstance(value, dict) and value.keys() == {"count", "period"}
    count = value["count"] if is_object else None
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_DELIVERIES:
        raise ValidationError(f"must have a count from 1 to {MOST_DELIVERIES}, and a period")
    length = read_duration(value["period"])
    if length is None or length > LONGEST_PERIOD:
        raise ValidationError("must have a period that is an ISO 8601 duration of up to a year, such as P7D")


class UnknownEvents(models.TextChoices):
    REJECT = "reject", "Reject events without a definition"
    ACCEPT = "accept", "Accept and store them"


class Project(models.Model):
    """A tenant. Every row of every other table belongs to one project, and no request reaches another's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80)
    description = models.CharField(max_length=1_000, blank=True)
    currency = models.CharField(
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{3}\Z", "Three capital letters of ISO 4217, such as EUR.")],
        help_text="Three letters of ISO 4217, such as EUR.",
    )
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    # Raised by every write to the configuration, in its transaction: the key of what is compiled from it.
    revision = models.PositiveBigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    unknown_events = models.CharField(max_length=10, choices=UnknownEvents, default=UnknownEvents.REJECT)
    max_event_age_days = models.PositiveIntegerField(
        default=365, validators=[MinValueValidator(1), MaxValueValidator(36_500)]
    )
    case_sensitive_codes = models.BooleanField(default=False)
    client_redeem_enabled = models.BooleanField("redeem from browsers", default=False)
    client_publish_enabled = models.BooleanField("publish from browsers", default=False)
    client_list_vouchers_enabled = models.BooleanField("list vouchers from browsers", default=False)
    client_create_customer_enabled = models.BooleanField("create customers from browsers", default=False)
    client_loyalty_events_enabled = models.BooleanField("earn and refer from browsers", default=False)
    client_set_voucher_expiration_date_enabled = models.BooleanField("set voucher expiry from browsers", default=False)
    # When nothing is delivered, and how much a customer gets at most, over all distributions; None: no such limit.
    quiet_hours = ExactJSONField(null=True, blank=True, validators=[validate_quiet_hours])
    fatigue = ExactJSONField(null=True, blank=True, validators=[validate_fatigue])
    # Readable, since deliveries are signed with them: by the contract's header (h.2), and by Standard Webhooks.
    webhook_token = models.CharField(max_length=64, default=new_webhook_token, editable=False)
    webhook_secret = models.CharField(max_length=64, default=new_webhook_secret, editable=False)
    # Replaced ones, which sign beside the new ones until then.
    former_webhook_token = models.CharField(max_length=64, blank=True, editable=False)
    former_webhook_token_until = models.DateTimeField(null=True, editable=False)
    former_webhook_secret = models.CharField(max_length=64, blank=True, editable=False)
    former_webhook_secret_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug"], name="projects_project_slug")]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return public_id("proj", self.pk)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Role(models.TextChoices):
    VIEWER = "viewer", "Viewer: reads everything"
    MARKETER = "marketer", "Marketer: changes definitions, campaigns and rules"
    ADMIN = "admin", "Admin: also keys, members and settings"


class Membership(models.Model):
    """What a user may do in a project."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "project"], name="projects_membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.project}"


class KeyKind(models.TextChoices):
    SERVER = "server", "Server: back ends, /v1"
    CLIENT = "client", "Client: browsers and apps, /client/v1"
    MANAGEMENT = "management", "Management: definitions, /management/v1"


class ApiKey(models.Model):
    """A pair of public id and secret token. Only the token's SHA-256 is stored: 256 random bits need no slow hash."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="api_keys")
    kind = models.CharField(max_length=12, choices=KeyKind)
    key_id = models.CharField("id", max_length=36, editable=False)
    token_hash = models.CharField(max_length=64, editable=False)
    label = models.CharField(max_length=100, blank=True)
    trusted_domains = ExactJSONField(
        default=list,
        blank=True,
        help_text="For client keys: *, host names, or full origins such as https://shop.example:8443.",
    )
    rate_limit = models.PositiveIntegerField(
        "requests a minute",
        null=True,
        blank=True,
        help_text="Empty for what this installation allows; 0 for no limit.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.UniqueConstraint(fields=["key_id"], name="projects_apikey_key_id"),
            models.UniqueConstraint(fields=["token_hash"], name="projects_apikey_token"),
        ]

    def __str__(self) -> str:
        return self.label or self.key_id

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None


class AccessToken(models.Model):
    """A token that stands for a key for a quarter of an hour (projects/tokens.py). Only its SHA-256 is stored."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64)
    # What it may be used for: ["events", "customers"].
    scopes = ExactJSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token_hash"], name="projects_accesstoken_token"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="projects_accesstoken_lives"),
        ]
        indexes = [
            # Read where a token is issued: the project's oldest go.
            models.Index(fields=["project", "id"], name="projects_accesstoken_oldest"),
            # Read by the sweep.
            models.Index(fields=["expires_at"], name="projects_accesstoken_expired"),
        ]

    def __str__(self) -> str:
        return f"token of {self.key_id}"


class RequestCount(models.Model):
    """How many requests a key with a limit made in its latest minute (projects/limits.py).

    On PostgreSQL the table is unlogged: what it holds is worth nothing after a minute, and nobody waits for a disk.
    """

    key = models.OneToOneField(ApiKey, on_delete=models.CASCADE, primary_key=True, related_name="request_count")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    minute = models.BigIntegerField()  # of the epoch
    count = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(count__gt=0), name="projects_requestcount_counts")]

    def __str__(self) -> str:
        return f"{self.count} in minute {self.minute}"


class AuditEntry(AppendOnly):
    """Who changed what in a project's configuration, and when."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="audit_entries")
    actor_kind = models.CharField(max_length=10)  # user, key, command
    actor = models.CharField(max_length=200)
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=40)
    target_id = models.CharField(max_length=64)
    target_name = models.CharField(max_length=300, blank=True)
    before = ExactJSONField(null=True)
    after = ExactJSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = InsertOnlyQuerySet["AuditEntry"].as_manager()

    class Meta:
        verbose_name_plural = "audit log"
        constraints = [models.CheckConstraint(condition=~Q(action=""), name="projects_auditentry_says_what")]
        indexes = [
            # Read by the audit page and by the history of one object.
            models.Index(fields=["project", "target_type", "target_id", "id"], name="projects_audit_target"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_name or self.target_id}"


class ActionStatus(models.TextChoices):
    ENQUEUED = "ENQUEUED", "Waiting"
    IN_PROGRESS = "IN_PROGRESS", "At work"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed"


class OperationStatus(models.TextChoices):
    UNKNOWN = "UNKNOWN", "Not known yet"
    SUCCESS = "SUCCESS", "Success"
    FAILED = "FAILED", "Failure"


class AsyncAction(models.Model):
    """A long job that an API call or a person has asked for: what it is, how far it is, what came of it.

    outbox/actions.py starts and runs them. `failed` lists [{"source_id", "reason"}], the first thousand of them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    type = models.CharField(max_length=60)
    payload = ExactJSONField(default=dict)
    # The request that asked for it (`v-…`).
    request_id = models.CharField(max_length=40)
    status = models.CharField(max_length=12, choices=ActionStatus, default=ActionStatus.ENQUEUED)
    operation_status = models.CharField(max_length=8, choices=OperationStatus, default=OperationStatus.UNKNOWN)
    progress = models.PositiveSmallIntegerField("progress in %", default=0)
    done_count = models.PositiveBigIntegerField(default=0)
    failed_count = models.PositiveBigIntegerField(default=0)
    failed = ExactJSONField(default=list)
    message = models.CharField(max_length=2_000, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # Of the last run.
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(type=""), name="projects_asyncaction_has_type"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="projects_asyncaction_progress"),
        ]
        indexes = [
            # Read by the list, newest first.
            models.Index(fields=["project", "created_at", "id"], name="projects_asyncaction_list"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.public_id}"

    @property
    def public_id(self) -> str:
        return public_id("aa", self.pk)

    @property
    def processing_milliseconds(self) -> int | None:
        """How long the last run took; None before it has ended."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at) // timedelta(milliseconds=1)
