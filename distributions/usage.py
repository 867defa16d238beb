"""Which distributions use an event definition, and which use a segment."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from customers.segments import SegmentUser
from distributions.models import Distribution
from distributions.validating import in_words
from eventschema.models import EventDefinition
from eventschema.usage import SchemaUser, Use
from projects.audit import Actor
from projects.models import Project


class Distributions(SchemaUser):
    """A distribution reacts to the event itself; templates take what they find."""

    def uses(self, definition: EventDefinition) -> list[Use]:
        rows = Distribution.objects.filter(definition=definition, deleted_at=None).order_by("pk")
        return [Use(f"distribution '{row.name}'", "distributions_distribution", row.pk, row.public_id) for row in rows]

    def rename(self, definition: EventDefinition, names: Mapping[str, str], *, by: Actor, now: datetime) -> None:
        """Nothing: stored metadata is read under the names that it has."""


class DistributionsOfSegments(SegmentUser):
    def users_of(self, project: Project, key: UUID) -> list[str]:
        rows = Distribution.objects.filter(project=project, segment_id=key, deleted_at=None).order_by("pk")
        return [in_words(row) for row in rows]
