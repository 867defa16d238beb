"""How much of what a worker may take up at a time, so that nothing long keeps what is short from being done."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from outbox.handlers import manners_of

# For messages that are handled one by one, however long each takes; and for batches.
THREADS = 4
BATCH_THREADS = 4
# A batch that takes so long waits for somebody else (a receiver that hangs), and makes room for another. By then the
# receiver is known to be slow (webhooks/slowness.py).
LONG_SECONDS = 3.5
MOST_BATCHES = 2 * BATCH_THREADS


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One batch in hand."""

    topic: str
    takes_many: bool
    since: float


class Lanes:
    """Counts the batches in hand. Topics whose handlers take many messages at once have threads of their own."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._in_hand: set[Place] = set()

    def room(self, topic: str) -> int:
        """How many messages of the topic may be claimed now: for batches one batch at most.

        Another worker may be idle while this one would have several batches wait for the processor.
        """
        manners = manners_of(topic)
        with self._lock:
            free = self._free(takes_many=manners.batch_size > 1)
            if manners.most_at_once is not None:
                free = min(free, manners.most_at_once - sum(place.topic == topic for place in self._in_hand))
        if manners.batch_size > 1:
            return manners.batch_size if free > 0 else 0
        return max(free, 0)

    def is_full(self) -> bool:
        with self._lock:
            return all(self._free(takes_many=many) <= 0 for many in (True, False))

    def enter(self, topic: str) -> Place:
        """One batch more of the topic is in hand, until its place is left."""
        place = Place(topic, manners_of(topic).batch_size > 1, self._clock())
        with self._lock:
            self._in_hand.add(place)
        return place

    def leave(self, place: Place) -> None:
        with self._lock:
            self._in_hand.discard(place)

    def _free(self, *, takes_many: bool) -> int:
        own = [place for place in self._in_hand if place.takes_many == takes_many]
        if not takes_many:
            return THREADS - len(own)
        waiting = sum(self._clock() - place.since >= LONG_SECONDS for place in own)
        return min(BATCH_THREADS + waiting, MOST_BATCHES) - len(own)
