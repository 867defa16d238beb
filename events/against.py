"""A proposed version of a definition against the events of it that are stored (eventschema/previewing.py)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from common.jsons import JsonObject
from events.masking import mask_errors
from events.models import Event
from eventschema.comparing import Change, compare
from eventschema.models import EventDefinition, SchemaVersion
from eventschema.previewing import Example, Preview, StoredEvent, preview
from eventschema.publishing import published_version
from eventschema.schema import compile_snapshot

NEWEST = 1_000
PAGE = 1_000
# As many of a period are looked at, which takes some seconds; a page and a request have to end.
MOST_OF_A_PERIOD = 200_000


@dataclass(frozen=True, slots=True)
class Period:
    """By `occurred_at`, both bounds left out; None is open."""

    after: datetime | None = None
    before: datetime | None = None

    @property
    def is_bounded(self) -> bool:
        return self.after is not None or self.before is not None

    @property
    def limit(self) -> int:
        """How many events are looked at, the newest first."""
        return MOST_OF_A_PERIOD if self.is_bounded else NEWEST

    def condition(self) -> Q:
        bounds = {"occurred_at__gt": self.after, "occurred_at__lt": self.before}
        return Q(**{lookup: moment for lookup, moment in bounds.items() if moment is not None})


def preview_against(
    definition: EventDefinition, proposed: JsonObject, period: Period | None = None
) -> tuple[Preview, list[Change]]:
    """The snapshot `proposed` tried on the newest 1,000 events, or on those of a period; and what it changes.

    Values of what is personal, by any version, are not in the examples. One statement for a thousand events.
    """
    current = published_version(definition)
    changes = compare(current.schema, proposed) if current else []
    period = period or Period()
    schema = compile_snapshot(definition, definition.version + 1, proposed)
    found = preview(stored_events(definition, period), schema, changes)
    found.examples = _without_personal_values(definition, proposed, found.examples)
    return found, changes


def stored_events(definition: EventDefinition, period: Period) -> Iterator[StoredEvent]:
    """Newest first, at most as many as the period looks at, read in pages: memory does not grow with them."""
    events = Event.objects.filter(period.condition(), project=definition.project_id, definition=definition)
    events = events.order_by("-occurred_at", "-id")
    after, left = Q(), period.limit
    while left:
        page = list(events.filter(after).values_list("id", "channel", "metadata", "occurred_at")[: min(PAGE, left)])
        yield from (StoredEvent(key, channel, metadata) for key, channel, metadata, _ in page)
        if len(page) < PAGE:
            return
        left -= len(page)
        last, occurred_at = page[-1][0], page[-1][3]
        # The bound apart, so that the index is entered there.
        after = Q(occurred_at__lte=occurred_at) & (Q(occurred_at__lt=occurred_at) | Q(id__lt=last))


def _without_personal_values(
    definition: EventDefinition, proposed: JsonObject, examples: list[Example]
) -> list[Example]:
    if not examples:
        return examples
    schemas = [*SchemaVersion.objects.filter(definition=definition).values_list("schema", flat=True), proposed]
    return [Example(example.event_id, mask_errors(example.errors, schemas)) for example in examples]
