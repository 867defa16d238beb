"""What is done now and then beside the messages: sweeping, and what time alone brings."""

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import close_old_connections
from django.utils import timezone

from outbox.sweeping import SWEPT_AT_ONCE, sweep
from outbox.timely import run_timely
from projects.tokens import sweep_tokens

SWEPT_EVERY_SECONDS = 300.0
TIMELY_EVERY_SECONDS = 60.0

logger = logging.getLogger(__name__)


class Chores:
    """Does what is due of them when asked; what may take long in a thread of its own, never twice at once."""

    def __init__(self) -> None:
        self._sweep_at = 0.0
        self._timely_at = 0.0
        self._timely: Future[None] | None = None
        self._pool = ThreadPoolExecutor(1)

    def __call__(self) -> None:
        self._sweep_now_and_then()
        self._run_timely_now_and_then()

    @property
    def is_busy(self) -> bool:
        return self._timely is not None and not self._timely.done()

    def end(self) -> None:
        """Waits for what is being done."""
        self._pool.shutdown()

    def _sweep_now_and_then(self) -> None:
        if time.monotonic() >= self._sweep_at:
            is_more = sweep(timezone.now()) == SWEPT_AT_ONCE
            sweep_tokens(timezone.now())
            self._sweep_at = time.monotonic() + (0 if is_more else SWEPT_EVERY_SECONDS)

    def _run_timely_now_and_then(self) -> None:
        if time.monotonic() >= self._timely_at and not self.is_busy:
            self._timely_at = time.monotonic() + TIMELY_EVERY_SECONDS
            self._timely = self._pool.submit(_do_timely_work)


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
