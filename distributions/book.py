"""A project's distributions that react, compiled once a revision, by what they react to."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from common.durations import read_duration
from common.ids import public_id
from distributions.models import OF_CAMPAIGNS, OF_SEGMENTS, Action, Distribution, Trigger
from events.chain import Cause, Effect
from projects.models import Project
from projects.revisions import CachedByRevision
from rules.assigning import rule_key_of
from rules.models import ObjectType

# What of an effect's data a trigger may ask for.
REFERENCES = dict.fromkeys(OF_SEGMENTS, "segment") | dict.fromkeys(OF_CAMPAIGNS, "campaign_id")


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A distribution. `limit` is how many deliveries a customer gets within what time."""

    id: UUID
    name: str
    publishes: bool
    delay: timedelta
    limit: tuple[int, timedelta] | None
    validation_rule_key: UUID | None

    @property
    def public_id(self) -> str:
        return public_id("distr", self.id)


@dataclass(frozen=True, slots=True)
class Book:
    """Those that react to events, by definition; those that react to effects, by kind and by whom they are about:
    the segment, the campaign, or "" for any.
    """

    by_event: Mapping[UUID, Sequence[Compiled]]
    by_effect: Mapping[tuple[str, str], Sequence[Compiled]]

    @property
    def is_empty(self) -> bool:
        return not self.by_event and not self.by_effect

    def about_cause(self, cause: Cause) -> Sequence[Compiled]:
        if cause.event is None or cause.event.definition_id is None:
            return ()
        return self.by_event.get(cause.event.definition_id, ())

    def about_effect(self, effect: Effect) -> Sequence[Compiled]:
        reference = REFERENCES.get(effect.kind)  # type: ignore[call-overload]  # a TextChoices is a str
        if reference is None:
            return ()
        named = effect.data.get(reference)
        own = self.by_effect.get((effect.kind, named), ()) if isinstance(named, str) else ()
        return [*own, *self.by_effect.get((effect.kind, ""), ())]


def _load(project: Project) -> Book:
    rows = Distribution.objects.filter(project=project, active=True, deleted_at=None).order_by("pk")
    rows = rows.annotate(ruled_by=rule_key_of(ObjectType.DISTRIBUTION))
    by_event: defaultdict[UUID, list[Compiled]] = defaultdict(list)
    by_effect: defaultdict[tuple[str, str], list[Compiled]] = defaultdict(list)
    for row in rows:
        compiled = _compiled(row)
        if row.trigger == Trigger.CUSTOM_EVENT:
            assert row.definition_id is not None
            by_event[row.definition_id].append(compiled)
        else:
            by_effect[(row.trigger, _about(row))].append(compiled)
    return Book(dict(by_event), dict(by_effect))


def _about(row: Distribution) -> str:
    if row.segment_id is not None:
        return public_id("seg", row.segment_id)
    return public_id("camp", row.trigger_campaign_id) if row.trigger_campaign_id else ""


def _compiled(row: Any) -> Compiled:
    period = read_duration(row.limit_period)
    limit = (row.limit_count, period) if row.limit_count is not None and period is not None else None
    return Compiled(
        row.pk,
        row.name,
        row.action == Action.PUBLISH_CODE,
        read_duration(row.delay) or timedelta(0),
        limit,
        row.ruled_by,
    )


# book_of(project): one statement once a revision, none after.
book_of: Callable[[Project], Book] = CachedByRevision(_load)
