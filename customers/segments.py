"""Segments as features on their own floor know them: by name. Who keeps and who uses them registers by path."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from common.ids import public_id
from common.refusals import InvalidPayload
from projects.audit import Actor
from projects.models import Project


@dataclass(frozen=True, slots=True)
class SegmentName:
    id: UUID
    name: str


class SegmentBook(ABC):
    """What keeps segments; named in `settings.SEGMENT_BOOKS`."""

    @abstractmethod
    def names(self, project: Project) -> list[SegmentName]:
        """Every living segment that can be entered and left, in the order of their names."""

    @abstractmethod
    def follow(self, project: Project, key: UUID, *, by: Actor, now: datetime) -> bool:
        """Has the world hear of who enters and leaves, since somebody waits for it (contract g.1).

        False where there is no such segment. It stays until the end of the transaction.
        """

    @abstractmethod
    def rebuild(self, project: Project, changed: Collection[str], *, now: datetime) -> None:
        """Has everybody judged anew, in the background and silently, by the segments that read what was changed past
        the chain: `metadata.<key>`, a field of customers, `event` (what is counted of events) or `facts`.
        """


class SegmentUser(ABC):
    """What uses segments; registered in `settings.SEGMENT_USERS`."""

    @abstractmethod
    def users_of(self, project: Project, key: UUID) -> list[str]:
        """What of its own uses the segment, in words: "distribution 'Welcome'"."""


@cache
def segment_book() -> SegmentBook:
    book: SegmentBook = import_string(settings.SEGMENT_BOOKS[0])()
    return book


def follow_segment(project: Project, key: UUID, path: str, *, by: Actor, now: datetime) -> None:
    """Has the world hear of who enters and leaves the segment that was named at `path`. Raises InvalidPayload."""
    if not segment_book().follow(project, key, by=by, now=now):
        raise unknown_segment(path, public_id("seg", key))


def unknown_segment(path: str, said: str) -> InvalidPayload:
    message = f"Property .{path} must be that of a passive or active segment"
    return InvalidPayload.at(path, message, said, code="not_found")


def users_of_segment(project: Project, key: UUID) -> Iterator[str]:
    for path in settings.SEGMENT_USERS:
        user: SegmentUser = import_string(path)()
        yield from user.users_of(project, key)
