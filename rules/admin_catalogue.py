"""What a validation rule of a project can ask for, for whoever builds one without knowing the grammar."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from common.ids import public_id
from common.jsons import JsonObject
from eventschema.resources import CUSTOMER, metadata_schemas_of
from eventschema.schema import CompiledProperty, EventSchema, schemas_of
from projects.models import Project
from rules.facts import CUSTOMER_FIELDS
from rules.operators import COMPARED, COUNTED, EQUAL, KNOWN, OPERATORS, TEXTS, TIMES, Kind
from rules.segments import segment_names
from rules.tree import CUSTOMER_METADATA, CUSTOMER_SEGMENT, EVENT_METADATA
from rules.wording import OPERATOR_WORDS, WITHOUT_VALUES

# A field is written as name, event and property with tabs between; a property that nobody defined is typed in beside.
OTHER_METADATA = f"{CUSTOMER_METADATA}\t\t"
SEGMENT_KIND = "segment"
# By the type of a property: which operators make sense of its values.
_BY_TYPE = {
    "number": (*COMPARED, *EQUAL, *KNOWN),
    "string": (*EQUAL, *TEXTS, *KNOWN),
    "image_url": (*EQUAL, *TEXTS, *KNOWN),
    "boolean": (*EQUAL, *KNOWN),
    "date": (*TIMES, *EQUAL, *KNOWN),
    "datetime": (*TIMES, *KNOWN),
    "object": KNOWN,
    "list": ("$contains", "$not_contain", *COUNTED, *KNOWN),
}
_LABELS = {"source_id": "Source id", "created_at": "Created", "updated_at": "Last changed"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A field as the form posts it, what people call it, and the name of its operators."""

    field: str
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Fields in groups; the public ids of segments with their names."""

    groups: Mapping[str, list[Choice]]
    segments: Mapping[str, str]

    def choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        return [(group, [(item.field, item.label) for item in found]) for group, found in self.groups.items()]

    def field_of(self, name: str, key: str) -> str | None:
        """The choice that asks for a property, of whichever event has it."""
        fields = (item.field for found in self.groups.values() for item in found)
        return next((field for field in fields if _parts(field) == (name, key)), None)

    def as_json(self) -> JsonObject:
        """What the script of the builder needs to know."""
        operators = {str(kind): _named(OPERATORS[kind]) for kind in (Kind.TEXT, Kind.DAY, Kind.MOMENT, Kind.JSON)}
        operators |= {f"type:{name}": _named(found) for name, found in _BY_TYPE.items()}
        operators[SEGMENT_KIND] = [["$is", "is in it"], ["$is_not", "is not in it"]]
        return {
            "groups": {group: [[c.field, c.label, c.kind] for c in found] for group, found in self.groups.items()},
            "properties": {},
            "operators": operators,
            "without": list(WITHOUT_VALUES),
            "bare": [SEGMENT_KIND],
            "keyed": [OTHER_METADATA],
            "json": str(Kind.JSON),
        }


def _parts(field: str) -> tuple[str, str]:
    name, _, rest = field.partition("\t")
    return name, rest.partition("\t")[2]


def _named(operators: tuple[str, ...]) -> list[list[str]]:
    return [[name, OPERATOR_WORDS[name]] for name in operators]


def catalogue_of(project: Project) -> Catalogue:
    """Everything that is defined in the project; a statement for segments, beside what is compiled."""
    schema = metadata_schemas_of(project).get(CUSTOMER)
    keys = sorted(schema.keys_of) if schema else []
    segments = {public_id("seg", key): name for key, name in segment_names(project).items()}
    events = sorted(schemas_of(project).values(), key=lambda event: event.name)
    groups = {f"Event: {event.name}": list(_properties(event)) for event in events}
    groups |= {
        "Customer": [
            Choice(f"customer.{column}", _LABELS.get(column, column.capitalize()), str(kind))
            for column, kind in CUSTOMER_FIELDS.items()
        ],
        "Customer's metadata": [
            *(Choice(f"{CUSTOMER_METADATA}\t\t{key}", key, str(Kind.JSON)) for key in keys),
            Choice(OTHER_METADATA, "Another key…", str(Kind.JSON)),
        ],
        "Segments": [
            Choice(f"{CUSTOMER_SEGMENT}\t\t{key}", f"Segment “{name}”", SEGMENT_KIND)
            for key, name in sorted(segments.items(), key=lambda item: (item[1], item[0]))
        ],
    }
    return Catalogue({group: found for group, found in groups.items() if found}, segments)


def _properties(event: EventSchema) -> Iterator[Choice]:
    for name in sorted(event.properties.keys_of):
        compiled = event.properties.by_key[name]
        if compiled.kind.name != "geopoint":
            yield Choice(f"{EVENT_METADATA}\t{event.name}\t{name}", name, _kind(compiled))


def _kind(compiled: CompiledProperty) -> str:
    name = "list" if compiled.array else compiled.kind.name
    return f"type:{name}" if name in _BY_TYPE else str(Kind.JSON)
