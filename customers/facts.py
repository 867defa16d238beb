"""What other features know of customers and conditions may ask for (points, referrals). They register by path: this
floor knows none of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from common.jsons import JsonValue
from projects.models import Project


@dataclass(frozen=True, slots=True)
class FactName:
    """One fact that can be asked for: the field's name, and what people call it."""

    field: str
    label: str


class FactSource(ABC):
    """One feature's numbers about customers; registered in `settings.CUSTOMER_FACTS`. An instance lives for ever."""

    @abstractmethod
    def names(self, project: Project) -> list[FactName]:
        """Every fact that the project has."""

    @abstractmethod
    def label_of(self, field: str) -> str:
        """What people call a field of this source."""

    @abstractmethod
    def has_form(self, field: str) -> bool:
        """Whether a field so called would be this source's."""

    @abstractmethod
    def is_known(self, project: Project, field: str) -> bool:
        """Whether a field of that form is one of the project's."""

    @abstractmethod
    def expression(self, project: Project, field: str) -> Any:
        """The number, as an expression over rows of customers; NULL where there is nothing to count."""

    def of_nobody(self, field: str) -> int | None:
        """The number of somebody who is not known yet."""
        return None

    @abstractmethod
    def changed_by(self, kind: str, customer_id: UUID, data: Mapping[str, JsonValue]) -> Iterator[UUID]:
        """Whose facts an effect changed, if it did."""


@cache
def fact_sources() -> dict[str, FactSource]:
    """By path, in the order of the settings."""
    return {path: import_string(path)() for path in settings.CUSTOMER_FACTS}
