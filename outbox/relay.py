"""What becomes of messages: handled and done, tried again later, or parked."""

import logging
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from django.db import transaction
from django.utils import timezone

from common.jsons import storable
from outbox.claims import Holding, Reservation, claim, due_topics, held, take, update_of_held
from outbox.handlers import Handler, Hopeless, handler_of, manners_of
from outbox.models import OutboxMessage

MOST_ATTEMPTS = 10
# From this try on a message is handled alone: one at which workers die is not to take its neighbours with it.
ALONE_FROM = 4
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


_MARK_DONE = update_of_held(done_at="new.done_at", claimed_until="NULL", last_error="''")
_PUT_BACK = update_of_held(available_at="new.available_at", claimed_until="NULL", last_error="new.last_error")


def delay_after(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many tries: 5 s, 15 s, 45 s … up to 4 h; ten tries take about eight and a half hours.

    `chance` (0 to 1) makes it up to a fifth less or more: messages that failed together do not come back together.
    """
    delay: timedelta = min(FIRST_DELAY * 3 ** (attempts - 1), LONGEST_DELAY)
    return delay * (0.8 + 0.4 * chance)


def batches(messages: Sequence[OutboxMessage]) -> list[list[OutboxMessage]]:
    """How claimed messages of one topic are handed over: together, as far as the handler takes many."""
    size = manners_of(messages[0].topic).batch_size if messages else 1
    together = [message for message in messages if message.attempts < ALONE_FROM]
    alone = [[message] for message in messages if message.attempts >= ALONE_FROM]
    return [*(together[start : start + size] for start in range(0, len(together), size)), *alone]


def handle(message: OutboxMessage, clock: Clock = timezone.now) -> Outcome:
    """`handle_all` for one message."""
    return handle_all([message], clock)[0]


def handle_all(messages: Sequence[OutboxMessage], clock: Clock = timezone.now) -> list[Outcome]:
    """Handles claimed messages of one topic, outside of any transaction, and writes down what became of each.

    One statement for all that are done and one for all that are tried again.
    """
    ended: dict[Outcome, list[OutboxMessage]] = defaultdict(list)
    outcomes = []
    for message, error in zip(messages, _errors(messages), strict=True):
        outcome, reason = _end_of(message, error)
        message.last_error = storable(reason, LONGEST_ERROR)
        ended[outcome].append(message)
        outcomes.append(outcome)
    now = clock()
    _finish(ended[Outcome.DONE], now)
    _try_later(ended[Outcome.RETRIED], now)
    for message in ended[Outcome.PARKED]:
        _park(message, now)
    return outcomes


def handle_due(clock: Clock = timezone.now, *, most: int | None = None) -> Counter[Outcome]:
    """Handles messages here, one batch after the other, until none is due, or `most`; how many had which outcome."""
    outcomes: Counter[Outcome] = Counter()
    with Holding().kept_alive() as holding:
        while outcomes.total() != most and (topics := due_topics(clock())):
            size = manners_of(topics[0]).batch_size
            room = size if most is None else min(size, most - outcomes.total())
            messages = claim(clock(), most=room, topic=topics[0])
            holding.take(messages)
            for batch in batches(messages):
                outcomes.update(handle_all(batch, clock))
                holding.put_down(batch)
    return outcomes


def handle_reserved(reservations: Sequence[Reservation], clock: Clock = timezone.now) -> list[Outcome]:
    """Handles messages of one topic that another process has reserved, but for those that were taken up before."""
    outcomes: list[Outcome] = []
    with Holding().kept_alive() as holding:
        messages = take(reservations, clock())
        holding.take(messages)
        for batch in batches(messages):
            outcomes += handle_all(batch, clock)
            holding.put_down(batch)
    return outcomes


def _errors(messages: Sequence[OutboxMessage]) -> list[Exception | None]:
    """What the handler says of each message, or what kept it from being handled."""
    if messages[0].attempts > MOST_ATTEMPTS:  # it is alone (ALONE_FROM)
        return [Hopeless(DIED.format(message.attempts - 1)) for message in messages]
    try:
        errors = handler_of(messages[0].topic).handle_all([message.payload for message in messages])
        if len(errors) != len(messages):
            raise TypeError(f"Of {len(messages)} messages the handler of {messages[0].topic} told of {len(errors)}")
        return errors
    except Exception as error:
        return [error] * len(messages)


def _end_of(message: OutboxMessage, error: Exception | None) -> tuple[Outcome, str]:
    if error is None:
        return Outcome.DONE, ""
    if isinstance(error, Hopeless):
        return Outcome.PARKED, str(error)
    logger.warning("%s failed at try %s", message, message.attempts, exc_info=error)
    outcome = Outcome.PARKED if message.attempts >= MOST_ATTEMPTS else Outcome.RETRIED
    return outcome, f"{type(error).__name__}: {error}"


def _finish(messages: Sequence[OutboxMessage], now: datetime) -> None:
    for message in messages:
        message.done_at = now
    _MARK_DONE(messages)


def _try_later(messages: Sequence[OutboxMessage], now: datetime) -> None:
    for message in messages:
        message.available_at = now + delay_after(message.attempts, random.random())
    _PUT_BACK(messages)


def _park(message: OutboxMessage, now: datetime) -> None:
    logger.error("%s is parked: %s", message, message.last_error)
    with transaction.atomic():
        if held([message]).update(dead_at=now, claimed_until=None, last_error=message.last_error):
            _tell(message)


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
