"""What is compiled from a project's configuration, kept per process and project revision."""

from collections.abc import Callable
from typing import Generic, TypeVar
from uuid import UUID

from projects.models import Project

T = TypeVar("T")


class CachedByRevision(Generic[T]):
    """`load(project)`, at most once a process and revision.

    The revision rises in the transaction of the change itself, so what is loaded is never older than the revision
    under which it is kept. Never hold balances or other facts in it.
    """

    def __init__(self, load: Callable[[Project], T]) -> None:
        self._load = load
        self._kept: dict[UUID, tuple[int, T]] = {}

    def __call__(self, project: Project) -> T:
        kept = self._kept.get(project.pk)
        if kept is None or kept[0] != project.revision:
            kept = (project.revision, self._load(project))
            self._kept[project.pk] = kept
        return kept[1]
