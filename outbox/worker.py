"""The worker: several threads that handle messages, and this one, which claims them and hands them out."""

import logging
import os
import select
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone

from outbox.claims import Holding, claim, release
from outbox.models import OutboxMessage
from outbox.relay import Outcome, handle
from outbox.sweeping import SWEPT_AT_ONCE, sweep
from outbox.timely import run_timely
from projects.tokens import sweep_tokens

THREADS = 4
POLL_SECONDS = 0.5
SECONDS_WITHOUT_DATABASE = 2.0
SWEPT_EVERY_SECONDS = 300.0
TIMELY_EVERY_SECONDS = 60.0
# Less than what whoever ends the worker waits before it kills (common/guard.py).
DRAIN_SECONDS = 3.0

logger = logging.getLogger(__name__)


class Worker:
    """Runs until `stop` is called, which a signal handler may do."""

    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self._counting = threading.Lock()
        self._holding = Holding()
        self._is_stopping = False
        self._sweep_at = 0.0
        self._timely_at = 0.0
        self._timely: Future[None] | None = None
        # A pipe and no threading.Event: a signal handler must not wait for a lock that what it interrupted may hold.
        self._bell, self._button = os.pipe()

    def stop(self, *signalled: object) -> None:
        self._is_stopping = True
        self._ring()

    def run(self) -> None:
        """Handles what is due. Messages still in hand a moment after `stop` are given back, and the process ends."""
        pool = ThreadPoolExecutor(THREADS)
        with self._holding.kept_alive():
            while not self._is_stopping:
                self._rest(self._round(pool))
            self._drain()
        pool.shutdown()

    def _round(self, pool: ThreadPoolExecutor) -> float:
        """Claims as many messages as there are free threads; how many seconds to rest after that."""
        try:
            self._sweep_now_and_then()
            self._run_timely_now_and_then(pool)
            free = THREADS - len(self._holding.messages())
            messages = claim(timezone.now(), most=free) if free else []
        except (DatabaseError, InterfaceError) as error:
            logger.warning("The outbox cannot be read: %s", str(error).strip())
            connection.close()
            return SECONDS_WITHOUT_DATABASE
        self._holding.take(messages)
        for message in messages:
            pool.submit(self._work, message)
        return 0.0 if messages else POLL_SECONDS

    def _work(self, message: OutboxMessage) -> None:
        try:
            close_old_connections()
            outcome = handle(message)
            with self._counting:
                self.outcomes[outcome] += 1
        except Exception:
            # The database is away, most likely: the claim runs out, and the message is handled again.
            logger.exception("What became of %s could not be written down", message)
        finally:
            close_old_connections()
            self._holding.put_down(message)
            self._ring()

    def _ring(self) -> None:
        os.write(self._button, b".")

    def _rest(self, seconds: float) -> None:
        """Until a thread is free or the worker is to stop, or so long."""
        rung, _, _ = select.select([self._bell], [], [], seconds)
        if rung:
            os.read(self._bell, 1024)

    def _sweep_now_and_then(self) -> None:
        if time.monotonic() >= self._sweep_at:
            is_more = sweep(timezone.now()) == SWEPT_AT_ONCE
            sweep_tokens(timezone.now())
            self._sweep_at = time.monotonic() + (0 if is_more else SWEPT_EVERY_SECONDS)

    def _run_timely_now_and_then(self, pool: ThreadPoolExecutor) -> None:
        """In a thread of the pool, so that messages go on; never twice at once."""
        if time.monotonic() >= self._timely_at and not self._is_at_timely_work:
            self._timely_at = time.monotonic() + TIMELY_EVERY_SECONDS
            self._timely = pool.submit(_do_timely_work)

    @property
    def _is_at_timely_work(self) -> bool:
        return self._timely is not None and not self._timely.done()

    def _drain(self) -> None:
        deadline = time.monotonic() + DRAIN_SECONDS
        while (self._holding.messages() or self._is_at_timely_work) and time.monotonic() < deadline:
            self._rest(0.05)
        left = self._holding.messages()
        if left or self._is_at_timely_work:
            _give_back(left)
            os._exit(0)  # a thread that is busy cannot be ended in any other way


def _do_timely_work() -> None:
    try:
        close_old_connections()
        for name, counts in run_timely(timezone.now()):
            if any(counts.values()):
                logger.info("%s: %s", name, counts)
    except Exception:
        logger.exception("What time brings was not done to its end; it is tried again in a minute")
    finally:
        close_old_connections()


def _give_back(messages: list[OutboxMessage]) -> None:
    if not messages:
        return
    logger.warning("Given back unfinished: %s", ", ".join(map(str, messages)))
    try:
        release(messages)
    except (DatabaseError, InterfaceError):
        logger.warning("The database is away: the claims run out by themselves")
    logging.shutdown()
