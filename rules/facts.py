"""What validation rules ask of, given by whoever judges: this floor knows neither events nor customers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from common.jsons import JsonValue
from rules.clock import Clock
from rules.operators import Kind
from rules.views import View, view_day, view_json, view_moment, view_text

# The columns of a customer that can be asked for, here and in segments.
CUSTOMER_FIELDS: dict[str, Kind] = {
    "name": Kind.TEXT,
    "email": Kind.TEXT,
    "phone": Kind.TEXT,
    "description": Kind.TEXT,
    "source_id": Kind.TEXT,
    "birthdate": Kind.DAY,
    "birthday": Kind.DAY,
    "created_at": Kind.MOMENT,
    "updated_at": Kind.MOMENT,
}
VIEWS: dict[Kind, Callable[[Any], View]] = {
    Kind.TEXT: view_text,
    Kind.DAY: view_day,
    Kind.MOMENT: view_moment,
    Kind.JSON: view_json,
}


def no_event(_: str) -> JsonValue:
    """The metadata of what is no event: every property is missing."""
    return None


@dataclass(frozen=True, slots=True)
class Facts:
    """One event with its customer, as rules see them.

    `event` reads a property of the event's metadata under any of its names, None where it is missing; `customer` has
    the columns of CUSTOMER_FIELDS and `metadata`; `segments` are those of the asked ones that the customer is in.
    """

    clock: Clock
    customer: Any
    event: Callable[[str], JsonValue] = no_event
    segments: frozenset[UUID] = frozenset()
