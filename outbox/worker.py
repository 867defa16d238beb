"""The worker: several threads that handle messages, and this one, which claims them and hands them out."""

import logging
import os
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone

from outbox.bell import Bell
from outbox.chores import Chores
from outbox.claims import Holding, claim, due_topics, release
from outbox.lanes import MOST_BATCHES, THREADS, Lanes, Place
from outbox.models import OutboxMessage
from outbox.relay import Outcome, batches, handle_all

POLL_SECONDS = 0.5
SECONDS_WITHOUT_DATABASE = 2.0
# Less than what whoever ends the worker waits before it kills (common/guard.py).
DRAIN_SECONDS = 3.0

logger = logging.getLogger(__name__)


class Worker:
    """Runs until `stop` is called, which a signal handler may do."""

    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self._counting = threading.Lock()
        self._holding = Holding()
        self._lanes = Lanes()
        self._chores = Chores()
        self._bell = Bell()
        self._is_stopping = False

    def stop(self, *signalled: object) -> None:
        self._is_stopping = True
        self._bell.ring()

    def run(self) -> None:
        """Handles what is due. Messages still in hand a moment after `stop` are given back, and the process ends."""
        pool = ThreadPoolExecutor(THREADS + MOST_BATCHES)
        with self._holding.kept_alive():
            while not self._is_stopping:
                self._bell.wait(self._round(pool))
            self._drain()
        pool.shutdown()
        self._chores.end()

    def _round(self, pool: ThreadPoolExecutor) -> float:
        """Takes up what there is room for; how many seconds to rest after that."""
        try:
            self._chores()
            return 0.0 if not self._lanes.is_full() and self._take_up(pool) else POLL_SECONDS
        except (DatabaseError, InterfaceError) as error:
            logger.warning("The outbox cannot be read: %s", str(error).strip())
            connection.close()
            return SECONDS_WITHOUT_DATABASE

    def _take_up(self, pool: ThreadPoolExecutor) -> bool:
        """Whether there was anything."""
        found = False
        for topic in due_topics(timezone.now()):
            room = self._lanes.room(topic)
            messages = claim(timezone.now(), most=room, topic=topic) if room else []
            self._holding.take(messages)
            for batch in batches(messages):
                found = True
                pool.submit(self._work, batch, self._lanes.enter(topic))
        return found

    def _work(self, batch: list[OutboxMessage], place: Place) -> None:
        try:
            close_old_connections()
            outcomes = handle_all(batch)
            with self._counting:
                self.outcomes.update(outcomes)
        except Exception:
            # The database is away, most likely: the claims run out, and the messages are handled again.
            logger.exception("What became of %s could not be written down", ", ".join(map(str, batch)))
        finally:
            close_old_connections()
            self._holding.put_down(batch)
            self._lanes.leave(place)
            self._bell.ring()

    def _drain(self) -> None:
        deadline = time.monotonic() + DRAIN_SECONDS
        while (self._holding.messages() or self._chores.is_busy) and time.monotonic() < deadline:
            self._bell.wait(0.05)
        left = self._holding.messages()
        if left or self._chores.is_busy:
            give_back(left)
            os._exit(0)  # a thread that is busy cannot be ended in any other way


def give_back(messages: list[OutboxMessage]) -> None:
    """Lets others take what this process could not finish, as it ends."""
    if not messages:
        return
    logger.warning("Given back unfinished: %s", ", ".join(map(str, messages)))
    try:
        release(messages)
    except (DatabaseError, InterfaceError):
        logger.warning("The database is away: the claims run out by themselves")
    logging.shutdown()
