"""What a webhook would have been sent for something that happened: to try an address with."""

from datetime import UTC, datetime

from api.announcements.builders import build
from api.announcements.envelope import envelope
from api.announcements.told import Told
from common.jsons import JsonObject
from events.models import Event
from events.telling import TRACKED
from projects.models import Project
from webhooks.models import Webhook


def test_announcement(project: Project, webhook: Webhook, event: Event) -> JsonObject:
    """The body of `customer.custom_event` for a real past event, all but its `id`, whatever the webhook hears of."""
    told = Told(
        type=TRACKED,
        entity_id="",
        about={"event": event.public_id},
        cause=str(event.pk),
        source={"channel": event.channel, "user": None, "api_key": None},
        group_id=event.group_id,
        created_at=event.received_at,
    )
    (body,) = build(project, [told])
    assert body is not None  # the event is there
    return envelope(project, webhook, told, body, now=datetime.now(UTC))
