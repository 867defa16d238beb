"""The worker's place where there is a broker: reserves what is due, and hands it to Celery's workers."""

import logging
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from common.statements import JsonRows, execute
from outbox.bell import Bell
from outbox.broker import BrokerAway, Carrier
from outbox.chores import Chores
from outbox.claims import CLAIM, due_topics, reserve, unreserve
from outbox.handlers import manners_of
from outbox.models import OutboxMessage
from outbox.relay import Outcome, batches
from outbox.worker import POLL_SECONDS, SECONDS_WITHOUT_DATABASE

# How many messages may wait in the broker: of those that are handled many at once, and of the others.
MOST_QUICK, MOST_LONG = 1_024, 32
LOOK_SECONDS = 0.05
SECONDS_WITHOUT_BROKER = 2.0

logger = logging.getLogger(__name__)


class Dispatcher:
    """Runs until `stop` is called, which a signal handler may do. What it has handed over stays with the broker."""

    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self._carrier = Carrier()
        self._under_way = UnderWay()
        self._chores = Chores()
        self._bell = Bell()
        self._is_stopping = False

    def stop(self, *signalled: object) -> None:
        self._is_stopping = True
        self._bell.ring()

    def run(self) -> None:
        while not self._is_stopping:
            self._bell.wait(self._round())
        self._carrier.close()
        if self._chores.is_busy:
            logging.shutdown()
            os._exit(0)  # it may be cut off anywhere (outbox/timely.py), and a thread cannot be ended in another way

    def _round(self) -> float:
        """Hands over what there is room for; how many seconds to rest after that."""
        try:
            self._chores()
            self._under_way.look(timezone.now())
            if self._hand_over():
                return 0.0
            return LOOK_SECONDS if self._under_way else POLL_SECONDS
        except (DatabaseError, InterfaceError) as error:
            logger.warning("The outbox cannot be read: %s", str(error).strip())
            connection.close()
            return SECONDS_WITHOUT_DATABASE
        except BrokerAway as error:
            logger.warning("The broker takes nothing: %s", error)
            return SECONDS_WITHOUT_BROKER

    def _hand_over(self) -> bool:
        """Whether there was anything to hand over, and room for it."""
        found = False
        for topic in due_topics(timezone.now()):
            room = self._under_way.room(topic)
            now = timezone.now()
            messages = reserve(now, most=room, topic=topic) if room else []
            waiting = batches(messages)
            while waiting:
                self._send(waiting, now)
                self._under_way.add(waiting.pop(0))
                found = True
        return found

    def _send(self, waiting: Sequence[Sequence[OutboxMessage]], now: datetime) -> None:
        """The first of these batches. Where the broker does not take it, all of them are free again."""
        try:
            self._carrier.send(waiting[0], now + CLAIM)
        except BrokerAway:
            unreserve([message for batch in waiting for message in batch])
            raise


class UnderWay:
    """What was handed to the broker and waits there; of topics that limit it, also what is being handled."""

    def __init__(self) -> None:
        self._messages: dict[UUID, OutboxMessage] = {}
        self._in_hand: set[UUID] = set()
        self._is_answered = True

    def __bool__(self) -> bool:
        return bool(self._messages)

    def add(self, messages: Sequence[OutboxMessage]) -> None:
        self._messages.update((message.pk, message) for message in messages)

    def room(self, topic: str) -> int:
        """How many messages of the topic may be handed over now: one batch at a time where nobody takes them."""
        manners = manners_of(topic)
        quick = manners.batch_size > 1
        most = (MOST_QUICK if quick else MOST_LONG) if self._is_answered else manners.batch_size
        free = most - sum(1 for message in self._waiting() if (manners_of(message.topic).batch_size > 1) == quick)
        if manners.most_at_once is not None:
            own = sum(message.topic == topic for message in self._messages.values())
            free = min(free, manners.most_at_once * manners.batch_size - own)
        return max(free, 0)

    def look(self, now: datetime) -> None:
        """Forgets what workers have taken or finished, and what nobody took in time, which is due again."""
        if not self._messages:
            return
        rows = _open_rows(list(self._messages.values()), now)
        taken, lapsed = set[UUID](), set[UUID]()
        for key, message in self._messages.items():
            attempts, is_claimed = rows.get(key, (None, False))
            if attempts != message.attempts:
                taken.add(key)
            elif not is_claimed:
                lapsed.add(key)
        self._in_hand = {key for key in taken if self._is_limited(key) and rows.get(key, (0, False))[1]}
        for key in (taken | lapsed) - self._in_hand:
            del self._messages[key]
        if lapsed and not taken and self._is_answered:
            logger.warning("No worker of Celery takes what was handed over (celery -A config worker)")
        self._is_answered = bool(taken) or (self._is_answered and not lapsed)

    def _is_limited(self, key: UUID) -> bool:
        return manners_of(self._messages[key].topic).most_at_once is not None

    def _waiting(self) -> list[OutboxMessage]:
        return [message for key, message in self._messages.items() if key not in self._in_hand]


def _open_rows(messages: Sequence[OutboxMessage], now: datetime) -> Mapping[UUID, tuple[int, bool]]:
    """Of those that are open: the attempts, and whether somebody holds it; one statement."""
    own = JsonRows([OutboxMessage._meta.pk])
    sql = (
        "SELECT outbox_message.id, attempts, claimed_until > %s"
        f" FROM outbox_message JOIN {own.relation} ON outbox_message.id = new.id"
        " WHERE done_at IS NULL AND dead_at IS NULL"
    )
    found = execute(sql, [connection.ops.adapt_datetimefield_value(now), own.encode(messages)])
    to_python = OutboxMessage._meta.pk.to_python
    return {to_python(key): (attempts, bool(is_claimed)) for key, attempts, is_claimed in found}
