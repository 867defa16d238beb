"""The log of accepted events, and what they made true."""

from collections.abc import Mapping
from typing import Any

from django.db import models

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
        return public_id("event", self.pk)


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
