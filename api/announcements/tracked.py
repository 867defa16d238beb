"""Bodies about tracked events."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from api.announcements.bodies import custom_event_data
from api.announcements.told import Body, Told
from common.jsons import JsonObject
from events.models import Event, EventVoid, StoredEffect
from events.voiding import VOIDED
from projects.models import Project


def tracked(project: Project, told: Sequence[Told]) -> list[Body | None]:
    """`customer.custom_event`. Of an event whose month was dropped from the log nothing is left to tell."""
    events = _events_of(project, told)
    found = list(events.values())
    data = dict(zip(events, custom_event_data(project, found), strict=True))
    keys = [each.key("event", "event") for each in told]
    return [Body.about_customer(data[key], events[key].customer_id) if key in events else None for key in keys]


def taken_back(project: Project, told: Sequence[Told]) -> list[Body | None]:
    """`customer.custom_event.voided`: the event, why it was taken back, and the effects that reverse its own."""
    bodies = tracked(project, told)
    keys = [each.key("event", "event") for each in told]
    voids = EventVoid.objects.in_bulk([key for key in keys if key])
    reversing: dict[UUID, list[JsonObject]] = {}
    rows = StoredEffect.objects.filter(event_id__in=keys, cause_kind=VOIDED).exclude(kind=StoredEffect.DECLINED)
    for row in rows.order_by("seq"):
        reversing.setdefault(row.cause_id, []).append({"kind": row.kind, **row.data})
    return [
        replace(body, data={**body.data, **_voiding(voids.get(key), reversing.get(key, []))})
        if body is not None and key is not None
        else None
        for body, key in zip(bodies, keys, strict=True)
    ]


def _voiding(void: EventVoid | None, effects: Sequence[JsonObject]) -> JsonObject:
    return {
        "reason": (void.reason or None) if void else None,
        "voided_at": void.voided_at if void else None,
        "effects": list(effects),
    }


def _events_of(project: Project, told: Sequence[Told]) -> Mapping[UUID | None, Event]:
    """By their keys; one statement."""
    keys = [key for each in told if (key := each.key("event", "event"))]
    rows = Event.objects.filter(project=project, pk__in=keys).select_related("definition")
    return {event.pk: event for event in rows}
