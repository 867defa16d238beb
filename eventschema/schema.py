"""A published version, compiled for fast validation: once per process, project and revision."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F

from common.jsons import JsonObject, JsonValue
from eventschema.models import EventDefinition, SchemaVersion, Status, UnknownProperties
from eventschema.property_types import CONSTRAINTS, PROPERTY_TYPES, CannotCast, Check, PropertyType
from eventschema.spec import PropertySpec, living_specs, specs_of
from projects.models import Project
from projects.revisions import CachedByRevision


@dataclass(frozen=True, slots=True)
class CompiledProperty:
    """What validation needs of one property. `demand` is the contract's phrase of everything it asks for."""

    name: str
    kind: PropertyType
    array: bool
    required: bool
    checks: tuple[Check, ...]
    demand: str
    # The properties of the nested schema, for an object that names one.
    nested: "CompiledProperties | None" = None

    def read(self, value: JsonValue) -> JsonValue:
        """A stored value as the type has it that the property has now; None where it says nothing in that type."""
        if not self.array:
            return self._cast(value)
        return [self._cast(element) for element in value] if isinstance(value, list) else None

    def _cast(self, value: JsonValue) -> JsonValue:
        try:
            return self.kind.cast(value)
        except CannotCast:
            return None


@dataclass(frozen=True, slots=True)
class CompiledProperties:
    """A set of properties by every name that senders may use."""

    by_key: Mapping[str, CompiledProperty]
    required: tuple[CompiledProperty, ...]
    keys_of: Mapping[str, tuple[str, ...]]  # name → the name and its aliases
    unknown: str


@dataclass(frozen=True, slots=True)
class EventSchema:
    """A definition as events meet it. `version` 0 means an event without a definition, which anything fits."""

    definition_id: UUID | None
    public_id: str
    name: str
    version: int
    properties: CompiledProperties
    specs: tuple[PropertySpec, ...]
    personal: frozenset[str]

    def value(self, metadata: Mapping[str, JsonValue], name: str) -> JsonValue:
        """The value of a property in an event's metadata, whichever of its names the sender and the caller use.

        None when missing. A value that was stored before the property had its present type is cast to it, or None.
        """
        compiled = self.properties.by_key.get(name)
        if compiled is None:
            return metadata.get(name)
        sent = (metadata.get(key) for key in self.properties.keys_of[compiled.name])
        return compiled.read(next((value for value in sent if value is not None), None))

    @property
    def takes_unknown(self) -> bool:
        """Whether events keep properties that the definition does not have."""
        return self.properties.unknown == UnknownProperties.KEEP

    def present_name(self, name: str) -> str:
        """The name that a property has now, from any that it has had; one of no property stays as it is."""
        compiled = self.properties.by_key.get(name)
        return compiled.name if compiled else name


def compile_schema(definition: EventDefinition, version: SchemaVersion) -> EventSchema:
    return compile_snapshot(definition, version.version, version.schema)


def compile_snapshot(definition: EventDefinition, version: int, snapshot: JsonObject) -> EventSchema:
    """What events would be checked by if the snapshot were that version."""
    specs = tuple(specs_of(snapshot))
    live = [spec for spec in specs if not spec.deleted]
    return EventSchema(
        definition_id=definition.pk,
        public_id=definition.public_id,
        name=definition.name,
        version=version,
        properties=compile_properties(live, snapshot["unknown"], _nested_of(snapshot)),
        specs=specs,
        personal=frozenset(key for spec in live if spec.personal for key in spec.names),
    )


def undefined_schema(name: str) -> EventSchema:
    """What an event without a definition is checked by, in a project that accepts such events."""
    return EventSchema(None, "", name, 0, compile_properties([], UnknownProperties.KEEP, {}), (), frozenset())


def compile_properties(
    specs: Sequence[PropertySpec], unknown: str, nested: Mapping[str, CompiledProperties]
) -> CompiledProperties:
    compiled = {spec.name: _compile_property(spec, nested) for spec in specs}
    by_key = {alias: compiled[spec.name] for spec in specs for alias in spec.aliases} | compiled
    return CompiledProperties(
        by_key=by_key,
        required=tuple(item for item in compiled.values() if item.required),
        keys_of={spec.name: spec.names for spec in specs},
        unknown=unknown,
    )


def _nested_of(snapshot: JsonObject) -> dict[str, CompiledProperties]:
    """The nested schemas written out in a snapshot, compiled. They hold no objects themselves (contract c.4)."""
    return {
        name: compile_properties(
            living_specs(schema),
            schema["unknown"],
            {},
        )
        for name, schema in snapshot.get("nested", {}).items()
    }


def _compile_property(spec: PropertySpec, nested: Mapping[str, CompiledProperties]) -> CompiledProperty:
    kind = PROPERTY_TYPES[spec.type]
    checks = [kind.type_check()]
    checks += [CONSTRAINTS[name].check(bound) for name, bound in spec.options.items() if name != "object_type"]
    phrases = [check.phrase for check in checks]
    if not spec.optional:
        phrases.insert(1, "property is required")
    return CompiledProperty(
        name=spec.name,
        kind=kind,
        array=spec.array,
        required=not spec.optional,
        checks=tuple(checks),
        demand=("must be an array, and every element: " if spec.array else "") + ", ".join(phrases),
        nested=nested.get(spec.options.get("object_type", "")),
    )


def _load(project: Project) -> dict[str, EventSchema]:
    definitions = EventDefinition.objects.filter(project=project, deleted_at=None).exclude(status=Status.DRAFT)
    by_pk = {definition.pk: definition for definition in definitions}
    versions = SchemaVersion.objects.filter(definition__in=by_pk, version=F("definition__version"))
    return {
        by_pk[version.definition_id].name: compile_schema(by_pk[version.definition_id], version)
        for version in versions
    }


# schemas_of(project): every event that the project takes, by name. Two statements once a revision, none after.
schemas_of: Callable[[Project], dict[str, EventSchema]] = CachedByRevision(_load)
