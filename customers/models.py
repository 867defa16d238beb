"""Who did it."""

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT

from common.ids import public_id, uuid7
from common.jsons import ExactJSONField, JsonObject
from projects.models import Project


class Customer(models.Model):
    """A person of a project, as senders describe them. A deleted customer is anonymised, the row stays."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    # The sender's own id; set once.
    source_id = models.CharField(max_length=255, null=True, blank=True)
    # The id that the customer had before the company moved here (customers/former_ids.py).
    legacy_id = models.CharField("former id", max_length=29, null=True, blank=True, editable=False)
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
            models.UniqueConstraint(
                fields=["project", "legacy_id"],
                condition=Q(legacy_id__isnull=False),
                name="customers_customer_legacy_id",
            ),
            models.CheckConstraint(
                condition=Q(source_id__isnull=True) | ~Q(source_id=""), name="customers_customer_source_id_filled"
            ),
        ]
        indexes = [
            # Read by lists and their date cursors, whose late pages are found in the index alone.
            models.Index(
                fields=["project", "created_at", "id"], include=["deleted_at"], name="customers_customer_listed"
            ),
            # Read by the list's filters by name and by city.
            models.Index(fields=["project", "name"], name="customers_customer_name", condition=Q(name__isnull=False)),
            models.Index(
                F("project"),
                KT("address__city"),
                name="customers_customer_city",
                condition=Q(address__isnull=False),
            ),
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
