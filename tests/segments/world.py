"""Segments for tests, made and filled as they are in production."""

from outbox.actions import RunAction
from segments.creation import SegmentFields, create_segment
from segments.models import Membership, MembershipChange
from tests.world import NOW, TESTER

# At least one payment within the last 30 days.
PAID_LATELY = {"events.paid.count": {"conditions": {"$more_than_equal": [1]}, "within_days": 30}}


def fill(segment):
    RunAction().handle({"action": str(segment.action_id)})
    segment.refresh_from_db()
    segment.project.refresh_from_db()
    return segment


def a_segment(project, conditions=PAID_LATELY, name="Payers", kind="auto-update", is_filled=True):
    project.refresh_from_db()
    fields = SegmentFields(name, kind, filter=conditions)
    segment = create_segment(project, fields, by=TESTER, request_id="v-1", now=NOW)
    return fill(segment) if is_filled else segment


def members(segment):
    rows = Membership.objects.filter(segment=segment, entered_at__isnull=False)
    return sorted(rows.values_list("customer__source_id", flat=True))


def history(segment):
    """(who, whether in, why, when), in order."""
    rows = MembershipChange.objects.filter(segment=segment).order_by("changed_at", "id")
    return list(rows.values_list("customer__source_id", "has_entered", "cause_kind", "changed_at"))


def due(segment):
    rows = Membership.objects.filter(segment=segment)
    return dict(rows.values_list("customer__source_id", "due_at"))
