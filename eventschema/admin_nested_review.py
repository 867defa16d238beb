"""Before a nested schema breaks senders of the events that use it: what it would have refused, and a tick."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.jsons import JsonObject
from common.refusals import Refusal
from events.against import preview_against
from eventschema.admin_review import fingerprint
from eventschema.comparing import breaking
from eventschema.models import EventDefinition, MetadataSchema
from eventschema.nesting import users_of
from eventschema.previewing import Preview
from eventschema.publishing import nested_snapshot, published_version
from eventschema.spec import PropertySpec
from projects.pages import Cell, Panel, change_link


@dataclass(frozen=True, slots=True)
class Breakages:
    """What a nested schema would break, as the page shows it; `token` names the very schema that was looked at."""

    panel: Panel
    token: str


class BreaksSenders(Refusal):
    """Saving would break events that use the nested schema, and nobody has said yes to that."""

    def __init__(self, breakages: Breakages) -> None:
        super().__init__("This breaks events that use the schema. Nothing is saved yet.")
        self.breakages = breakages


def check_confirmed(schema: MetadataSchema, specs: Sequence[PropertySpec], confirmed: str) -> None:
    """Raises BreaksSenders unless what breaks was confirmed as it is, or nothing does.

    `schema` and `specs` are what is to be saved. A few statements for each event that uses the schema.
    """
    proposed = nested_snapshot(schema, specs)
    token = _token(proposed)
    if confirmed == token:
        return
    rows = [row for definition in users_of(schema) for row in _broken(definition, schema.related_object, proposed)]
    if rows:
        headings = ["Event", "Change", "Would have refused, of the newest stored events"]
        raise BreaksSenders(Breakages(Panel("Breaking changes", headings, rows), token))


def _token(proposed: JsonObject) -> str:
    """Without the ids: a new property has another one each time that the page is posted."""
    said = [{name: part for name, part in item.items() if name != "id"} for item in proposed["properties"]]
    return fingerprint({"unknown": proposed["unknown"], "properties": said})


def _broken(definition: EventDefinition, name: str, proposed: JsonObject) -> list[list[Cell]]:
    version = published_version(definition)
    assert version is not None, "what uses a nested schema is published"
    nested = version.schema["nested"] | {name: proposed}
    found, changes = preview_against(definition, version.schema | {"nested": nested})
    if not breaking(changes):
        return []
    link = change_link("eventschema_eventdefinition", definition.pk, definition.name)
    return [[link, " ".join(change.sentence for change in breaking(changes)), _refused(found)]]


def _refused(found: Preview) -> str:
    return found.in_words() if found.checked else "none is stored"
