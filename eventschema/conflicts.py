"""Two people editing one schema: what the second one is told, and how both changes come together."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.jsons import JsonObject, JsonValue
from common.refusals import Conflict
from eventschema.comparing import bounds_in_words
from eventschema.models import EventDefinition, MetadataSchema
from eventschema.property_types import PROPERTY_TYPES
from eventschema.rebasing import rebase
from eventschema.spec import PropertySpec, living_specs

# The fields of a row that people edit beside its properties.
DEFINITION_FIELDS = {"description": "Description", "unknown": "Unknown properties"}
NESTED_FIELDS = {"allow_defined_only": "Refuse undefined keys"}


class EditedMeanwhile(Conflict):
    """Somebody else saved between the page that was edited and this save; states as `definition_state` has them."""

    def __init__(self, base: JsonObject, theirs: JsonObject, mine: JsonObject) -> None:
        super().__init__("Somebody else changed this meanwhile. Nothing is saved yet.")
        self.base, self.theirs, self.mine = base, theirs, mine


def definition_state(definition: EventDefinition, specs: Sequence[PropertySpec] | None = None) -> JsonObject:
    """What people edit of a definition: its fields and its properties, those of the draft unless others are given."""
    return _state(definition, DEFINITION_FIELDS, specs)


def nested_state(schema: MetadataSchema, specs: Sequence[PropertySpec] | None = None) -> JsonObject:
    return _state(schema, NESTED_FIELDS, specs)


def _state(
    row: EventDefinition | MetadataSchema, fields: dict[str, str], specs: Sequence[PropertySpec] | None
) -> JsonObject:
    if specs is None:
        specs = [PropertySpec.of(item) for item in row.properties.all()]
    values = {name: getattr(row, name) for name in fields}
    return {"fields": values, "properties": [spec.as_snapshot() for spec in specs]}


def check_base(base: JsonObject | None, theirs: JsonObject, mine: JsonObject) -> None:
    """Raises EditedMeanwhile where what is stored (`theirs`) is not the state that was edited (`base`)."""
    if base is not None and base != theirs:
        raise EditedMeanwhile(base, theirs, mine)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two people may have changed, in words; `is_clash` where both did so differently."""

    name: str
    base: str
    theirs: str
    mine: str
    is_clash: bool


def differences(conflict: EditedMeanwhile) -> list[Difference]:
    """Everything that either side changed: fields first, then properties."""
    base, theirs, mine = conflict.base, conflict.theirs, conflict.mine
    labels = DEFINITION_FIELDS | NESTED_FIELDS
    found = [
        _difference(labels[name], *(_said(state["fields"].get(name)) for state in (base, theirs, mine)))
        for name in theirs["fields"]
    ]
    states = [{spec.id: spec for spec in living_specs(state)} for state in (base, theirs, mine)]
    for key in dict.fromkeys(key for specs in states for key in specs):
        specs = [state.get(key) for state in states]
        name = next(spec.name for spec in (specs[2], specs[1], specs[0]) if spec)
        found.append(_difference(name, *map(_in_words, specs)))
    orders = [[key for key in state if all(key in other for other in states)] for state in states]
    if not orders[0] == orders[1] == orders[2]:
        named = [", ".join(state[key].name for key in order) for state, order in zip(states, orders, strict=True)]
        found.append(_difference("Order", *named))
    return [item for item in found if not item.base == item.theirs == item.mine]


def mine_on_theirs(conflict: EditedMeanwhile) -> tuple[dict[str, JsonValue], list[PropertySpec]]:
    """The fields and properties with both changes in them; where both changed the same, mine."""
    base, theirs, mine = conflict.base["fields"], conflict.theirs["fields"], conflict.mine["fields"]
    fields = {name: theirs[name] if mine[name] == base.get(name) else mine[name] for name in theirs}
    return fields, rebase(
        living_specs(conflict.mine), living_specs(conflict.base), living_specs(conflict.theirs)
    ).specs


def _difference(name: str, base: str, theirs: str, mine: str) -> Difference:
    return Difference(name, base, theirs, mine, is_clash=len({base, theirs, mine}) == 3)


def _said(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "–"


def _in_words(spec: PropertySpec | None) -> str:
    """`amount: Number, required, at least 1`."""
    if spec is None:
        return "not there"
    parts = [PROPERTY_TYPES[spec.type].label, "optional" if spec.optional else "required"]
    parts += ["several values"] if spec.array else []
    parts += [bounds_in_words(spec.options)] if spec.options else []
    parts += [f"formerly {', '.join(spec.aliases)}"] if spec.aliases else []
    parts += ["personal data"] if spec.personal else []
    parts += [f"deprecated from {spec.deprecated}"] if spec.deprecated else []
    parts += [f"“{spec.description}”"] if spec.description else []
    return f"{spec.name}: {', '.join(parts)}"
