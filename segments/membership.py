"""Judging customers and writing down who is in which segment: lists in, a fixed number of statements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from common.ids import uuid7
from common.rows import new_row
from common.statements import Insert, Update
from projects.models import Project
from rules.clock import Clock
from segments.book import Compiled
from segments.facts import Facts, load_facts
from segments.models import Membership, MembershipChange

MOST_STEPS = 1_000

insert_memberships = Insert(Membership)
insert_changes = Insert(MembershipChange)
_update_memberships = Update(Membership, {"entered_at": "new.entered_at", "due_at": "new.due_at"})


@dataclass(frozen=True, slots=True)
class Why:
    """What made somebody enter or leave, as history keeps it."""

    kind: str
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody entered a segment, or left it, at a moment."""

    segment: Compiled
    customer_id: UUID
    has_entered: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Since when somebody is in a segment (None: is not), and when that changes by itself."""

    entered_at: datetime | None
    due_at: datetime | None

    @property
    def says_something(self) -> bool:
        return self.entered_at is not None or self.due_at is not None


def judge(
    project: Project, wanted: Mapping[UUID, Collection[Compiled]], reasons: Mapping[UUID, Why], *, now: datetime
) -> list[Change]:
    """Judges customers by those segments, now, and writes what differs; who entered and left, in order.

    The customers are locked by the caller. Two statements, and up to four that write.
    """
    clock = Clock(now, project.zone)
    facts = _facts_of(project, wanted, clock)
    found = _memberships(wanted)
    verdicts: dict[tuple[UUID, UUID], _Verdict] = {}
    changes: list[Change] = []
    for known in facts:
        customer_id = known.customer.pk
        for segment in sorted(wanted[customer_id], key=lambda segment: segment.id):
            row = found.get((segment.id, customer_id))
            verdict, change = _verdict(segment, known, row, clock)
            verdicts[segment.id, customer_id] = verdict
            changes += [change] if change else []
    _write(project, found, verdicts)
    _remember(project, changes, reasons)
    return changes


def judge_due(
    project: Project, due: Sequence[Membership], segments: Mapping[UUID, Compiled], *, now: datetime
) -> list[Change]:
    """What came by itself up to now: every change at its own moment, also where several were missed.

    `due` are the rows whose time has come, their customers locked.
    """
    wanted: dict[UUID, set[Compiled]] = {}
    for row in due:
        wanted.setdefault(row.customer_id, set()).add(segments[row.segment_id])
    # The oldest moment sees the most events; later ones leave out what is too old for them.
    oldest = Clock(min(row.due_at for row in due if row.due_at), project.zone)
    facts = {known.customer.pk: known for known in _facts_of(project, wanted, oldest)}
    found = {(row.segment_id, row.customer_id): row for row in due}
    verdicts: dict[tuple[UUID, UUID], _Verdict] = {}
    changes: list[Change] = []
    for (segment_id, customer_id), row in found.items():
        known = facts.get(customer_id)
        verdict = _Verdict(None, None)
        if known is not None:
            verdict, stepped = _steps(segments[segment_id], known, row, oldest, now)
            changes += stepped
        verdicts[segment_id, customer_id] = verdict
    _write(project, found, verdicts)
    _remember(project, changes, {})
    return changes


def forget(project: Project, reasons: Mapping[UUID, Why], *, now: datetime) -> None:
    """Takes deleted customers out of every segment, silently; their history stays (two statements, and one that
    writes it).
    """
    rows = Membership.objects.filter(project=project, customer__in=reasons)
    left = rows.filter(entered_at__isnull=False).order_by("segment", "customer")
    insert_changes(
        [
            _change(project, segment_id, customer_id, False, now, reasons[customer_id])
            for segment_id, customer_id in left.values_list("segment_id", "customer_id")
        ]
    )
    rows.delete()


def list_members(project: Project, segment_id: UUID, customers: Sequence[UUID], *, now: datetime) -> None:
    """Puts customers into a new static segment, with its history (two statements)."""
    rows = [_membership(project, segment_id, customer_id, _Verdict(now, None)) for customer_id in sorted(customers)]
    insert_memberships(rows)
    insert_changes([_change(project, segment_id, row.customer_id, True, now, Why("list")) for row in rows])


def _facts_of(project: Project, wanted: Mapping[UUID, Collection[Compiled]], clock: Clock) -> list[Facts]:
    segments = set().union(*wanted.values())
    needs = {
        need: sql
        for segment in sorted(segments, key=lambda segment: segment.id)
        for need, sql in segment.filter.needs(clock).items()
    }
    return load_facts(project, wanted, needs)


def _memberships(wanted: Mapping[UUID, Collection[Compiled]]) -> dict[tuple[UUID, UUID], Membership]:
    segments = {segment.id for found in wanted.values() for segment in found}
    rows = Membership.objects.filter(customer__in=wanted, segment__in=segments)
    return {(row.segment_id, row.customer_id): row for row in rows}


def _verdict(segment: Compiled, known: Facts, row: Membership | None, clock: Clock) -> tuple[_Verdict, Change | None]:
    since = row.entered_at if row else None
    holds = segment.filter.holds(known, clock)
    due_at = segment.filter.changes_at(known, clock)
    if holds is (since is not None):
        return _Verdict(since, due_at), None
    change = Change(segment, known.customer.pk, holds, clock.at)
    return _Verdict(clock.at if holds else None, due_at), change


def _steps(
    segment: Compiled, known: Facts, row: Membership, clock: Clock, now: datetime
) -> tuple[_Verdict, list[Change]]:
    """From one moment at which the answer changes to the next, up to now."""
    verdict = _Verdict(row.entered_at, row.due_at)
    changes: list[Change] = []
    for _ in range(MOST_STEPS):
        at = verdict.due_at
        if at is None or at > now:
            return verdict, changes
        then = Membership(entered_at=verdict.entered_at)
        verdict, change = _verdict(segment, known, then, clock.moved_to(at))
        # Seen from its own moment: who enters at midnight is in it since midnight.
        changes += [change] if change else []
    then = Membership(entered_at=verdict.entered_at)
    verdict, change = _verdict(segment, known, then, clock.moved_to(now))
    return verdict, [*changes, change] if change else changes


def _write(
    project: Project,
    found: Mapping[tuple[UUID, UUID], Membership],
    verdicts: Mapping[tuple[UUID, UUID], _Verdict],
) -> None:
    """Inserts, changes and deletes what the verdicts ask for: at most three statements."""
    fresh = [
        _membership(project, segment_id, customer_id, verdict)
        for (segment_id, customer_id), verdict in verdicts.items()
        if (segment_id, customer_id) not in found and verdict.says_something
    ]
    known = [(row, verdicts[name]) for name, row in found.items() if name in verdicts]
    changed = [
        _set(row, verdict)
        for row, verdict in known
        if verdict.says_something and verdict != _Verdict(row.entered_at, row.due_at)
    ]
    gone = [row.pk for row, verdict in known if not verdict.says_something]
    insert_memberships(sorted(fresh, key=lambda row: (row.segment_id, row.customer_id)))
    _update_memberships(sorted(changed, key=lambda row: row.pk))
    if gone:
        Membership.objects.filter(pk__in=gone).delete()


def _set(row: Membership, verdict: _Verdict) -> Membership:
    row.entered_at, row.due_at = verdict.entered_at, verdict.due_at
    return row


def _membership(project: Project, segment_id: UUID, customer_id: UUID, verdict: _Verdict) -> Membership:
    values = {
        "id": uuid7(),
        "project_id": project.pk,
        "segment_id": segment_id,
        "customer_id": customer_id,
        "entered_at": verdict.entered_at,
        "due_at": verdict.due_at,
    }
    return new_row(Membership, values)


def _remember(project: Project, changes: Iterable[Change], reasons: Mapping[UUID, Why]) -> None:
    """One statement, none where nobody entered or left."""
    time = Why("time")
    insert_changes(
        [
            _change(
                project,
                change.segment.id,
                change.customer_id,
                change.has_entered,
                change.at,
                reasons.get(change.customer_id, time),
            )
            for change in changes
        ]
    )


def _change(
    project: Project, segment_id: UUID, customer_id: UUID, has_entered: bool, at: datetime, why: Why
) -> MembershipChange:
    values: dict[str, Any] = {
        "id": uuid7(),
        "project_id": project.pk,
        "segment_id": segment_id,
        "customer_id": customer_id,
        "has_entered": has_entered,
        "cause_kind": why.kind,
        "cause_id": why.id,
        "changed_at": at,
    }
    return new_row(MembershipChange, values)
