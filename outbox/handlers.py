"""Who handles the messages of a topic: OUTBOX_HANDLERS names a class for each."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.module_loading import import_string

from common.jsons import JsonObject


class Hopeless(Exception):
    """Raised by a handler where no further try can help: the message is parked at once, with this as its reason."""


class Handler:
    """What is done about the messages of one topic.

    A message may be handled again after a crash, also when it had been handled to its end: handlers are idempotent.
    """

    def handle(self, payload: JsonObject) -> None:
        """Called outside of any transaction. An exception means that the message is tried again later."""
        raise NotImplementedError

    def park(self, payloads: Sequence[JsonObject]) -> None:
        """What else is to change where messages are parked; in the transaction that parks them."""

    def revive(self, payloads: Sequence[JsonObject]) -> None:
        """What else is to change where parked messages are to be tried again; in that transaction."""


def handler_of(topic: str) -> Handler:
    """Raises Hopeless where the topic has none."""
    path = settings.OUTBOX_HANDLERS.get(topic)
    if path is None:
        raise Hopeless(f"No handler for the topic “{topic}” (OUTBOX_HANDLERS)")
    handler: Handler = import_string(path)()
    return handler
