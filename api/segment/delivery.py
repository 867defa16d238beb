"""Writing messages: profiles and events in the order in which each customer's came."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from api.segment.messages import Message
from customers.profiles import Profile
from events.grouping import MOST_GROUPED, grouping
from events.payloads import EventPayload
from events.profiles import upsert_customers
from events.unread import Unread, keep_unread
from projects.keys import Credentials
from projects.models import Project

Stage = tuple[list[Profile], list[EventPayload]]


def deliver(shown: Credentials, messages: Sequence[Message], *, group_id: str, now: datetime) -> None:
    """Writes what was sent; when this returns, everything is committed: accepted, or kept with the reason.

    Events alone cost no look-up of their key. Raises UnknownKey.
    """
    if not messages or not all(isinstance(message, EventPayload) for message in messages):
        project = grouping.project_of(shown)
        keep_unread(project, [message for message in messages if isinstance(message, Unread)], now=now)
        _write_stages(shown, project, messages, group_id, now)
    else:
        _write_stages(shown, None, messages, group_id, now)


def _write_stages(
    shown: Credentials, project: Project | None, messages: Sequence[Message], group_id: str, now: datetime
) -> None:
    for profiles, events in in_stages(messages):
        if profiles and project is not None:
            upsert_customers(project, profiles, group_id=group_id, now=now)
        for start in range(0, len(events), MOST_GROUPED):
            grouping.accept(shown, events[start : start + MOST_GROUPED])


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
