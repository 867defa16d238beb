"""Who uses a definition, as links of the admin."""

from collections.abc import Sequence

from eventschema.models import EventDefinition
from eventschema.usage import Use, users_of
from projects.pages import Cell, Link, Panel, change_link


def link_of(use: Use) -> Link:
    return change_link(use.page, use.key, use.words)


def used_by_panel(definition: EventDefinition, losers: Sequence[Use] = ()) -> Panel | None:
    """Everything that uses the definition, and whether it would lose what it reads; None where nothing does."""
    uses = users_of(definition)
    rows: list[list[Cell]] = [
        [use.property or "the event itself", link_of(use), "cannot do without it" if use in losers else ""]
        for use in uses
    ]
    return Panel("Used by", ["What is used", "By", ""], rows) if rows else None


def users_by_property(definition: EventDefinition) -> dict[str, list[Link]]:
    """From the name of a property to what reads it."""
    found: dict[str, list[Link]] = {}
    for use in users_of(definition):
        if use.property:
            found.setdefault(use.property, []).append(link_of(use))
    return found
