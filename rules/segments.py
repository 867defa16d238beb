"""Who is in which segment, for rules that ask. Segments register by path: this floor knows none of them."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from functools import cache
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from projects.models import Project


class SegmentSource(ABC):
    """One feature's segments; registered in `settings.RULE_SEGMENTS`. An instance lives for ever."""

    @abstractmethod
    def names(self, project: Project) -> Mapping[UUID, str]:
        """The name of every segment that the project has."""

    @abstractmethod
    def memberships(self, customers: Collection[UUID], segments: Collection[UUID]) -> Mapping[UUID, frozenset[UUID]]:
        """In which of the segments each of the customers is; who is in none may be left out. One statement."""


@cache
def _sources() -> list[SegmentSource]:
    return [import_string(path)() for path in settings.RULE_SEGMENTS]


def segment_names(project: Project) -> dict[UUID, str]:
    """The project's segments; one statement for each source."""
    return {key: name for source in _sources() for key, name in source.names(project).items()}


def segments_among(customers: Collection[UUID], segments: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """In which of the segments each customer is now; one statement for each source, none where no segment is asked."""
    found: dict[UUID, frozenset[UUID]] = {}
    if not customers or not segments:
        return found
    for source in _sources():
        for customer_id, keys in source.memberships(customers, segments).items():
            found[customer_id] = found.get(customer_id, frozenset()) | keys
    return found
