"""Celery, which carries messages of the outbox to other processes: its app, its one task, and sending that.

Imported only where there is a broker. What is sent are keys of rows; the table decides who handles what, when it is
tried again and when it is given up, so whatever a broker loses or says twice does no harm (docs/adr/0011).
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from celery import Celery
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections
from kombu import Queue

from outbox.claims import CLAIM
from outbox.handlers import manners_of
from outbox.models import OutboxMessage
from outbox.relay import handle_reserved

TASK = "outbox.handle"
# Of messages whose handlers take many at once, which are quick; and of those that take as long as they take.
QUICK_QUEUE, LONG_QUEUE = "boon.quick", "boon.long"
CONNECT_SECONDS = 4
# How long a broker may say nothing while something is handed to it: one that takes no more may keep its connections.
SILENT_SECONDS = 5


class BrokerAway(Exception):
    """Nothing can be handed to the broker; `str()` says why."""


def make_app() -> Any:
    """Celery's app. Raises ImproperlyConfigured where no broker is set."""
    url = settings.CELERY_BROKER_URL
    if not url:
        raise ImproperlyConfigured("CELERY_BROKER_URL is not set: `manage.py relay_outbox` is the worker")
    app = Celery("boon", broker=url)
    app.conf.update(
        task_queues=[Queue(QUICK_QUEUE), Queue(LONG_QUEUE)],
        task_default_queue=QUICK_QUEUE,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        timezone="UTC",
        # A worker asks for one task beyond those at which it works. Each is acknowledged as it begins: RabbitMQ cuts
        # off who holds one for half an hour, and what a killed worker had in hand the table knows.
        worker_prefetch_multiplier=1,
        task_acks_late=False,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=CONNECT_SECONDS,
        broker_transport_options=_transport_options(url),
    )
    app.task(name=TASK)(handle_task)
    return app


def handle_task(reservations: Sequence[Sequence[Any]]) -> None:
    """What a worker does about one task; the message's own table has the outcome."""
    close_old_connections()
    try:
        handle_reserved([(str(key), int(attempts)) for key, attempts in reservations])
    finally:
        close_old_connections()


class Carrier:
    """Sends tasks over one connection, which is made when it is needed, and anew after it has failed."""

    def __init__(self) -> None:
        self._app = make_app()
        is_amqp = settings.CELERY_BROKER_URL.startswith("amqp")
        limits = ("read_timeout", "write_timeout") if is_amqp else ("socket_timeout",)
        self._impatience = dict.fromkeys(limits, SILENT_SECONDS)
        self._connection: Any = None
        self._producer: Any = None

    def send(self, messages: Sequence[OutboxMessage], expires: datetime) -> None:
        """One task for these reserved messages of one topic, void after `expires`. Raises BrokerAway, also where the
        broker says nothing.

        RabbitMQ has confirmed it when this returns.
        """
        try:
            self._connect()
            self._app.send_task(
                TASK,
                args=[[(str(message.pk), message.attempts) for message in messages]],
                queue=QUICK_QUEUE if manners_of(messages[0].topic).batch_size > 1 else LONG_QUEUE,
                producer=self._producer,
                expires=expires,
                # RabbitMQ drops it by itself then, also where no worker reads.
                expiration=CLAIM.total_seconds(),
                retry=False,
                confirm_timeout=SILENT_SECONDS,
            )
        except Exception as error:  # of the broker's library, whichever it is
            self._forget()
            raise BrokerAway(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        if self._connection is not None:
            with suppress(Exception):  # it may be broken, in whichever way its library tells that
                self._connection.release()
            self._connection = self._producer = None

    def _forget(self) -> None:
        """Without the farewell of `close`, to which a silent broker would not answer."""
        if self._connection is not None:
            with suppress(Exception):
                self._connection.collect()
            self._connection = self._producer = None

    def _connect(self) -> None:
        if self._connection is None:
            # Without heartbeats, which nobody would send while there is nothing to do.
            self._connection = self._app.connection_for_write(heartbeat=0, transport_options=self._impatience)
            self._connection.connect()
            self._producer = self._app.amqp.Producer(self._connection, auto_declare=True)


def _transport_options(url: str) -> dict[str, Any]:
    if url.startswith("amqp"):
        return {"confirm_publish": True}
    # A connection that died without a word is noticed; workers of Celery were seen to wait on one for ever.
    return {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": 15,
        "socket_keepalive": True,
        "health_check_interval": 10,
    }
