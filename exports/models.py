"""Files of rows that somebody asked for: written by the worker, kept in parts, fetched once they are whole."""

from django.db import models
from django.db.models import Q

from common.ids import public_id, uuid7
from common.jsons import ExactJSONField
from projects.models import Project


class ExportStatus(models.TextChoices):
    SCHEDULED = "SCHEDULED", "Waiting"
    IN_PROGRESS = "IN_PROGRESS", "At work"
    DONE = "DONE", "Done"
    ERROR = "ERROR", "Failed"


class Export(models.Model):
    """What was asked for, and how far it is. `run` names the run of the worker whose parts are the file."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    # A name of EXPORT_KINDS.
    kind = models.CharField(max_length=60)
    # Whose rows: {"voucher": "<key>"}, as the kind reads it.
    scope = ExactJSONField(default=dict)
    fields = ExactJSONField(default=list)
    order = models.CharField(max_length=60)
    # As it was asked for, and as the answer shows it.
    filters = ExactJSONField(default=dict)
    status = models.CharField(max_length=12, choices=ExportStatus, default=ExportStatus.SCHEDULED)
    run = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(kind=""), name="exports_export_has_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"

    @property
    def public_id(self) -> str:
        return public_id("exp", self.pk)


class ExportPart(models.Model):
    """A piece of the file, in the order of `position`."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts", db_index=False)
    run = models.UUIDField()
    position = models.PositiveIntegerField()
    text = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "run", "position"], name="exports_part_once")]

    def __str__(self) -> str:
        return f"part {self.position} of {self.export_id}"
