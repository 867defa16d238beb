"""Segments by their names, for features that may not know this one (customers/segments.py)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from customers.segments import SegmentBook, SegmentName
from projects.audit import Actor, Target, record_change
from projects.models import Project
from segments.filling import fill_those_that_read
from segments.models import Segment, SegmentType


class Segments(SegmentBook):
    """Static ones are left out: nobody enters or leaves them."""

    def names(self, project: Project) -> list[SegmentName]:
        rows = Segment.objects.filter(project=project, deleted_at=None).exclude(type=SegmentType.STATIC)
        return [SegmentName(row.pk, row.name) for row in rows.order_by("name", "id")]

    def follow(self, project: Project, key: UUID, *, by: Actor, now: datetime) -> bool:
        """One statement, and those of the audit log where the segment is passive."""
        rows = Segment.objects.select_for_update(no_key=True).exclude(type=SegmentType.STATIC)
        segment = rows.filter(project=project, pk=key, deleted_at=None).first()
        if segment is not None and segment.type == SegmentType.PASSIVE:
            _make_active(project, segment, by, now)
        return segment is not None

    def rebuild(self, project: Project, changed: Collection[str], *, now: datetime) -> None:
        fill_those_that_read(project, changed, now=now)


def _make_active(project: Project, segment: Segment, by: Actor, now: datetime) -> None:
    before = {"type": segment.type}
    segment.type, segment.updated_at = SegmentType.AUTO_UPDATE, now
    segment.save(update_fields=["type", "updated_at"])
    target = Target("segment", segment.public_id, segment.name)
    record_change(
        project, by=by, action="segment.made_active", target=target, before=before, after={"type": str(segment.type)}
    )
