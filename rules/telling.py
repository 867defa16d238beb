"""What webhooks are told of validation rules."""

from datetime import datetime

from common.jsons import JsonObject
from projects.audit import Actor
from projects.models import Project
from rules.models import Assignment
from rules.rendering import render_assignments
from webhooks.announcing import Announcement, announce, source_of


def tell(project: Project, what: str, entity_id: str, about: JsonObject, *, by: Actor, now: datetime) -> None:
    """`what` is the end of the type (`created`, `assignment.deleted`); `about` is what is told, whole."""
    told = Announcement(f"business_validation_rule.{what}", entity_id, about, source=source_of(by))
    announce(project, [told], now=now)


def tell_of_assignment(assignment: Assignment, what: str, *, by: Actor, now: datetime) -> None:
    about: JsonObject = {"validation_rules_assignment": render_assignments([assignment])[0]}
    tell(assignment.project, f"assignment.{what}", assignment.public_id, about, by=by, now=now)
