"""Who did it."""

from django.db import models
from django.db.models import Q

from common.ids import public_id, uuid7
from common.jsons import ExactJSONField, JsonObject
from projects.models import Project


class Customer(models.Model):
    """A person of a project, as senders describe them. A deleted customer is anonymised, the row stays."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    # The sender's own id; set once.
    source_id = models.CharField(max_length=255, null=True, blank=True)
    name = models.CharField(max_length=255, null=True, blank=True)
    description = models.TextField(null=True, blank=True)
    email = models.CharField(max_length=255, null=True, blank=True)
    phone = models.CharField(max_length=255, null=True, blank=True)
    birthdate = models.DateField(null=True, blank=True)
    # The contract's deprecated twin of birthdate, kept apart.
    birthday = models.DateField(null=True, blank=True)
    address = ExactJSONField(null=True, blank=True)
    metadata = ExactJSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "source_id"],
                condition=Q(source_id__isnull=False),
                name="customers_customer_source_id",
            ),
            models.CheckConstraint(
                condition=Q(source_id__isnull=True) | ~Q(source_id=""), name="customers_customer_source_id_filled"
            ),
        ]
        indexes = [
            # Read by lists and their date cursors.
            models.Index(fields=["project", "created_at"], name="customers_customer_created"),
            # Read by the list's filter by e-mail and the admin's search.
            models.Index(fields=["project", "email"], name="customers_customer_email"),
        ]

    def __str__(self) -> str:
        return self.name or self.source_id or self.email or self.public_id

    @property
    def public_id(self) -> str:
        return public_id("cust", self.id)

    def as_simple_json(self) -> JsonObject:
        """The contract's short form, as events and webhooks carry it (d.1)."""
        return {
            "id": self.public_id,
            "source_id": self.source_id,
            "name": self.name,
            "email": self.email,
            "metadata": self.metadata,
            "object": "customer",
        }
