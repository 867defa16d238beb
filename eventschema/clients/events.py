"""What a client is made of: the published events of a project, and the nested schemas that they refer to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F

from eventschema.models import SchemaVersion, Status
from eventschema.spec import PropertySpec, living_specs
from projects.models import Project


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """One event with its living properties. `nested` maps the names that its objects refer to, to their classes."""

    name: str
    description: str
    specs: Sequence[PropertySpec]
    nested: Mapping[str, "ClientObject"]


@dataclass(frozen=True, slots=True)
class ClientObject:
    """A nested schema as a version has it. Two events may have been published with different ones of a name."""

    name: str
    specs: tuple[PropertySpec, ...]


@dataclass(frozen=True, slots=True)
class ClientEvents:
    project: str
    objects: Sequence[ClientObject]
    events: Sequence[ClientEvent]


def client_events_of(project: Project) -> ClientEvents:
    """The published events that take events, by name; one statement."""
    versions = SchemaVersion.objects.filter(
        project=project, definition__deleted_at=None, version=F("definition__version")
    ).exclude(definition__status=Status.DRAFT)
    found: dict[tuple[str, str], ClientObject] = {}
    events = [_event(version, found) for version in versions.select_related("definition").order_by("definition__name")]
    return ClientEvents(project.name, list(found.values()), events)


def _event(version: SchemaVersion, found: dict[tuple[str, str], ClientObject]) -> ClientEvent:
    definition, schema = version.definition, version.schema
    nested = {}
    for name, item in schema.get("nested", {}).items():
        specs = tuple(living_specs(item))
        nested[name] = found.setdefault((name, repr(specs)), ClientObject(name, specs))
    return ClientEvent(definition.name, definition.description, living_specs(schema), nested)
