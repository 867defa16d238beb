"""Telling the project's webhooks that something happened, in the transaction in which it did.

What a webhook is sent is made by the handler of the topic FAN_OUT, after the commit: here only references are kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from common.ids import uuid7
from common.jsons import JsonObject
from outbox.enqueue import Work, enqueue_all
from projects.audit import Actor
from projects.models import Project
from projects.revisions import CachedByRevision
from webhooks.models import Webhook

FAN_OUT = "webhook.fan_out"


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that happened to `entity_id`: a public id, empty where whoever makes the body knows it.

    `type` is one of webhooks.event_types.EVENT_TYPES. `about` holds what its body is made of: public ids, and what
    would be gone by then. `cause` makes it happen once: the key of an effect or of an event; without one it is its
    own.
    """

    type: str
    entity_id: str
    about: JsonObject = field(default_factory=dict)
    cause: str = ""
    # {"channel", "user", "api_key"} and the id of the request, where known (contract h.2, `event`).
    source: JsonObject = field(default_factory=dict)
    group_id: str = ""


def _load(project: Project) -> frozenset[str]:
    found = Webhook.objects.filter(project=project, active=True).values_list("events", flat=True)
    return frozenset(name for events in found for name in events)


# What some active webhook of the project hears of: one statement once a revision.
heard_types: Callable[[Project], frozenset[str]] = CachedByRevision(_load)


def source_of(by: Actor, channel: str = "") -> JsonObject:
    """Who did it, as the contract's `event_source` says it (h.2): a person by their name, a key by its own."""
    return {
        "channel": channel or _CHANNELS.get(by.kind, "INTERNAL"),
        "user": {"id": by.name} if by.kind == "user" else None,
        "api_key": {"name": by.name, "app_id": None} if by.kind == "key" else None,
    }


_CHANNELS = {"key": "API", "user": "USER_PORTAL"}


def announce(project: Project, announcements: Sequence[Announcement], *, now: datetime) -> None:
    """One statement, and none where no webhook hears of any of them."""
    heard = heard_types(project)
    works = [_work(project, each, now) for each in announcements if each.type in heard]
    if works:
        enqueue_all(project, FAN_OUT, works)


def _work(project: Project, announcement: Announcement, now: datetime) -> Work:
    cause = announcement.cause or str(uuid7())
    payload: JsonObject = {
        "project": str(project.pk),
        "type": announcement.type,
        "entity_id": announcement.entity_id,
        "about": announcement.about,
        "cause": cause,
        "source": announcement.source,
        "group_id": announcement.group_id,
        "created_at": now.isoformat(),
    }
    return Work(payload, f"{announcement.type}:{cause}", now)
