"""The log of accepted events, and what they made true."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Q

from common.append_only import AppendOnly, InsertOnlyQuerySet
from common.ids import public_id, uuid7
from common.jsons import ExactJSONField
from customers.models import Customer
from eventschema.models import EventDefinition
from projects.models import Project


class EventQuerySet(InsertOnlyQuerySet["Event"]):
    def blank_metadata(self, metadata_of: Mapping[Any, Any]) -> None:
        """Replaces the metadata of events whose customer is deleted: the one change that the log knows."""
        rows = [Event(pk=pk, metadata=metadata) for pk, metadata in metadata_of.items()]
        for row in rows:
            row._state.adding = False
        # bulk_update goes through QuerySet.update, which this class refuses.
        models.QuerySet[Event, Event](Event, using=self.db).bulk_update(rows, ["metadata"], batch_size=500)


class Event(AppendOnly):
    """One accepted fact. `received_at` is the key's own millisecond, so that a lookup by key prunes to one partition.

    On PostgreSQL the table is partitioned by `received_at` with the key (id, received_at); so nothing has a foreign
    key to it, and no other unique key is possible (docs/adr/0002).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    # None for an event without a definition, in a project that accepts such events.
    definition = models.ForeignKey(
        EventDefinition, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    version = models.PositiveIntegerField()
    name = models.CharField("event", max_length=300)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    metadata = ExactJSONField(default=dict)
    # The codes that the event came with: {"referral": code, "loyalty": code}.
    codes = ExactJSONField(default=dict)
    channel = models.CharField(max_length=12)
    # The request that brought it (`v-…`); its effects carry the same id.
    group_id = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            # Read by the log, newest first.
            models.Index(fields=["project", "id"], name="events_event_log"),
            # Read by segments over everybody: who did X, when.
            models.Index(
                fields=["project", "definition", "occurred_at"],
                include=["customer"],
                name="events_event_by_definition",
            ),
            # Read by rules and segments about one customer, and by the customer's activity.
            models.Index(fields=["customer", "definition", "occurred_at"], name="events_event_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.public_id}"

    @property
    def public_id(self) -> str:
        return public_id("event", self.id)


class StoredEffect(AppendOnly):
    """One thing that a cause made true (`points.earned`). Activity, trace and webhooks are rendered from these.

    A cause that something declined has one more row of kind DECLINED, which lists the skips.
    """

    DECLINED = "reactions.declined"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    cause_kind = models.CharField(max_length=40)
    cause_id = models.UUIDField()
    # A plain key: the event log can have no foreign key pointing at it.
    event_id = models.UUIDField(null=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    seq = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=40)
    data = ExactJSONField(default=dict)
    group_id = models.CharField(max_length=40)
    created_at = models.DateTimeField()

    objects = InsertOnlyQuerySet["StoredEffect"].as_manager()

    class Meta:
        db_table = "events_effect"
        verbose_name = "effect"
        constraints = [models.UniqueConstraint(fields=["cause_id", "seq"], name="events_effect_once")]
        indexes = [
            # Read by a customer's activity.
            models.Index(fields=["project", "customer", "id"], name="events_effect_by_customer"),
            # Read by the trace of an event.
            models.Index(fields=["event_id"], name="events_effect_by_event"),
        ]

    def __str__(self) -> str:
        return self.kind


class IdempotencyKey(models.Model):
    """A sender's own name for one event: unique in the project, for ever. Written with the event it names.

    The answer is kept beside it, so that a repeat is answered alike when the customer has changed and the event's
    partition is dropped.
    """

    event_id = models.UUIDField(primary_key=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=200)
    # SHA-256 of the canonical request (events/idempotency.py).
    fingerprint = models.CharField(max_length=64)
    # What was answered, as text: JSONB would not keep the order of keys.
    answer = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="events_idempotencykey_once")]

    def __str__(self) -> str:
        return self.key


class RejectedEvent(models.Model):
    """What needs a person: an event refused for its name or metadata, or a reaction that failed on a stored event.

    Kept for 30 days, at most 100 000 a project; a replayed one leaves the list.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField("event", max_length=300)
    # The key of the refusal: metadata_validation_failed, not_found; reaction_failed for a failed reaction.
    key = models.CharField(max_length=60)
    # What groups of rejected events share: no value of any of them is in it.
    cause = models.CharField(max_length=300)
    # The request as it was sent, without the times and keys of ours.
    payload = ExactJSONField(default=dict)
    errors = ExactJSONField(default=list)
    # The sender's own id, where there was one.
    source_id = models.CharField(max_length=200, null=True)
    channel = models.CharField(max_length=12)
    group_id = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=1)
    # For a failed reaction: its dotted path, the stored event, and the effects that it was to react to.
    reaction = models.CharField(max_length=200, blank=True)
    event_id = models.UUIDField(null=True)
    effects = ExactJSONField(default=list)
    # Whether the stored event may earn: what decided that (a ticket, a switch of the project) is not kept with it.
    may_earn = models.BooleanField(default=True)
    replayed_at = models.DateTimeField(null=True)
    replayed_as = models.UUIDField(null=True)

    class Meta:
        constraints = [
            # What failed belongs to a stored event; what was refused has none.
            models.CheckConstraint(
                condition=Q(reaction="", event_id=None) | (~Q(reaction="") & Q(event_id__isnull=False)),
                name="events_rejected_is_refused_or_failed",
            ),
        ]
        indexes = [
            # Read by the list, newest first, and by the trimming of the oldest.
            models.Index(fields=["project", "id"], name="events_rejected_open", condition=Q(replayed_at=None)),
            # Read by the groups and by a replay of one cause.
            models.Index(fields=["project", "cause"], name="events_rejected_by_cause", condition=Q(replayed_at=None)),
            # Read before one is kept: a sender's retry of what is here already.
            models.Index(
                fields=["project", "source_id"],
                name="events_rejected_by_source",
                condition=Q(replayed_at=None, source_id__isnull=False),
            ),
            # Read by the trace of an event, for the reactions that failed on it.
            models.Index(fields=["event_id"], name="events_rejected_by_event", condition=Q(event_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.cause}"

    @property
    def public_id(self) -> str:
        return public_id("rej", self.id)


class RejectedTally(models.Model):
    """How many rejected events a project has lost to the limits, so that the loss is not silent."""

    project = models.OneToOneField(Project, on_delete=models.PROTECT, primary_key=True, related_name="+")
    dropped_count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.dropped_count} dropped"


class EventVoid(AppendOnly):
    """That an event was taken back, and what that came to. The event's own row is never changed."""

    event_id = models.UUIDField(primary_key=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=500, blank=True)
    forced = models.BooleanField(default=False)
    # Points that were spent already and could not be taken back.
    shortfall = models.BigIntegerField(default=0)
    # Decisions made after the event that would have come out otherwise without it; they stand.
    affected_later = ExactJSONField(default=list)
    actor = models.CharField(max_length=200)
    group_id = models.CharField(max_length=40)
    voided_at = models.DateTimeField()

    objects = InsertOnlyQuerySet["EventVoid"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(shortfall__gte=0), name="events_void_shortfall")]

    def __str__(self) -> str:
        return f"{self.event_id} voided"


class UsedTicket(models.Model):
    """An event ticket that a browser has used; it is good once. Kept until the ticket would have expired anyway."""

    id = models.UUIDField(primary_key=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    event_id = models.UUIDField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="events_usedticket_expired")]

    def __str__(self) -> str:
        return str(self.pk)
