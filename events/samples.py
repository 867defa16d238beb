"""What senders send that no definition speaks of: samples from which properties can be proposed."""

from common.jsons import JsonObject
from events.models import Event, RejectedEvent
from eventschema.models import EventDefinition
from eventschema.publishing import known_specs
from projects.models import Project

MOST_SAMPLES = 1_000


def unknown_samples(project: Project, name: str, limit: int = MOST_SAMPLES) -> list[JsonObject]:
    """The undefined properties of the newest `limit` events of that name, newest first: one object for each event, an
    empty one where all is defined; nothing where all of them are empty.

    Defined is what the draft or the published version names, aliases included. At most four statements.
    """
    definition = EventDefinition.objects.filter(project=project, name=name, deleted_at=None).first()
    events = Event.objects.filter(project=project, definition=definition, name=name).order_by("-occurred_at")
    specs = known_specs(definition) if definition else []
    defined = {key for spec in specs for key in spec.names}
    samples = [
        {key: value for key, value in metadata.items() if key not in defined}
        for metadata in events.values_list("metadata", flat=True)[:limit]
    ]
    return samples if any(samples) else []


def rejected_samples(project: Project, name: str, limit: int = MOST_SAMPLES) -> list[JsonObject]:
    """The metadata of the newest rejected events of that name that nobody has replayed yet; one statement."""
    rows = RejectedEvent.objects.filter(project=project, name=name, reaction="", replayed_at=None).order_by("-pk")
    sent = (payload.get("metadata") for payload in rows.values_list("payload", flat=True)[:limit])
    return [metadata for metadata in sent if isinstance(metadata, dict) and metadata]
