"""A project's segments, compiled once a revision, by what they depend on."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from common.ids import public_id
from projects.models import Project
from projects.revisions import CachedByRevision
from segments.fields import ANY_CHANGE
from segments.filters import Filter, compile_filter
from segments.models import Segment, SegmentType, SyncStatus


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A segment with a filter. `tells`: whether the world hears of who enters and leaves."""

    id: UUID
    name: str
    tells: bool
    filter: Filter

    @property
    def public_id(self) -> str:
        return public_id("seg", self.id)


@dataclass(frozen=True, slots=True)
class Book:
    """Every living segment: those with filters by key and by what they depend on (segments/fields.py)."""

    by_id: Mapping[UUID, Compiled]
    by_dependence: Mapping[str, tuple[Compiled, ...]]
    has_static: bool

    @property
    def is_empty(self) -> bool:
        return not self.by_id and not self.has_static

    def depending_on(self, changed: Iterable[str]) -> set[Compiled]:
        return {segment for name in changed for segment in self.by_dependence.get(name, ())}

    def touched_by_update(self, fields: Iterable[str]) -> set[Compiled]:
        """Those that depend on these fields of the customer, as `customer.updated` names them."""
        return self.depending_on([*fields, ANY_CHANGE])


def _load(project: Project) -> Book:
    rows = list(Segment.objects.filter(project=project, deleted_at=None).order_by("created_at", "id"))
    by_dependence: defaultdict[str, list[Compiled]] = defaultdict(list)
    by_id: dict[UUID, Compiled] = {}
    for row in rows:
        if not row.is_static:
            compiled = compiled_segment(project, row)
            by_id[row.pk] = compiled
            for name in compiled.filter.depends_on:
                by_dependence[name].append(compiled)
    return Book(
        by_id, {name: tuple(found) for name, found in by_dependence.items()}, any(row.is_static for row in rows)
    )


def compiled_segment(project: Project, row: Segment) -> Compiled:
    tells = row.type == SegmentType.AUTO_UPDATE and row.initial_sync_status == SyncStatus.DONE
    return Compiled(row.pk, row.name, tells, compile_filter(project, row.filter))


# book_of(project): at most three statements once a revision, none after.
book_of: Callable[[Project], Book] = CachedByRevision(_load)
