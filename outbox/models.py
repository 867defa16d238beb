"""What is to leave the process, or to be done after the answer: one row a message."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from common.ids import public_id, uuid7
from common.jsons import ExactJSONField
from projects.models import Project

OPEN = Q(done_at=None, dead_at=None)
OVERDUE = timedelta(minutes=1)
LONGEST_TOPIC = 60
LONGEST_KEY = 200


class State(models.TextChoices):
    """Where a message is: not tried yet, failed and tried again, parked until somebody says so, done."""

    WAITING = "waiting", "Waiting"
    RETRYING = "retrying", "Retrying"
    PARKED = "parked", "Parked"
    DONE = "done", "Done"


CONDITIONS = {
    State.WAITING: OPEN & Q(last_error=""),
    State.RETRYING: OPEN & ~Q(last_error=""),
    State.PARKED: Q(dead_at__isnull=False),
    State.DONE: Q(done_at__isnull=False),
}


class MessageQuerySet(models.QuerySet["OutboxMessage"]):
    def due(self, now: datetime) -> "MessageQuerySet":
        """Messages whose time has come and that no worker holds."""
        return self.filter(OPEN, Q(claimed_until=None) | Q(claimed_until__lte=now), available_at__lte=now)

    def overdue(self, now: datetime) -> "MessageQuerySet":
        """Messages that a worker should have taken long since."""
        return self.due(now).filter(available_at__lt=now - OVERDUE)

    def in_state(self, state: State) -> "MessageQuerySet":
        return self.filter(CONDITIONS[state])


class OutboxMessage(models.Model):
    """A piece of work for the worker, written in the transaction of what caused it.

    A worker holds it until `claimed_until`; `attempts` counts the claims, so it also tells one claim from the next.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    topic = models.CharField(max_length=LONGEST_TOPIC)
    payload = ExactJSONField(default=dict)
    dedupe_key = models.CharField(max_length=LONGEST_KEY)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField("error of the last try", blank=True)
    created_at = models.DateTimeField()
    available_at = models.DateTimeField("not before")
    claimed_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField("parked at", null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "dedupe_key"], name="outbox_message_once"),
            models.CheckConstraint(condition=~Q(topic=""), name="outbox_message_has_topic"),
            models.CheckConstraint(condition=Q(done_at=None) | Q(dead_at=None), name="outbox_message_ends_once"),
        ]
        indexes = [
            # Read by whoever looks for what is late; messages that are done leave it.
            models.Index(fields=["available_at", "id"], name="outbox_message_open", condition=OPEN),
            # Read by the worker, oldest first: what waits of one topic does not slow down the others.
            models.Index(fields=["topic", "available_at", "id"], name="outbox_message_topic", condition=OPEN),
            # Read by the sweep of what is done.
            models.Index(fields=["done_at"], name="outbox_message_done", condition=Q(done_at__isnull=False)),
            # Read by the admin's list of what is parked.
            models.Index(fields=["project", "id"], name="outbox_message_parked", condition=Q(dead_at__isnull=False)),
        ]
        db_table = "outbox_message"
        verbose_name = "outbox message"

    def __str__(self) -> str:
        return f"{self.topic} {self.public_id}"

    @property
    def public_id(self) -> str:
        return public_id("msg", self.pk)

    @property
    def state(self) -> State:
        if self.done_at or self.dead_at:
            return State.DONE if self.done_at else State.PARKED
        return State.RETRYING if self.last_error else State.WAITING
