"""Keeping what was refused, and what a reaction failed to do: nothing that was sent is lost silently."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from django.db.models import F

from common.jsons import JsonObject
from common.refusals import FieldError, MetadataInvalid, NotFound, Refusal
from events.failures import Failure
from events.models import RejectedEvent, RejectedTally
from events.payloads import EventPayload
from projects.models import Project

KEPT_DAYS = 30
MOST_KEPT = 100_000
# A process looks for what is too much after so many rows of its own, and after so long, in each project that it keeps
# something for.
TRIMMED_EVERY = 1_000
TRIMMED_AFTER = timedelta(hours=1)
LONGEST_CAUSE = 300
FAILED = "reaction_failed"

_ticks = count(1)
_trimmed_at: dict[UUID, datetime] = {}
_INDEX = re.compile(r"\[\d+\]")


def is_kept(payload: EventPayload, refusal: Refusal) -> bool:
    """Whether the refused event is kept: one refused for its name or its metadata is, since it can be mended; any
    other where nobody reads the answer.
    """
    return (
        payload.source.keeps_all
        or isinstance(refusal, MetadataInvalid)
        or (isinstance(refusal, NotFound) and refusal.resource_type == "custom_event_schema")
    )


def cause_of(refusal: Refusal) -> str:
    """What such refusals share, free of values: `metadata_validation_failed metadata.amount:type`."""
    if not refusal.errors:
        return f"{refusal.key} {refusal.resource_type}".strip()
    places = sorted({f"{_INDEX.sub('[]', error.path)}:{error.code}" for error in refusal.errors})
    return f"{refusal.key} {' '.join(places)}"[:LONGEST_CAUSE]


def keep_refused(project: Project, refused: Iterable[tuple[EventPayload, Refusal]], *, now: datetime) -> None:
    """A row for each of these events, unless it waits there already; one insert."""
    keep_once(project, [_refused(project, payload, refusal, now) for payload, refusal in refused], now=now)


def keep_failures(project: Project, failures: Sequence[Failure], *, now: datetime) -> None:
    """A row for each part of an event that a reaction did not do; one insert."""
    _keep(project, [_failed(project, failure, now) for failure in failures], now)


def _refused(project: Project, payload: EventPayload, refusal: Refusal, now: datetime) -> RejectedEvent:
    return RejectedEvent(
        project=project,
        name=payload.event,
        key=refusal.key,
        cause=cause_of(refusal),
        payload=payload.raw,
        errors=errors_of(refusal),
        source_id=payload.key,
        channel=payload.source.channel,
        group_id=payload.source.group_id,
        occurred_at=payload.occurred_at or now,
        created_at=now,
    )


def errors_of(refusal: Refusal) -> list[JsonObject]:
    """What `RejectedEvent.errors` holds: at least one error, also of a refusal that names no field."""
    if refusal.errors:
        return [error.as_json() for error in refusal.errors]
    path = "event" if refusal.resource_type == "custom_event_schema" else refusal.resource_type
    return [FieldError(path, refusal.key, str(refusal) or refusal.message, refusal.resource_id or None).as_json()]


def cause_of_failure(failure: Failure) -> str:
    return f"{FAILED} {failure.reaction} {failure.problem}"[:LONGEST_CAUSE]


def errors_of_failure(failure: Failure) -> list[JsonObject]:
    return [{"path": failure.reaction, "code": failure.problem, "message": failure.message[:LONGEST_CAUSE]}]


def _failed(project: Project, failure: Failure, now: datetime) -> RejectedEvent:
    event = failure.cause.event
    assert event is not None
    return RejectedEvent(
        project=project,
        name=event.name,
        key=FAILED,
        cause=cause_of_failure(failure),
        errors=errors_of_failure(failure),
        channel=event.channel,
        group_id=event.group_id,
        occurred_at=event.occurred_at,
        created_at=now,
        may_earn=failure.cause.may_earn,
        reaction=failure.reaction,
        event_id=event.pk,
        effects=[
            {"kind": effect.kind, "customer_id": str(effect.customer_id), "data": dict(effect.data)}
            for effect in failure.effects
        ],
    )


def keep_once(project: Project, rows: Sequence[RejectedEvent], *, now: datetime) -> None:
    """Keeps rows but those that their sender's id, cause and payload show to be here already: senders retry.

    One insert, and one statement before it where any row has a sender's id.
    """
    waiting: defaultdict[tuple[str | None, str], list[JsonObject]] = defaultdict(list)
    if ids := {row.source_id for row in rows if row.source_id is not None}:
        kept = RejectedEvent.objects.filter(project=project, replayed_at=None, source_id__in=ids)
        for source_id, cause, payload in kept.values_list("source_id", "cause", "payload"):
            waiting[source_id, cause].append(payload)
    new = []
    for row in rows:
        if row.source_id is None or row.payload not in waiting[row.source_id, row.cause]:
            waiting[row.source_id, row.cause].append(row.payload)
            new.append(row)
    _keep(project, new, now)


def _keep(project: Project, rows: list[RejectedEvent], now: datetime) -> None:
    if not rows:
        return
    RejectedEvent.objects.bulk_create(rows)
    turns = [next(_ticks) % TRIMMED_EVERY == 0 for _ in rows]
    if any(turns) or now - _trimmed_at.get(project.pk, now - TRIMMED_AFTER) >= TRIMMED_AFTER:
        trim(project, now)
        _trimmed_at[project.pk] = now


def trim(project: Project, now: datetime, *, most_kept: int = MOST_KEPT) -> int:
    """Deletes what is older than KEPT_DAYS, and the oldest beyond `most_kept`.

    How many of these were still to be replayed is answered, and added up in RejectedTally.
    """
    open_rows = RejectedEvent.objects.filter(project=project, replayed_at=None)
    beyond = open_rows.order_by("-pk").values_list("pk", flat=True)[most_kept : most_kept + 1].first()
    old = RejectedEvent.objects.filter(project=project, created_at__lt=now - timedelta(days=KEPT_DAYS))
    dropped = old.filter(replayed_at=None).delete()[0] + (
        open_rows.filter(pk__lte=beyond).delete()[0] if beyond else 0
    )
    old.delete()
    if dropped:
        RejectedTally.objects.get_or_create(project=project)
        RejectedTally.objects.filter(project=project).update(dropped_count=F("dropped_count") + dropped)
    return dropped


def dropped_count(project: Project) -> int:
    """How many rejected events the project has lost to age and to the cap."""
    return RejectedTally.objects.filter(project=project).values_list("dropped_count", flat=True).first() or 0
