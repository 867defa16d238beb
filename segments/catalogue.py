"""What a filter of a project can ask for, for whoever builds one without knowing the grammar."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from common.jsons import JsonObject
from customers.facts import fact_sources
from customers.profiles import ADDRESS_FIELDS
from eventschema.resources import CUSTOMER, metadata_schemas_of
from eventschema.schema import schemas_of
from projects.models import Project
from rules.facts import CUSTOMER_FIELDS
from rules.operators import Kind

# A key of metadata that no schema defines; the key is typed in beside.
OTHER_METADATA = "metadata."
LABELS = {"source_id": "Source id", "birthday": "Birthday", "created_at": "Created", "updated_at": "Last changed"}
MEASURES = {
    "count": ("how often", Kind.NUMBER),
    "last_at": ("last time", Kind.MOMENT),
    "first_at": ("first time", Kind.MOMENT),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A field as the grammar has it, what people call it, and its kind."""

    field: str
    label: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Fields in groups, and the properties of each event by the event's name."""

    groups: Mapping[str, list[Choice]]
    properties: Mapping[str, list[str]]
    # What the properties of each event are called now, by every name that they have had.
    present_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def as_json(self) -> JsonObject:
        return {
            "groups": {
                group: [[choice.field, choice.label, str(choice.kind)] for choice in choices]
                for group, choices in self.groups.items()
            },
            "properties": dict(self.properties),
        }

    def choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        return [(group, [(item.field, item.label) for item in found]) for group, found in self.groups.items()]

    def kind_of(self, name: str) -> Kind | None:
        return next((item.kind for found in self.groups.values() for item in found if item.field == name), None)


def catalogue_of(project: Project) -> Catalogue:
    """Everything that is defined in the project; a statement for each source of facts."""
    schema = metadata_schemas_of(project).get(CUSTOMER)
    keys = sorted(schema.keys_of) if schema else []
    events = sorted(schemas_of(project).values(), key=lambda event: event.name)
    groups = {
        "Customer": [
            Choice(name, LABELS.get(name, name.capitalize()), kind) for name, kind in CUSTOMER_FIELDS.items()
        ],
        "Address": [
            Choice(f"address.{part}", part.replace("_", " ").capitalize(), Kind.TEXT) for part in ADDRESS_FIELDS
        ],
        "Metadata": [
            *(Choice(f"metadata.{key}", key, Kind.JSON) for key in keys),
            Choice(OTHER_METADATA, "Another key…", Kind.JSON),
        ],
        "Events": [
            Choice(f"events.{event.name}.{what}", f"{event.name}: {label}", kind)
            for event in events
            for what, (label, kind) in MEASURES.items()
        ],
        "Points and referrals": [
            Choice(fact.field, fact.label, Kind.NUMBER)
            for source in fact_sources().values()
            for fact in source.names(project)
        ],
    }
    properties = {event.name: sorted(event.properties.keys_of) for event in events}
    present = {event.name: {key: found.name for key, found in event.properties.by_key.items()} for event in events}
    return Catalogue({group: found for group, found in groups.items() if found}, properties, present)
