"""What deliveries tell: the data of webhooks and of templates. It is made of the API's bodies, which stand above; so
`settings.DISTRIBUTION_DATA` names the function by path.
"""

from collections.abc import Sequence
from functools import cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from common.jsons import JsonObject
from distributions.channels.base import HandOver
from projects.models import Project


class DataOf(Protocol):
    """For each item the customer, what happened, and the code where one was published, in their order.

    `masked` hides personal properties of events: for whoever is not the customer. A fixed number of statements.
    """

    def __call__(self, project: Project, items: Sequence[HandOver], *, masked: bool) -> list[JsonObject]: ...


@cache
def data_of() -> DataOf:
    found: DataOf = import_string(settings.DISTRIBUTION_DATA)
    return found
