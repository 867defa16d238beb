"""What becomes of one message: handled and done, tried again later, or parked."""

import logging
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from django.db import transaction
from django.utils import timezone

from common.jsons import storable
from outbox.claims import Holding, claim, held
from outbox.handlers import Handler, Hopeless, handler_of
from outbox.models import OutboxMessage

MOST_ATTEMPTS = 10
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=4)
LONGEST_ERROR = 2_000
DIED = "The worker ended while it handled this, {} times"

Clock: TypeAlias = Callable[[], datetime]
logger = logging.getLogger(__name__)


class Outcome(StrEnum):
    DONE = "done"
    RETRIED = "retried"
    PARKED = "parked"


def delay_after(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many tries: 5 s, 15 s, 45 s … up to 4 h; ten tries take about eight and a half hours.

    `chance` (0 to 1) makes it up to a fifth less or more: messages that failed together do not come back together.
    """
    delay: timedelta = min(FIRST_DELAY * 3 ** (attempts - 1), LONGEST_DELAY)
    return delay * (0.8 + 0.4 * chance)


def handle(message: OutboxMessage, clock: Clock = timezone.now) -> Outcome:
    """Handles a claimed message, outside of any transaction, and writes down what became of it."""
    try:
        if message.attempts > MOST_ATTEMPTS:
            raise Hopeless(DIED.format(message.attempts - 1))
        handler_of(message.topic).handle(message.payload)
    except Hopeless as error:
        return _park(message, str(error), clock())
    except Exception as error:
        logger.warning("%s failed at try %s", message, message.attempts, exc_info=True)
        reason = f"{type(error).__name__}: {error}"
        if message.attempts >= MOST_ATTEMPTS:
            return _park(message, reason, clock())
        return _try_later(message, reason, clock())
    held([message]).update(done_at=clock(), claimed_until=None, last_error="")
    return Outcome.DONE


def handle_due(clock: Clock = timezone.now, *, most: int | None = None) -> Counter[Outcome]:
    """Handles messages here, one after the other, until none is due, or `most`; how many had which outcome."""
    outcomes: Counter[Outcome] = Counter()
    with Holding().kept_alive() as holding:
        while outcomes.total() != most and (messages := claim(clock(), most=1)):
            holding.take(messages)
            outcomes[handle(messages[0], clock)] += 1
            holding.put_down(messages[0])
    return outcomes


def _try_later(message: OutboxMessage, reason: str, now: datetime) -> Outcome:
    available_at = now + delay_after(message.attempts, random.random())
    error = storable(reason, LONGEST_ERROR)
    held([message]).update(available_at=available_at, claimed_until=None, last_error=error)
    return Outcome.RETRIED


def _park(message: OutboxMessage, reason: str, now: datetime) -> Outcome:
    logger.error("%s is parked: %s", message, reason)
    error = storable(reason, LONGEST_ERROR)
    with transaction.atomic():
        if held([message]).update(dead_at=now, claimed_until=None, last_error=error):
            _tell(message)
    return Outcome.PARKED


def _tell(message: OutboxMessage) -> None:
    """Lets the handler know; one that fails at that is no reason to take the message up again."""
    handler: Handler | None = None
    try:
        handler = handler_of(message.topic)
        with transaction.atomic():
            handler.park([message.payload])
    except Hopeless:
        pass
    except Exception:
        logger.exception("%s cannot park %s", handler, message)
