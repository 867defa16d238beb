"""Which segments use an event definition (eventschema/usage.py)."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from common.jsons import JsonObject
from eventschema.models import EventDefinition
from eventschema.usage import SchemaUser, Use
from projects.audit import Actor
from segments.filters import event_of
from segments.models import Segment


class Segments(SchemaUser):
    """A filter names an event, and may ask for properties of it; of whatever type, since values are JSON there.

    Renames need nothing: a property is found under every name that it has had.
    """

    def uses(self, definition: EventDefinition) -> list[Use]:
        segments = Segment.objects.filter(project=definition.project_id, deleted_at=None, filter__isnull=False)
        return [
            Use(f"segment '{segment.name}'", "segments_segment", segment.pk, segment.public_id)
            for segment in segments.order_by("created_at", "id")
            if definition.name in events_of(segment.filter or {})
        ]

    def rename(self, definition: EventDefinition, names: Mapping[str, str], *, by: Actor, now: datetime) -> None:
        return


def events_of(stored: JsonObject) -> Iterator[str]:
    """The names of the events that a stored filter is about."""
    return (name for field in stored if (name := event_of(field)) is not None)
