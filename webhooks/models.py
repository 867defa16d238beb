"""Webhooks: who wants to hear of what happens in a project. What is sent, and when, is for deliveries to say."""

from django.db import models
from django.db.models import Q

from common.ids import public_id, uuid7
from common.jsons import ExactJSONField
from projects.models import Project

LONGEST_URL = 2_000


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

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(target_url=""), name="webhooks_webhook_has_address")]
        indexes = [
            # Read by the list of a project's webhooks, and by whoever looks for those that are to hear of something.
            models.Index(fields=["project", "id"], name="webhooks_webhook_project"),
        ]

    def __str__(self) -> str:
        return self.target_url

    @property
    def public_id(self) -> str:
        return public_id("wh", self.pk)
