"""Writing messages: profiles and events in the order in which each customer's came."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from api.segment.messages import IDENTIFY, Message
from common.jsons import JsonObject
from common.refusals import MetadataInvalid
from customers.profiles import Profile
from events.grouping import MOST_GROUPED, grouping
from events.payloads import EventPayload, Source
from events.profiles import upsert_customers
from events.unread import Unread, keep_unread
from projects.keys import Credentials
from projects.limits import Quota
from projects.models import Project

Stage = tuple[list[Profile], list[EventPayload]]


def deliver(
    shown: Credentials,
    messages: Sequence[Message],
    *,
    group_id: str,
    now: datetime,
    note: Callable[[Quota | None], None],
) -> None:
    """Writes what was sent; when this returns, everything is committed: accepted, or kept with the reason.

    Raises UnknownKey and TooManyRequests; `note` is told the quota of a key that has a limit.
    """
    events = [message for message in messages if isinstance(message, EventPayload)]
    if 1 <= len(events) == len(messages) <= MOST_GROUPED:
        # The usual case, in which the key is looked at together with the events.
        grouping.accept(shown, events, note=note)
        return
    project = grouping.admit(shown, note=note)
    keep_unread(project, [message for message in messages if isinstance(message, Unread)], now=now)
    for profiles, tracked in in_stages(messages):
        if profiles:
            _identify(project, profiles, group_id=group_id, now=now)
        for start in range(0, len(tracked), MOST_GROUPED):
            grouping.accept(shown, tracked[start : start + MOST_GROUPED], is_counted=True)


def _identify(project: Project, profiles: Sequence[Profile], *, group_id: str, now: datetime) -> None:
    """Writes the profiles; where some do not fit the project's schema of customers, the others, and keeps those."""
    try:
        upsert_customers(project, profiles, group_id=group_id, now=now)
    except MetadataInvalid as refusal:
        if len(profiles) == 1:
            unread = Unread(IDENTIFY, _as_message(profiles[0]), refusal, Source("SEGMENT", group_id, keeps_all=True))
            keep_unread(project, [unread], now=now)
            return
        for profile in profiles:
            _identify(project, [profile], group_id=group_id, now=now)


def _as_message(profile: Profile) -> JsonObject:
    """What of the message was refused, as it was sent."""
    return {"type": IDENTIFY, "userId": profile.source_id, "traits": dict(profile.metadata)}


def in_stages(messages: Sequence[Message]) -> Iterator[Stage]:
    """Profiles, and the events after them. A new stage begins where a profile follows an event of its customer."""
    profiles: list[Profile] = []
    events: list[EventPayload] = []
    tracked: set[str | None] = set()
    for message in messages:
        if isinstance(message, EventPayload):
            events.append(message)
            tracked.add(message.customer.source_id)
        elif isinstance(message, Profile):
            if message.source_id in tracked:
                yield profiles, events
                profiles, events, tracked = [], [], set()
            profiles.append(message)
    if profiles or events:
        yield profiles, events
