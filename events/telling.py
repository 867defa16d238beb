"""What webhooks are told of the log: events, what came of them, and that they were taken back.

One announcement names one row, by whose key it happens once; what is sent is read from the rows after the commit.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from common.ids import public_id
from common.jsons import JsonObject
from events.models import Event
from events.payloads import CONTRACT_CHANNELS
from projects.audit import Actor
from projects.models import Project
from webhooks.announcing import Announcement, announce, heard_types, source_of

TRACKED = "customer.custom_event"
TAKEN_BACK = "customer.custom_event.voided"
# Whom it is about is read from the row: where somebody is deleted, waiting messages that name them are dropped
# (outbox/erasure.py), but what was promised to a webhook is told all the same, without what the customer was called.
OF_ROW = ""
# What of the contract's list (h.2) each kind of effect is. A balance that sinks is told like one that rises, by
# negative points; that rewards are taken back is told by what took them back.
_POINTS = ("voucher.loyalty_card.points_added", "voucher.loyalty_card.transaction.created")
TYPES_OF_KIND: Mapping[str, Sequence[str]] = {
    "customer.created": ("customer.created",),
    "customer.updated": ("customer.updated",),
    "customer.deleted": ("customer.deleted",),
    "reward.granted": ("customer.rewarded",),
    "points.earned": ("customer.rewarded.loyalty_points", *_POINTS),
    "points.added": _POINTS,
    "points.removed": _POINTS,
    "points.reversed": _POINTS,
    "code.published": ("voucher.published", "publication.succeeded"),
}


def tell(
    project: Project,
    events: Sequence[Event],
    effects: Sequence[Mapping[str, Any]],
    *,
    by: Actor | None = None,
    now: datetime,
) -> None:
    """Announces accepted events and stored effects (as columns): one statement, none where no webhook hears of any.

    `by` is who brought about effects of no event.
    """
    tellable = [row for row in effects if row["kind"] in TYPES_OF_KIND]
    if not (events or tellable) or not heard_types(project):
        return
    sources = {event.pk: _source(event) for event in events}
    told = [_about(event, TRACKED, sources[event.pk], event.group_id) for event in events]
    other = source_of(by) if by else {}
    for row in tellable:
        told += _of_effect(row, sources.get(row["event_id"], other))
    announce(project, told, now=now)


def tell_of_voiding(project: Project, event: Event, *, by: Actor, group_id: str, now: datetime) -> None:
    """Announces that an event was taken back; at most one statement."""
    announce(project, [_about(event, TAKEN_BACK, source_of(by), group_id)], now=now)


def _source(event: Event) -> JsonObject:
    return {"channel": CONTRACT_CHANNELS.get(event.channel, event.channel), "user": None, "api_key": None}


def _about(event: Event, name: str, source: JsonObject, group_id: str) -> Announcement:
    return Announcement(name, OF_ROW, {"event": event.public_id}, str(event.pk), source, group_id)


def _of_effect(row: Mapping[str, Any], source: JsonObject) -> Iterator[Announcement]:
    about = {"effect": public_id("evcus", row["id"])}
    for name in _types_of(row):
        yield Announcement(name, OF_ROW, about, str(row["id"]), source, row["group_id"])


def _types_of(row: Mapping[str, Any]) -> Iterator[str]:
    for name in TYPES_OF_KIND[row["kind"]]:
        is_by_rule = row["data"].get("rule") is not None
        # Of several codes that are published at once, the first is the publication.
        is_part = row["cause_kind"] == "publication" and row["data"].get("publication_id") != public_id(
            "pub", row["cause_id"]
        )
        if name == "customer.rewarded.loyalty_points" and not is_by_rule:
            continue
        if name == "publication.succeeded" and is_part:
            continue
        yield name
