"""Who handles the messages of a topic: OUTBOX_HANDLERS names a class for each."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from django.conf import settings
from django.utils.module_loading import import_string

from common.jsons import JsonObject


class Hopeless(Exception):
    """Raised by a handler where no further try can help: the message is parked at once, with this as its reason."""


class Handler:
    """What is done about the messages of one topic.

    A message may be handled again after a crash, also when it had been handled to its end: handlers are idempotent.
    """

    # How many messages the worker hands over at once; those that ask for more than one implement `handle_all`, and are
    # quick: threads of the worker are kept free for them, however long the others take.
    batch_size: ClassVar[int] = 1
    # How many batches of the topic a worker has in hand at a time; None leaves it to the number of its threads.
    most_at_once: int | None = None

    def handle_all(self, payloads: Sequence[JsonObject]) -> list[Exception | None]:
        """Called outside of any transaction; for each payload what went wrong, in their order."""
        return [_error_of(self.handle, payload) for payload in payloads]

    def handle(self, payload: JsonObject) -> None:
        """Called outside of any transaction. An exception means that the message is tried again later."""
        raise NotImplementedError

    def park(self, payloads: Sequence[JsonObject]) -> None:
        """What else is to change where messages are parked; in the transaction that parks them."""

    def revive(self, payloads: Sequence[JsonObject]) -> None:
        """What else is to change where parked messages are to be tried again; in that transaction."""


def _error_of(handle: Callable[[JsonObject], None], payload: JsonObject) -> Exception | None:
    try:
        handle(payload)
    except Exception as error:
        return error
    return None


def handler_of(topic: str) -> Handler:
    """Raises Hopeless where the topic has none."""
    path = settings.OUTBOX_HANDLERS.get(topic)
    if path is None:
        raise Hopeless(f"No handler for the topic “{topic}” (OUTBOX_HANDLERS)")
    handler: Handler = import_string(path)()
    return handler


def manners_of(topic: str) -> Handler:
    """The topic's handler, or one that says how messages are taken which have none: one by one, to be parked."""
    try:
        return handler_of(topic)
    except (Hopeless, ImportError):
        return Handler()
