"""A proposed version tried on events that are stored: how many it would have refused, which, and by which change.

Counting streams: memory grows neither with the events nor with what is wrong with them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from common.jsons import JsonObject
from common.refusals import FieldError
from eventschema.comparing import Change, Kind
from eventschema.schema import EventSchema
from eventschema.validation import validate_metadata

MOST_EXAMPLES = 10
MOST_ERRORS_SHOWN = 5
# What a value can be wrong in by each kind of change; the other kinds are about the value itself.
CODES = {
    Kind.ADDED_REQUIRED: "required",
    Kind.NEWLY_REQUIRED: "required",
    Kind.REMOVED: "unknown",
    Kind.NAME_DROPPED: "unknown",
    Kind.UNKNOWN_STRICTER: "unknown",
}


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """What a preview needs of an event; `channel` is the door by which it came."""

    id: UUID
    channel: str
    metadata: JsonObject


@dataclass(frozen=True, slots=True)
class Example:
    """An event that would be refused, with the first few reasons."""

    event_id: UUID
    errors: tuple[FieldError, ...]


@dataclass(slots=True)
class Breakage:
    """A breaking change, and how many events it would refuse by the door by which they came."""

    change: Change
    by_channel: Counter[str] = field(default_factory=Counter)

    @property
    def rejected(self) -> int:
        return self.by_channel.total()


@dataclass(slots=True)
class Preview:
    """What was found. `examples` are the first of the events, as they were streamed."""

    breakages: list[Breakage]
    checked: int = 0
    would_reject: int = 0
    examples: list[Example] = field(default_factory=list)

    @property
    def percentage(self) -> Decimal:
        """Of 100, with one decimal; 0.1 stands for any that is not none."""
        if not self.would_reject:
            return Decimal(0)
        share = Decimal(100 * self.would_reject) / self.checked
        return max(share.quantize(Decimal("0.1"), ROUND_HALF_UP), Decimal("0.1"))

    def in_words(self) -> str:
        """`41 of 1,000 (4.1 %)`."""
        return f"{self.would_reject:,} of {self.checked:,} ({self.percentage.normalize():f} %)"


def preview(events: Iterable[StoredEvent], schema: EventSchema, changes: Sequence[Change]) -> Preview:
    """Checks every event by the proposed schema; `changes` are those from the published version to it."""
    found = Preview([Breakage(change) for change in changes if change.is_breaking])
    for event in events:
        _, errors = validate_metadata(schema, event.metadata)
        found.checked += 1
        if errors:
            _note(found, event, errors)
    return found


def _note(found: Preview, event: StoredEvent, errors: Sequence[FieldError]) -> None:
    found.would_reject += 1
    if len(found.examples) < MOST_EXAMPLES:
        found.examples.append(Example(event.id, tuple(errors[:MOST_ERRORS_SHOWN])))
    for breakage in found.breakages:
        if any(_is_by(breakage.change, error) for error in errors):
            breakage.by_channel[event.channel] += 1


def _is_by(change: Change, error: FieldError) -> bool:
    code = CODES.get(change.kind)
    if code is None:
        return error.code not in ("required", "unknown") and _is_about(change, error)
    return error.code == code and (change.kind == Kind.UNKNOWN_STRICTER or _is_about(change, error))


def _is_about(change: Change, error: FieldError) -> bool:
    """Whether the error lies in the property of the change, under any of its names, or in a part of its value."""
    where = error.path.removeprefix("metadata.")
    return any(where == key or where.startswith((f"{key}.", f"{key}[")) for key in change.keys)
