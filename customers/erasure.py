"""Permanent deletion: what every app holds of a person is blanked by that app (docs/architecture.md).

PERSONAL_DATA names a class for each app that holds any.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.utils.module_loading import import_string

from common.checks import check_paths
from customers.models import Customer
from projects.models import Project


class PersonalData(ABC):
    """What one app holds of people."""

    @abstractmethod
    def forget(self, project: Project, customers: Sequence[Customer]) -> None:
        """Blanks what is said of these customers, who are still as they were, in the caller's transaction.

        What is counted and summed stays: rows, points, codes, times.
        """


def forget_everywhere(project: Project, customers: Sequence[Customer]) -> None:
    for path in settings.PERSONAL_DATA:
        data: PersonalData = import_string(path)()
        data.forget(project, customers)


def check_personal_data(**options: Any) -> list[CheckMessage]:
    """Id customers.E001: a path in PERSONAL_DATA that is no PersonalData."""
    return check_paths("PERSONAL_DATA", PersonalData, "customers.E001")
