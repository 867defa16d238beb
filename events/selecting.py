"""Which rejected events are meant: those that are named, or all that a filter fits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, OuterRef, QuerySet, Subquery

from common.ids import parse_public_id
from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError, NotFound
from common.times import parse_moment
from events.models import RejectedEvent
from projects.models import Project

MOST_IDS = 5_000
# From what people filter by to the column.
TEXTS = {"event": "name", "key": "key", "cause": "cause"}
TIMES = {"after": "created_at__gt", "before": "created_at__lt"}


@dataclass(frozen=True, slots=True)
class Selection:
    """Rejected events of a project; `ids` are keys of rows, `conditions` lookups that all hold."""

    ids: tuple[UUID, ...] | None = None
    conditions: Mapping[str, str | datetime] = field(default_factory=dict)

    def rows(self, project: Project) -> QuerySet[RejectedEvent]:
        """Of those that are meant, the ones that are still to be replayed."""
        return self.narrow(open_rows(project))

    def narrow(self, rows: QuerySet[RejectedEvent]) -> QuerySet[RejectedEvent]:
        return rows.filter(**self.conditions) if self.ids is None else rows.filter(pk__in=self.ids)

    def check(self, project: Project) -> None:
        """Raises NotFound for the first that the project does not have; those replayed before are there."""
        known = set(RejectedEvent.objects.filter(project=project, pk__in=self.ids or ()).values_list("pk", flat=True))
        for key in self.ids or ():
            if key not in known:
                raise NotFound.of("rejected_event", RejectedEvent(pk=key).public_id)


def open_rows(project: Project) -> QuerySet[RejectedEvent]:
    return RejectedEvent.objects.filter(project=project, replayed_at=None)


def groups_by_cause(rows: QuerySet[RejectedEvent], *more: str) -> Any:
    """`{"cause", "count", "first", "last", "example"}` for each cause, most events first.

    `more` are further columns to group by; `first` and `last` are times, `example` the key of the newest row.
    """
    columns = ("cause", *more)
    newest = rows.filter(**{name: OuterRef(name) for name in columns}).order_by("-pk").values("pk")[:1]
    grouped = (
        rows.order_by()
        .values(*columns)
        .annotate(count=Count("pk"), first=Min("created_at"), last=Max("created_at"), example=Subquery(newest))
    )
    return grouped.order_by("-count", *columns)


def parse_selection(raw: JsonObject) -> tuple[Selection, list[FieldError]]:
    """From a body with either `ids` or a `filter`; an error for everything that says nothing, or both."""
    ids, conditions = raw.get("ids"), raw.get("filter")
    if (ids is None) is (conditions is None):
        return Selection(), [FieldError("ids", "conflict", "Payload must have either 'ids' or 'filter'", None)]
    errors: list[FieldError] = []
    if ids is not None:
        return Selection(ids=_ids(ids, errors)), errors
    return Selection(conditions=_conditions(conditions, errors)), errors


def _ids(raw: JsonValue, errors: list[FieldError]) -> tuple[UUID, ...]:
    if not isinstance(raw, list):
        errors.append(FieldError("ids", "type", "Property .ids must be array", raw))
        return ()
    if not 1 <= len(raw) <= MOST_IDS:
        errors.append(FieldError("ids", "length", f"Property .ids must hold 1 to {MOST_IDS} ids"))
        return ()
    keys: dict[UUID, None] = {}
    for position, text in enumerate(raw):
        key = parse_public_id("rej", text)
        if key is None:
            message = f"Property .ids.{position} must be the id of a rejected event"
            errors.append(FieldError(f"ids.{position}", "invalid", message, text))
        else:
            keys[key] = None
    return tuple(keys)


def _conditions(raw: JsonValue, errors: list[FieldError]) -> dict[str, str | datetime]:
    if not isinstance(raw, dict):
        errors.append(FieldError("filter", "type", "Property .filter must be object", raw))
        return {}
    found: dict[str, str | datetime] = {}
    for name, value in _flat(raw).items():
        if name in TEXTS and isinstance(value, str) and value:
            found[TEXTS[name]] = value
        elif name in TEXTS:
            errors.append(_wrong(name, "type", "must be a string that is not empty", value))
        elif name.startswith("created_at.") and name.removeprefix("created_at.") in TIMES:
            moment = parse_moment(value)
            if moment is None:
                errors.append(_wrong(name, "datetime", "must be a date-time in ISO 8601", value))
            else:
                found[TIMES[name.removeprefix("created_at.")]] = moment
        else:
            # Not ignored as elsewhere: a filter that was misspelt would mean everything.
            errors.append(_wrong(name, "unknown", "is no filter of rejected events", value))
    if not found and not errors:
        errors.append(FieldError("filter", "required", "Property .filter must say something", raw))
    return found


def _flat(raw: JsonObject) -> JsonObject:
    """The filters that say something, with `created_at.after` for both `{"created_at": {"after"}}` and
    `created_at[after]`, as queries write it.
    """
    flat: JsonObject = {}
    for name, value in raw.items():
        if isinstance(value, dict) and name == "created_at":
            flat.update({f"{name}.{bound}": moment for bound, moment in value.items()})
        else:
            flat[name.replace("[", ".").removesuffix("]")] = value
    return {name: value for name, value in flat.items() if value is not None}


def _wrong(name: str, code: str, message: str, value: JsonValue) -> FieldError:
    shown = name[:100]
    return FieldError(f"filter.{shown}", code, f"Property .filter.{shown} {message}", value)
