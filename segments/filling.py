"""Filling a segment in the background: everybody judged once, in chunks, from where an earlier run was cut off.

Whoever changes meanwhile is judged by the reaction, under the same locks; so no one is missed. Nobody hears of it.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from common.ids import uuid7
from common.transactions import run_in_transaction
from customers.models import Customer
from outbox.actions import Progress, start_action
from projects.audit import raise_revision
from projects.models import AsyncAction, Project
from segments.book import compiled_segment
from segments.membership import Why, judge
from segments.models import Membership, Segment, SegmentType, SyncStatus

FILL = "SEGMENTS.FILL"
CLEAR = "SEGMENTS.CLEAR"
CHUNK = 500
CLEARED_AT_ONCE = 5_000


def start_filling(segment: Segment, *, request_id: str, now: datetime) -> None:
    """Has everybody judged by the segment's filter as it is now. In the transaction of whatever asked for it."""
    payload = {"segment": str(segment.pk)}
    action = start_action(segment.project, type=FILL, payload=payload, request_id=request_id, now=now)
    segment.action = action
    segment.filled_to = None
    segment.initial_sync_status = SyncStatus.IN_PROGRESS
    segment.time_zone = segment.project.time_zone
    segment.save(update_fields=["action", "filled_to", "initial_sync_status", "time_zone"])


def fill_anew(segment: Segment, *, now: datetime) -> None:
    """Fills a locked segment again, though its filter is what it was."""
    start_filling(segment, request_id=new_request_id(), now=now)
    raise_revision(segment.project)


def fill_those_that_read(project: Project, changed: Collection[str], *, now: datetime) -> None:
    """Fills the segments anew that depend on one of these (segments/fields.py), or on something of that kind."""
    with transaction.atomic():
        rows = Segment.objects.select_for_update(no_key=True).filter(project=project, deleted_at=None)
        for segment in list(rows.exclude(type=SegmentType.STATIC).order_by("pk")):
            segment.project = project
            reads = compiled_segment(project, segment).filter.depends_on
            if not {*reads, *(name.partition(":")[0] for name in reads)}.isdisjoint(changed):
                fill_anew(segment, now=now)


def start_clearing(segment: Segment, *, request_id: str, now: datetime) -> None:
    start_action(segment.project, type=CLEAR, payload={"segment": str(segment.pk)}, request_id=request_id, now=now)


def run(action: AsyncAction, progress: Progress) -> None:
    """Fills until nobody is left. An action that a later one has replaced stops."""
    key = UUID(action.payload["segment"])
    living = Customer.objects.filter(project=action.project, deleted_at=None)
    progress.total(living.count())
    segment = Segment.objects.filter(pk=key, action=action).first()
    if segment is not None and segment.filled_to is not None:
        progress.done(living.filter(pk__lte=segment.filled_to).count())
    while True:
        judged = run_in_transaction(lambda: _fill_chunk(action, key, timezone.now()))
        progress.done(judged)
        if judged < CHUNK:
            return


def _fill_chunk(action: AsyncAction, key: UUID, now: datetime) -> int:
    """How many customers were judged; fewer than CHUNK at the end."""
    # Locked: an edit waits for the chunk, and the next chunk sees it.
    segment = Segment.objects.select_for_update(no_key=True).filter(pk=key, action=action, deleted_at=None).first()
    if segment is None or segment.initial_sync_status == SyncStatus.DONE:
        return 0
    segment.project = action.project
    people = Customer.objects.select_for_update(no_key=True).filter(project=action.project, deleted_at=None)
    if segment.filled_to is not None:
        people = people.filter(pk__gt=segment.filled_to)
    keys = list(people.order_by("pk").values_list("pk", flat=True)[:CHUNK])
    if keys:
        compiled = compiled_segment(action.project, segment)
        why = Why("fill", action.pk)
        judge(action.project, dict.fromkeys(keys, (compiled,)), dict.fromkeys(keys, why), now=now)
        segment.filled_to = keys[-1]
    if len(keys) < CHUNK:
        segment.initial_sync_status = SyncStatus.DONE
        raise_revision(action.project)
    segment.save(update_fields=["filled_to", "initial_sync_status"])
    return len(keys)


def clear(action: AsyncAction, progress: Progress) -> None:
    """Deletes the memberships of a segment that is deleted; its history stays."""
    rows = Membership.objects.filter(segment=UUID(action.payload["segment"]))
    progress.total(rows.count())
    while True:
        with transaction.atomic():
            keys = list(rows.values_list("pk", flat=True)[:CLEARED_AT_ONCE])
            Membership.objects.filter(pk__in=keys).delete()
        progress.done(len(keys))
        if len(keys) < CLEARED_AT_ONCE:
            return


def new_request_id() -> str:
    """For fillings that nobody's request has asked for."""
    return f"v-{uuid7().hex[:18]}"
