"""Segments, who is in them, and who came and went."""

from django.db import models
from django.db.models import Q

from common.append_only import AppendOnly, InsertOnlyQuerySet
from common.ids import public_id, uuid7
from common.jsons import ExactJSONField
from customers.models import Customer
from projects.models import AsyncAction, Project


class SegmentType(models.TextChoices):
    STATIC = "static", "Static: a fixed list of customers"
    PASSIVE = "passive", "Passive: a filter, followed silently"
    AUTO_UPDATE = "auto-update", "Active: a filter; who enters and leaves is told"


class SyncStatus(models.TextChoices):
    IN_PROGRESS = "IN_PROGRESS", "Being filled"
    DONE = "DONE", "Filled"


class Segment(models.Model):
    """A named set of customers: listed by hand, or those whom a filter fits now.

    While it is being filled, whoever enters or leaves does so silently. A deleted one keeps its row: history names it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=255)
    type = models.CharField(max_length=11, choices=SegmentType)
    # The contract's grammar (g.3); None for a static segment.
    filter = ExactJSONField(null=True, blank=True)
    initial_sync_status = models.CharField(max_length=11, choices=SyncStatus, default=SyncStatus.DONE, editable=False)
    # What fills it, or did so last; how far that has come: everybody up to this key is judged.
    action = models.ForeignKey(AsyncAction, on_delete=models.PROTECT, related_name="+", null=True, editable=False)
    filled_to = models.UUIDField(null=True, editable=False)
    # The time zone whose midnights the due dates of its memberships are.
    time_zone = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(deleted_at__isnull=True), name="segments_segment_name"
            ),
            models.CheckConstraint(
                condition=Q(type=SegmentType.STATIC, filter__isnull=True)
                | (~Q(type=SegmentType.STATIC) & Q(filter__isnull=False)),
                name="segments_segment_static_has_no_filter",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="segments_segment_has_name"),
        ]
        indexes = [
            # Read by the list, newest first.
            models.Index(fields=["project", "id"], name="segments_segment_list"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return public_id("seg", self.pk)

    @property
    def is_static(self) -> bool:
        return self.type == SegmentType.STATIC


class Membership(models.Model):
    """A customer's place in a segment: in it since `entered_at`; with none, not in it yet.

    At `due_at` this changes if nothing happens before: a member leaves, another enters. Whoever writes here holds the
    customer's lock.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="+", db_index=False)
    # Its index is read by a customer's segments.
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "customer"], name="segments_membership_once"),
            models.CheckConstraint(
                condition=Q(entered_at__isnull=False) | Q(due_at__isnull=False),
                name="segments_membership_says_something",
            ),
        ]
        indexes = [
            # Read by the list of members, newest first, and by their count.
            models.Index(
                fields=["segment", "entered_at", "id"],
                condition=Q(entered_at__isnull=False),
                name="segments_membership_members",
            ),
            # Read every minute: what is due.
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="segments_membership_due"),
            # Read by "leaving within 7 days".
            models.Index(
                fields=["segment", "due_at"],
                condition=Q(due_at__isnull=False, entered_at__isnull=False),
                name="segments_membership_leaving",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.segment_id}"


class MembershipChange(AppendOnly):
    """That a customer entered a segment, or left it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    has_entered = models.BooleanField()
    # event, customer.updated … as the causes of the chain; time; fill for a filling; list for a static segment.
    cause_kind = models.CharField(max_length=40)
    cause_id = models.UUIDField(null=True)
    changed_at = models.DateTimeField()

    objects = InsertOnlyQuerySet["MembershipChange"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(cause_kind=""), name="segments_change_has_cause")]
        indexes = [
            # Read by a segment's history, newest first, and by its count over time.
            models.Index(fields=["segment", "changed_at", "id"], name="segments_change_history"),
            # Read by a customer's history.
            models.Index(fields=["customer", "id"], name="segments_change_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {'entered' if self.has_entered else 'left'} {self.segment_id}"
