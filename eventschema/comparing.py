"""What changes from one version of a definition to another, in order and in words; and what of it breaks senders."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from common.jsons import JsonObject, JsonValue, dumps
from eventschema.models import UnknownProperties
from eventschema.narrowing import is_narrower
from eventschema.property_types import CONSTRAINTS, PROPERTY_TYPES
from eventschema.spec import PropertySpec, living_specs


class Kind(StrEnum):
    """What happened to a property, or to the policy for unknown ones. The words are the API's."""

    ADDED = "added"
    ADDED_REQUIRED = "added_required"
    REMOVED = "removed"
    RENAMED = "renamed"
    RETYPED = "retyped"
    NEWLY_REQUIRED = "newly_required"
    NO_LONGER_REQUIRED = "no_longer_required"
    NARROWED = "narrowed"
    WIDENED = "widened"
    MADE_MULTIPLE = "made_multiple"
    MADE_SINGLE = "made_single"
    NAME_DROPPED = "former_name_dropped"
    NAME_ADDED = "former_name_added"
    DEPRECATED = "deprecated"
    REINSTATED = "no_longer_deprecated"
    PERSONAL = "made_personal"
    NOT_PERSONAL = "no_longer_personal"
    DESCRIBED = "described"
    UNKNOWN_STRICTER = "unknown_stricter"
    UNKNOWN_LOOSER = "unknown_looser"


# What senders or rules may stumble over. A removed property refuses nobody where undefined properties are kept, but
# from then on nobody vouches for its values, and rules and reports lose it.
BREAKING = {
    Kind.ADDED_REQUIRED,
    Kind.REMOVED,
    Kind.RETYPED,
    Kind.NEWLY_REQUIRED,
    Kind.NARROWED,
    Kind.MADE_MULTIPLE,
    Kind.MADE_SINGLE,
    Kind.NAME_DROPPED,
    Kind.UNKNOWN_STRICTER,
}
STRICTNESS = [UnknownProperties.KEEP, UnknownProperties.STRIP, UnknownProperties.REJECT]
# What becomes of a property that no version defines, under each policy.
FATES = {
    UnknownProperties.KEEP: "it is kept unchecked where it is sent",
    UnknownProperties.STRIP: "its values are dropped",
    UnknownProperties.REJECT: "events that bring it are refused",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `name` is the property's afterwards (`home.city` in an object), "" for the definition as a whole.

    `keys` are the names under which events may hold it, `former` the name that it had before.
    """

    kind: Kind
    name: str
    sentence: str
    keys: tuple[str, ...] = ()
    former: str = ""

    @property
    def is_breaking(self) -> bool:
        return self.kind in BREAKING

    def as_json(self) -> JsonObject:
        return {"property": self.name, "change": str(self.kind), "details": self.sentence}


def compare(before: JsonObject, after: JsonObject) -> list[Change]:
    """From two snapshots (models.SchemaVersion): every change, removals first, then in the order of the later one."""
    changes = list(_compare_policies(before["unknown"], after["unknown"]))
    changes += _compare_properties(before, after)
    return changes


def breaking(changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if change.is_breaking]


def renames(changes: Sequence[Change]) -> dict[str, str]:
    """From the former name to the present one, of every renamed property of the definition itself."""
    return {change.former: change.name for change in changes if change.kind == Kind.RENAMED and change.former}


def _compare_policies(before: str, after: str) -> Iterator[Change]:
    if before == after:
        return
    labels = UnknownProperties(before).label.lower(), UnknownProperties(after).label.lower()
    is_stricter = STRICTNESS.index(UnknownProperties(after)) > STRICTNESS.index(UnknownProperties(before))
    kind = Kind.UNKNOWN_STRICTER if is_stricter else Kind.UNKNOWN_LOOSER
    yield Change(kind, "", f"Undefined properties: “{labels[0]}” becomes “{labels[1]}”.")


def _compare_properties(before: JsonObject, after: JsonObject) -> Iterator[Change]:
    olds, news = living_specs(before), living_specs(after)
    pairs = predecessors(olds, news)
    followed = {old.id for old in pairs.values()}
    for old in olds:
        if old.id not in followed:
            fate = FATES[UnknownProperties(after["unknown"])]
            yield Change(Kind.REMOVED, old.name, f"“{old.name}” is removed: {fate}.", old.names, old.name)
    for new in news:
        if new.id in pairs:
            yield from _compare_pair(pairs[new.id], new)
            yield from _compare_nested(pairs[new.id], new, before, after)
        else:
            yield _added(new)


def predecessors(olds: Sequence[PropertySpec], news: Sequence[PropertySpec]) -> dict[UUID, PropertySpec]:
    """For each new property's id the old one that it goes on from: by id, by name, or by a former name."""
    by_id = {old.id: old for old in olds}
    by_name = {old.name: old for old in olds}
    pairs = {new.id: by_id[new.id] for new in news if new.id in by_id}
    taken = {old.id for old in pairs.values()}
    for new in news:
        candidates = (by_name[name] for name in new.names if name in by_name)
        old = next((old for old in candidates if old.id not in taken), None)
        if new.id not in pairs and old is not None:
            pairs[new.id] = old
            taken.add(old.id)
    return pairs


def _added(spec: PropertySpec) -> Change:
    label = PROPERTY_TYPES[spec.type].label
    if spec.optional:
        return Change(Kind.ADDED, spec.name, f"“{spec.name}” is new ({label}).", spec.names)
    return Change(Kind.ADDED_REQUIRED, spec.name, f"“{spec.name}” is new and required ({label}).", spec.names)


def _compare_pair(old: PropertySpec, new: PropertySpec) -> Iterator[Change]:
    """Every change of one property."""
    keys = tuple(dict.fromkeys((*new.names, *old.names)))

    def change(kind: Kind, told: str) -> Change:
        return Change(kind, new.name, f"“{new.name}” {told}.", keys, old.name)

    if old.name != new.name:
        yield change(Kind.RENAMED, f"was called “{old.name}” before" + _also_accepted(old, new))
    if old.type != new.type:
        labels = PROPERTY_TYPES[old.type].label, PROPERTY_TYPES[new.type].label
        yield change(Kind.RETYPED, f"was of type {labels[0]} and is of type {labels[1]}")
    if old.array != new.array:
        yield change(
            *((Kind.MADE_MULTIPLE, "takes a list of values") if new.array else (Kind.MADE_SINGLE, "takes one value"))
        )
    if old.optional != new.optional:
        yield change(
            *((Kind.NO_LONGER_REQUIRED, "may be left out") if new.optional else (Kind.NEWLY_REQUIRED, "is required"))
        )
    if old.type == new.type and dict(old.options) != dict(new.options):
        kind = Kind.NARROWED if is_narrower(old.options, new.options) else Kind.WIDENED
        word = "takes less" if kind == Kind.NARROWED else "takes more"
        yield change(kind, f"{word}: {options_in_words(old.options, new.options)}")
    yield from (change(kind, told) for kind, told in _said_otherwise(old, new))


def _also_accepted(old: PropertySpec, new: PropertySpec) -> str:
    return ", which senders may go on using" if old.name in new.names else ""


def _said_otherwise(old: PropertySpec, new: PropertySpec) -> Iterator[tuple[Kind, str]]:
    """What is no matter of types and constraints: names, marks, words."""
    dropped = [name for name in old.names if name not in new.names]
    gained = [name for name in new.aliases if name not in old.names]
    if dropped:
        yield Kind.NAME_DROPPED, f"is no longer taken under the name {_quoted(dropped)}"
    if gained:
        yield Kind.NAME_ADDED, f"is also taken under the name {_quoted(gained)}"
    if old.deprecated != new.deprecated:
        day = new.deprecated
        yield (Kind.DEPRECATED, f"is deprecated from {day}") if day else (Kind.REINSTATED, "is no longer deprecated")
    if old.personal != new.personal:
        yield (Kind.PERSONAL, "is personal data") if new.personal else (Kind.NOT_PERSONAL, "is no personal data")
    if old.description != new.description:
        yield Kind.DESCRIBED, "is described otherwise"


def _compare_nested(old: PropertySpec, new: PropertySpec, before: JsonObject, after: JsonObject) -> Iterator[Change]:
    """What changed in the nested schema of an object that names the same one as before."""
    name = new.options.get("object_type")
    inner = before.get("nested", {}).get(name), after.get("nested", {}).get(name)
    if name is None or old.options.get("object_type") != name or None in inner:
        return
    for change in compare(*inner):
        path = f"{new.name}.{change.name}" if change.name else new.name
        keys = tuple(f"{own}.{key}" for own in new.names for key in change.keys)
        yield replace(change, name=path, sentence=f"In “{new.name}”: {change.sentence}", keys=keys, former="")


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def options_in_words(old: Mapping[str, JsonValue], new: Mapping[str, JsonValue]) -> str:
    """`at least 1 → 5, one of free, pro → none`: the constraints that differ."""
    return ", ".join(
        f"{constraint.label.lower()} {_shown(old.get(name))} → {_shown(new.get(name))}"
        for name, constraint in CONSTRAINTS.items()
        if old.get(name) != new.get(name)
    )


def bounds_in_words(options: Mapping[str, JsonValue]) -> str:
    """`at least 1, one of free, pro`."""
    return ", ".join(
        f"{constraint.label.lower()} {_shown(options[name])}"
        for name, constraint in CONSTRAINTS.items()
        if name in options
    )


def _shown(value: JsonValue) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return value if isinstance(value, str) else dumps(value)
