"""What webhooks are told of validation rules."""

from datetime import datetime

from common.jsons import JsonObject
from projects.models import Project
from webhooks.announcing import Announcement, announce


def tell(project: Project, what: str, entity_id: str, about: JsonObject, *, now: datetime) -> None:
    """`what` is the end of the type (`created`, `assignment.deleted`); `about` is what is told, whole."""
    announce(project, [Announcement(f"business_validation_rule.{what}", entity_id, about)], now=now)
