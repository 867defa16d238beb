"""Two changes of the same properties brought together: mine on top of theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from eventschema.spec import PropertySpec

ById = Mapping[UUID, PropertySpec]


@dataclass(frozen=True, slots=True)
class Rebased:
    """`specs` hold both changes; where both changed the same property differently mine counts, and it is a clash."""

    specs: list[PropertySpec]
    clashes: list[str]


def rebase(mine: Sequence[PropertySpec], base: Sequence[PropertySpec], theirs: Sequence[PropertySpec]) -> Rebased:
    """What both made of `base`. Properties are the same by id; two new ones of one name are the same, too."""
    ours, was, now = _by_id(mine), _by_id(base), _by_id(theirs)
    ours, clashes = _without_twins(ours, was, now)
    kept: list[PropertySpec] = []
    for key in _order([*ours], [*was], [*now]):
        spec, is_clash = _choose(ours.get(key), was.get(key), now.get(key))
        if spec is not None:
            kept.append(spec)
        if is_clash:
            clashes.append(_name_of(key, was, ours, now))
    return Rebased(kept, clashes)


def _by_id(specs: Sequence[PropertySpec]) -> dict[UUID, PropertySpec]:
    return {spec.id: spec for spec in specs}


def _choose(
    mine: PropertySpec | None, base: PropertySpec | None, theirs: PropertySpec | None
) -> tuple[PropertySpec | None, bool]:
    """The property, or None where it is gone, and whether both changed it differently."""
    if mine == base:
        return theirs, False
    return mine, theirs not in (base, mine)


def _without_twins(
    ours: Mapping[UUID, PropertySpec], was: ById, now: dict[UUID, PropertySpec]
) -> tuple[dict[UUID, PropertySpec], list[str]]:
    """Of two new live properties of one name theirs is dropped from `now` where they differ, and mine where not."""
    added = {spec.name: key for key, spec in now.items() if key not in was and not spec.deleted}
    kept, clashes = dict(ours), []
    for key, spec in ours.items():
        twin = added.get(spec.name)
        if key in was or spec.deleted or twin is None or twin == key:
            continue
        if now[twin] == spec:
            del kept[key]
            kept[twin] = now[twin]
        else:
            del now[twin]
            clashes.append(spec.name)
    return kept, clashes


def _order(mine: Sequence[UUID], base: Sequence[UUID], theirs: Sequence[UUID]) -> list[UUID]:
    """Theirs, unless I moved something; what one side added comes last."""
    ours, was = set(mine), set(base)
    moved = [key for key in base if key in ours] != [key for key in mine if key in was]
    first, second = (mine, theirs) if moved else (theirs, mine)
    return list(dict.fromkeys([*first, *second]))


def _name_of(key: UUID, *versions: ById) -> str:
    return next(specs[key].name for specs in versions if key in specs)
