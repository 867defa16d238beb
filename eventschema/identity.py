"""Which property is which: ids that stay through renames, and former names that are never anybody else's."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from common.ids import uuid7
from common.jsons import JsonObject
from common.refusals import FieldError
from eventschema.spec import PropertySpec


def keep_ids(
    specs: Sequence[PropertySpec], *, drafted: Sequence[PropertySpec], published: Sequence[PropertySpec]
) -> list[PropertySpec]:
    """The properties as people left them, each with the id that it goes on under.

    A spec with the id of a known property is that property, whatever it is called now: the name under which it is
    published becomes a former name. Without one it goes on from a property of its name and type that left the draft.
    A new type is a new id.
    """
    known = {spec.id: spec for spec in (*published, *drafted)}
    names = {spec.id: spec.name for spec in published}
    claimed = {spec.id for spec in specs if spec.id in known}
    orphans = {(spec.name, spec.type): spec.id for spec in known.values() if spec.id not in claimed}
    seen: set[UUID] = set()
    kept: list[PropertySpec] = []
    for spec in specs:
        if spec.id in known and spec.id not in seen:
            seen.add(spec.id)
            same_type = spec.type == known[spec.id].type
            kept.append(_formerly(spec, names.get(spec.id, spec.name), spec.id if same_type else uuid7()))
        else:
            kept.append(replace(spec, id=orphans.pop((spec.name, spec.type), uuid7())))
    return kept


def _formerly(spec: PropertySpec, former: str, key: UUID) -> PropertySpec:
    aliases = spec.aliases if former in spec.names else (*spec.aliases, former)
    return replace(spec, id=key, aliases=aliases)


def merge(published: Sequence[PropertySpec], sent: Sequence[PropertySpec]) -> list[PropertySpec]:
    """`published` with what was sent in place of its namesakes, as a PUT of the management API merges.

    A new name with the old one among its aliases and the old one sent as deleted is a rename: the property keeps its
    id and its place. A property of a new type is a new property.
    """
    renamed = _renamed(published, sent)
    new_names = {spec.name for spec in renamed.values()}
    by_name = {spec.name: spec for spec in sent if spec.name not in renamed and spec.name not in new_names}
    merged = [
        _succeed(spec, renamed.get(spec.name) or by_name.pop(spec.name, spec))
        for spec in published
        if spec.name not in new_names  # what was removed under the new name makes room for it
    ]
    return merged + [spec for spec in by_name.values() if not _is_renamed_before(spec, merged)]


def _renamed(published: Sequence[PropertySpec], sent: Sequence[PropertySpec]) -> dict[str, PropertySpec]:
    """From a published name to the property that was sent as its successor."""
    live = {spec.name for spec in published if not spec.deleted}
    given_up = {spec.name for spec in sent if spec.deleted} & {spec.name for spec in published}
    found: dict[str, PropertySpec] = {}
    for spec in sent:
        if spec.deleted or spec.name in live:
            continue
        former = next((name for name in spec.aliases if name in given_up and name not in found), None)
        if former is not None:
            found[former] = spec
    return found


def _is_renamed_before(spec: PropertySpec, merged: Sequence[PropertySpec]) -> bool:
    """Whether it is the old name of a rename that was sent before: the alias says so already."""
    return spec.deleted and any(spec.name in other.aliases for other in merged if not other.deleted)


def _succeed(before: PropertySpec, after: PropertySpec) -> PropertySpec:
    return replace(after, id=before.id if after.type == before.type else uuid7())


def propose(published: Sequence[PropertySpec], whole: Sequence[PropertySpec]) -> list[PropertySpec]:
    """A whole proposed schema with the ids of what it goes on from, by name or else by a former name."""
    by_name = {spec.name: spec for spec in published}
    taken = {spec.name for spec in whole}
    proposed: list[PropertySpec] = []
    for spec in whole:
        former = next((name for name in spec.aliases if name in by_name and name not in taken), None)
        before = by_name.get(spec.name) or (by_name.get(former) if former else None)
        proposed.append(_succeed(before, spec) if before else spec)
    return proposed


@dataclass(slots=True)
class Owner:
    """Who has had a former name: the ids of the property through its types, and its other names."""

    ids: set[UUID] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    latest: str = ""


def reused_names(specs: Iterable[PropertySpec], history: Iterable[JsonObject]) -> list[FieldError]:
    """An error for every name or alias that was a former name of another property in a published version.

    `history` are all snapshots of the definition, the oldest first. A property of a new type that keeps a name of the
    former owner goes on from it.
    """
    owners = _owners(history)
    return [
        FieldError(
            f"schema.properties.{spec.name}",
            "name_taken",
            f"'{name}' is a former name of '{owners[name].latest}' and is never used for another property",
            name,
        )
        for spec in specs
        if not spec.deleted
        for name in spec.names
        if name in owners and not _goes_on(spec, name, owners[name])
    ]


def _goes_on(spec: PropertySpec, name: str, owner: Owner) -> bool:
    return spec.id in owner.ids or bool(owner.names & ({*spec.names} - {name}))


def _owners(history: Iterable[JsonObject]) -> Mapping[str, Owner]:
    """By former name, who has had it."""
    owners: defaultdict[str, Owner] = defaultdict(Owner)
    for schema in history:
        for item in schema["properties"]:
            names = {item["name"], *item.get("aliases", ())}
            for alias in item.get("aliases", ()) if not item.get("deleted") else ():
                owner = owners[alias]
                owner.ids.add(UUID(item["id"]))
                owner.names |= names - {alias}
                owner.latest = item["name"]
    return owners
