"""Who is in a segment, in which segments somebody is, and who leaves soon."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from common.refusals import NotFound
from common.statements import Select
from customers.facts import fact_sources
from customers.models import Customer
from customers.reading import find_customer
from projects.models import Project
from rules.clock import Clock
from rules.segments import SegmentSource
from segments.book import book_of
from segments.event_fields import EventCount, EventTime
from segments.facts import Facts
from segments.fields import FactField
from segments.models import Membership, MembershipChange, Segment

_select_members = Select(
    Membership,
    "segments_membership.customer_id IN %s AND segments_membership.segment_id IN %s"
    " AND segments_membership.entered_at IS NOT NULL",
)


class Memberships(SegmentSource):
    """What validation rules may ask of segments."""

    def names(self, project: Project) -> Mapping[UUID, str]:
        return dict(Segment.objects.filter(project=project, deleted_at=None).values_list("pk", "name"))

    def memberships(self, customers: Collection[UUID], segments: Collection[UUID]) -> Mapping[UUID, frozenset[UUID]]:
        # No rule asks for a segment that is deleted (segments/creation.py).
        found: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for row in _select_members(list(customers), list(segments)):
            found[row.customer_id].add(row.segment_id)
        return {customer_id: frozenset(keys) for customer_id, keys in found.items()}


def members_of(segment: Segment) -> QuerySet[Membership]:
    return Membership.objects.filter(segment=segment, entered_at__isnull=False)


def leaving_soon(segment: Segment, now: datetime, days: int = 7) -> QuerySet[Membership]:
    """Members who leave within so many days if nothing happens, the soonest first."""
    return members_of(segment).filter(due_at__lte=now + timedelta(days=days)).order_by("due_at", "id")


def segments_of(project: Project, customer_name: str, *, now: datetime) -> list[tuple[str, str]]:
    """(public id, name) of every segment that a customer is in, by name; of one who is unknown, of those that such a
    person would fall into (contract d.4).
    """
    try:
        customer = find_customer(project, customer_name)
    except NotFound:
        found = _segments_of_a_stranger(project, now)
    else:
        rows = Segment.objects.filter(
            deleted_at=None,
            pk__in=Membership.objects.filter(customer=customer, entered_at__isnull=False).values("segment"),
        )
        found = [(segment.public_id, segment.name) for segment in rows]
    return sorted(found, key=lambda item: (item[1], item[0]))


def _segments_of_a_stranger(project: Project, now: datetime) -> list[tuple[str, str]]:
    clock = Clock(now, project.zone)
    found = []
    for segment in book_of(project).by_id.values():
        loaded: dict[object, object] = {}
        for field in segment.filter.fields:
            if isinstance(field, EventCount | EventTime):
                loaded[field.newest] = []
            elif isinstance(field, FactField):
                loaded[field.name] = fact_sources()[field.source].of_nobody(field.name)
        stranger = Facts(Customer(project=project, created_at=now), loaded)
        if segment.filter.holds(stranger, clock):
            found.append((segment.public_id, segment.name))
    return found


def counts_by_day(segment: Segment, count: int, now: datetime, days: int = 30) -> list[tuple[date, int, int, int]]:
    """(day, entered, left, members at its end) of the days on which somebody came or went, the newest first.

    Days are the project's. `count` is how many members there are now; one statement.
    """
    clock = Clock(now, segment.project.zone)
    since = clock.midnight(clock.today - timedelta(days=days - 1))
    changes = MembershipChange.objects.filter(segment=segment, changed_at__gte=since)
    moved = (
        changes.annotate(day=TruncDate("changed_at", tzinfo=segment.project.zone))
        .values("day")
        .annotate(entered=Count("pk", filter=Q(has_entered=True)), left=Count("pk", filter=Q(has_entered=False)))
        .order_by("-day")
    )
    told = []
    for row in moved:
        told.append((row["day"], row["entered"], row["left"], count))
        count += row["left"] - row["entered"]
    return told
