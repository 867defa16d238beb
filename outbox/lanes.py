"""How much of what a worker may take up at a time, so that nothing long keeps what is short from being done."""

import threading
from collections import Counter

from outbox.handlers import manners_of

# For messages that are handled one by one, however long each takes; and for batches.
THREADS = 4
BATCH_THREADS = 4


class Lanes:
    """Counts the batches in hand. Topics whose handlers take many messages at once have threads of their own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_hand: Counter[str] = Counter()

    def room(self, topic: str) -> int:
        """How many messages of the topic may be claimed now: for batches one batch at most.

        Another worker may be idle while this one would have several batches wait for the processor.
        """
        manners = manners_of(topic)
        with self._lock:
            free = self._free(takes_many=manners.batch_size > 1)
            if manners.most_at_once is not None:
                free = min(free, manners.most_at_once - self._in_hand[topic])
        if manners.batch_size > 1:
            return manners.batch_size if free > 0 else 0
        return max(free, 0)

    def is_full(self) -> bool:
        with self._lock:
            return all(self._free(takes_many=many) <= 0 for many in (True, False))

    def enter(self, topic: str) -> None:
        """One batch more of the topic is in hand."""
        with self._lock:
            self._in_hand[topic] += 1

    def leave(self, topic: str) -> None:
        with self._lock:
            self._in_hand[topic] -= 1

    def _free(self, *, takes_many: bool) -> int:
        in_hand = sum(
            count for topic, count in self._in_hand.items() if (manners_of(topic).batch_size > 1) == takes_many
        )
        return (BATCH_THREADS if takes_many else THREADS) - in_hand
