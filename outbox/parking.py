"""Letting the worker try parked messages again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db import transaction

from common.jsons import JsonObject
from outbox.handlers import Hopeless, handler_of
from outbox.models import OutboxMessage, State
from projects.audit import Actor, Target, record_change


def try_again(messages: Iterable[OutboxMessage], *, by: Actor, now: datetime) -> list[OutboxMessage]:
    """Lets parked messages be tried anew, from the first try; returns those that were parked still."""
    keys = [message.pk for message in messages]
    with transaction.atomic():
        parked = OutboxMessage.objects.in_state(State.PARKED).filter(pk__in=keys).select_related("project")
        found = list(parked.select_for_update(of=("self",)).order_by("pk"))
        OutboxMessage.objects.filter(pk__in=[message.pk for message in found]).update(
            dead_at=None, attempts=0, available_at=now
        )
        _revive(found)
        _record(found, by)
    return found


def _record(messages: Sequence[OutboxMessage], by: Actor) -> None:
    """A line in the audit log of each project."""
    for _, group in groupby(sorted(messages, key=_project_key), key=_project_key):
        own = list(group)
        target = Target("outbox", own[0].public_id, f"{len(own)} parked")
        after = [f"{message.topic} {message.public_id}" for message in own]
        record_change(own[0].project, by=by, action="outbox.tried_again", target=target, after=after)


def _project_key(message: OutboxMessage) -> UUID:
    return message.project_id


def _revive(messages: Sequence[OutboxMessage]) -> None:
    payloads: dict[str, list[JsonObject]] = defaultdict(list)
    for message in messages:
        payloads[message.topic].append(message.payload)
    for topic, own in payloads.items():
        try:
            handler = handler_of(topic)
        except Hopeless:
            continue  # it has none still, and is parked again, with that as its reason
        handler.revive(own)
