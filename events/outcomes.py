"""What comes of an event that somebody sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.refusals import Refusal
from customers.models import Customer
from events.chain import Effect, Skip
from events.models import Event


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that is stored, and everything that came of it. `answer` is what its sender is told, as JSON text."""

    event: Event
    customer: Customer
    effects: Sequence[Effect]
    skips: Sequence[Skip]
    answer: str

    @property
    def event_id(self) -> UUID:
        return self.event.pk


@dataclass(frozen=True, slots=True)
class Replayed:
    """An event that was accepted before: its key, and the answer of then as JSON text."""

    event_id: UUID
    answer: str


Outcome = Accepted | Replayed | Refusal


class KeyTaken(Refusal):
    """The sender's id of the event is that of another one."""

    key = "duplicate_resource_key"
    message = "Duplicate resource key"

    @classmethod
    def of(cls, key: str) -> "KeyTaken":
        shown = key[:200]
        return cls(f"Another event was accepted with the id {shown}", resource_type="event", resource_id=shown)


class InFlight(Refusal):
    """The same event is being written at this moment; the same request can be sent again in `retry_after` seconds."""

    key = "duplicate_resource_key"
    message = "Duplicate resource key"
    retry_after = 1


class Unavailable(Refusal):
    """The database did not come to the event in time; nothing of it was written. `retry_after` is in seconds."""

    key = "unavailable"
    message = "Service unavailable"
    retry_after = 1


class Broken(Refusal):
    """Ours to mend; nothing of the event was written."""

    key = "internal_error"
    message = "Internal error"
