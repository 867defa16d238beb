"""Entering and leaving that time alone brings: worked every minute by the worker, and by `manage.py run_daily`."""

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from common.ids import uuid7
from common.jsons import JsonObject
from common.transactions import run_in_transaction
from customers.models import Customer
from events.chain import Cause, Effect, run_chain
from events.failures import ENVIRONMENT
from projects.models import Project
from segments.book import book_of
from segments.filling import fill_anew
from segments.membership import Change, judge_due
from segments.models import Membership, Segment, SegmentType

AT_ONCE = 500
TIME = "time"

logger = logging.getLogger(__name__)


class Unworkable(Exception):
    """What is due for some customers could not be done; it stays due."""


def run_due(now: datetime) -> JsonObject:
    """Works off what is due, each change once, whoever else does so at the same moment: {"entered", "left", "judged"}.

    Every chunk of a project is one transaction. Segments of projects that have moved to another time zone are filled
    anew, since their days begin at other moments. Raises Unworkable at the end, where some customers cannot be judged.
    """
    _follow_time_zones(now)
    counts = {"entered": 0, "left": 0, "judged": 0}
    failed: set[UUID] = set()
    while due := _due(now, failed):
        for project_id, customers in due.items():
            judged, changes = _work_with_care(project_id, sorted(customers), now, failed)
            counts["judged"] += judged
            counts["entered"] += sum(change.has_entered for change in changes)
            counts["left"] += sum(not change.has_entered for change in changes)
    if failed:
        raise Unworkable(f"{len(failed)} customers could not be judged; {counts} besides")
    return counts


def _work_with_care(
    project_id: UUID, customers: Sequence[UUID], now: datetime, failed: set[UUID]
) -> tuple[int, list[Change]]:
    """As `_work`, in a transaction; where that fails, in halves, until whoever it fails for is alone and set aside."""
    try:
        return run_in_transaction(lambda: _work(project_id, customers, now))
    except ENVIRONMENT:
        raise
    except Exception:
        logger.exception("%s customers of %s could not be judged together", len(customers), project_id)
    if len(customers) == 1:
        failed.update(customers)
        return 0, []
    middle = len(customers) // 2
    halves = (customers[:middle], customers[middle:])
    parts = [_work_with_care(project_id, half, now, failed) for half in halves]
    return sum(judged for judged, _ in parts), [change for _, changes in parts for change in changes]


def _due(now: datetime, failed: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """The customers of the memberships that are due longest, by project; without those set aside."""
    rows = Membership.objects.filter(due_at__lte=now, segment__deleted_at=None).order_by("due_at")
    rows = rows.exclude(customer__in=failed)
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for project_id, customer_id in rows.values_list("project_id", "customer_id")[:AT_ONCE]:
        found[project_id].add(customer_id)
    return dict(found)


def _work(project_id: UUID, customers: Collection[UUID], now: datetime) -> tuple[int, list[Change]]:
    """How many memberships were judged, and what changed."""
    project = Project.objects.get(pk=project_id)
    # list(): a lazy lock locks nothing. In pk order, as everywhere.
    list(
        Customer.objects.select_for_update(no_key=True)
        .filter(project=project, pk__in=customers)
        .order_by("pk")
        .values_list("pk")
    )
    segments = book_of(project).by_id
    # Read under the locks: what somebody else has worked off meanwhile is due no more.
    rows = Membership.objects.filter(customer__in=customers, segment__in=segments, due_at__lte=now).order_by("pk")
    due = list(rows)
    if not due:
        return 0, []
    changes = judge_due(project, due, segments, now=now)
    _tell(project, [change for change in changes if change.segment.tells], now)
    return len(due), changes


def _tell(project: Project, changes: Collection[Change], now: datetime) -> None:
    """Each change is a cause of its own, of the moment at which it came."""
    effects = []
    for change in changes:
        cause = Cause(TIME, uuid7(), change.at, change.customer_id)
        kind = "segment.entered" if change.has_entered else "segment.left"
        data = {"segment": change.segment.public_id}
        effects.append(Effect(kind, cause, change.customer_id, data))
    if effects:
        run_chain(project, [effect.cause for effect in effects], now=now, group_id="", already=effects)


def _follow_time_zones(now: datetime) -> None:
    moved = Segment.objects.filter(deleted_at=None).exclude(type=SegmentType.STATIC)
    for key in moved.exclude(time_zone=F("project__time_zone")).values_list("pk", flat=True):
        with transaction.atomic():
            segment = (
                Segment.objects.select_for_update(no_key=True, of=("self",)).select_related("project").get(pk=key)
            )
            if segment.time_zone != segment.project.time_zone:
                fill_anew(segment, now=now)
