"""What is known about one stored event beside its row: what failed on it, and what it left where its row is gone."""

from collections.abc import Collection
from uuid import UUID

from common.jsons import JsonObject
from events.models import IdempotencyKey, RejectedEvent, StoredEffect
from projects.models import Project


def failures_of(project: Project, event_id: UUID) -> list[RejectedEvent]:
    """The reactions that failed on the event, oldest first: those that wait and those that were done later."""
    return list(RejectedEvent.objects.filter(project=project, event_id=event_id).order_by("pk"))


def left_traces(event_id: UUID, projects: Collection[UUID] | None) -> bool:
    """Whether an event of that key was there once, in one of these projects (None: in any): its row may be dropped
    with its month, its effects and its sender's id are kept.
    """
    within = {} if projects is None else {"project__in": projects}
    return (
        StoredEffect.objects.filter(event_id=event_id, **within).exists()
        or IdempotencyKey.objects.filter(pk=event_id, **within).exists()
    )


def failure_as_json(failure: RejectedEvent) -> JsonObject:
    """A reaction that failed, for the trace of its event; the rejected event tells the rest."""
    return {
        "id": failure.public_id,
        "reaction": failure.reaction,
        "cause": failure.cause,
        "attempts": failure.attempts,
        "created_at": failure.created_at,
        "replayed_at": failure.replayed_at,
    }
