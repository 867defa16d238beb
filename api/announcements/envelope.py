"""The envelope around what webhooks are sent (contract h.2)."""

from datetime import datetime

from api.announcements.told import Body, Told
from common.jsons import JsonObject
from projects.models import Project
from webhooks.models import Webhook

# Where nobody wrote down who did it: as a customer's activity says it.
UNKNOWN: JsonObject = {"channel": "API", "user": None, "api_key": None}


def envelope(project: Project, webhook: Webhook, told: Told, body: Body, *, now: datetime) -> JsonObject:
    """All but the `id`, which is that of the send-out."""
    return {
        "project_id": project.public_id,
        "created_at": now,
        "type": told.type,
        "data": body.data,
        "source": {"id": webhook.public_id, "object": "webhook", "target_url": webhook.target_url},
        "event": {
            "id": told.event_id,
            "type": told.type,
            "created_at": told.created_at,
            "entity_id": body.entity_id or told.entity_id,
            "group_id": told.group_id or None,
            "event_source": told.source or UNKNOWN,
        },
    }
