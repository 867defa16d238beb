"""From what happened to deliveries: who gets what, and when. The customers are locked by the caller."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from common.ids import uuid7
from common.jsons import JsonObject
from common.writing import insert_new
from distributions.book import Book, Compiled
from distributions.models import Delivery, DeliveryStatus
from distributions.timing import enqueue_deliveries
from events.chain import Batch, Cause, Skip
from events.reasons import Reason
from projects.models import Project

# The channel of imported events.
IMPORT = "IMPORT"
Name = tuple[UUID, UUID, str]  # distribution, customer, source


@dataclass(frozen=True, slots=True)
class Match:
    """A distribution, and what it is to react to; `data` is what the effect said, where it is one."""

    distribution: Compiled
    cause: Cause
    customer_id: UUID
    data: JsonObject

    @property
    def source(self) -> str:
        return f"{self.cause.kind}:{self.cause.id}"

    @property
    def name(self) -> Name:
        return self.distribution.id, self.customer_id, self.source


def matches_of(book: Book, batch: Batch) -> list[Match]:
    """What distributions react to, once for each cause and customer, in order. Pure."""
    found: dict[Name, Match] = {}
    for match in _all_matches(book, batch):
        found.setdefault(match.name, match)
    return list(found.values())


def _all_matches(book: Book, batch: Batch) -> Iterator[Match]:
    for cause in batch.causes:
        if is_history(cause):
            continue
        for distribution in book.about_cause(cause):
            yield Match(distribution, cause, cause.customer_id, {})
    for effect in batch.effects:
        if is_history(effect.cause):
            continue
        for distribution in book.about_effect(effect):
            yield Match(distribution, effect.cause, effect.customer_id, dict(effect.data))


def is_history(cause: Cause) -> bool:
    """Whether it is an event that an import brought: nobody is to be written to about what was long ago."""
    return cause.event is not None and cause.event.channel == IMPORT


def without_browsers(matches: Sequence[Match]) -> tuple[list[Match], list[Skip]]:
    """Where browsers may not earn, what they send publishes no codes, either: anybody can send it."""
    kept = [match for match in matches if match.cause.may_earn or not match.distribution.publishes]
    kept_names = {match.name for match in kept}
    return kept, [declined(match, Reason.CLIENT_EARNING_OFF) for match in matches if match.name not in kept_names]


def within_limits(project: Project, matches: Sequence[Match]) -> tuple[list[Match], list[Skip]]:
    """Those that their distribution's limit lets through, in order. One statement, none where none has a limit."""
    limited = [match for match in matches if match.distribution.limit]
    if not limited:
        return list(matches), []
    got = _got(project, limited)
    kept: list[Match] = []
    skips: list[Skip] = []
    for match in matches:
        moments = got[match.distribution.id, match.customer_id]
        if match.distribution.limit and _is_enough(match.distribution.limit, moments, match.cause.occurred_at):
            skips.append(declined(match, Reason.CAP_REACHED))
        else:
            moments.append(match.cause.occurred_at)
            kept.append(match)
    return kept, skips


def _is_enough(limit: tuple[int, timedelta], moments: Sequence[datetime], at: datetime) -> bool:
    """Events come late, too: what happened within the time after counts as what happened within the time before."""
    count, period = limit
    return sum(abs(moment - at) < period for moment in moments) >= count


def _got(project: Project, limited: Sequence[Match]) -> defaultdict[tuple[UUID, UUID], list[datetime]]:
    """When what happened for which the customers got deliveries, or will."""
    longest = max(match.distribution.limit[1] for match in limited if match.distribution.limit)
    rows = Delivery.objects.filter(
        project=project,
        distribution__in={match.distribution.id for match in limited},
        customer__in={match.customer_id for match in limited},
        caused_at__gt=min(match.cause.occurred_at for match in limited) - longest,
    ).exclude(status__in=(DeliveryStatus.CANCELLED, DeliveryStatus.FAILED))
    names = {match.name for match in limited}
    got: defaultdict[tuple[UUID, UUID], list[datetime]] = defaultdict(list)
    for distribution_id, customer_id, source, at in rows.values_list(
        "distribution_id", "customer_id", "source", "caused_at"
    ):
        # A cause that is looked at again does not stand in its own way.
        if (distribution_id, customer_id, source) not in names:
            got[distribution_id, customer_id].append(at)
    return got


def schedule(project: Project, matches: Sequence[Match], *, now: datetime) -> Mapping[Name, Delivery]:
    """Writes a delivery for each that is new, with its message; those. Two statements."""
    rows = [_delivery(project, match, now) for match in sorted(matches, key=lambda match: match.name)]
    fresh = insert_new(Delivery, rows)
    enqueue_deliveries(project, fresh)
    return {(row.distribution_id, row.customer_id, row.source): row for row in fresh}


def _delivery(project: Project, match: Match, now: datetime) -> Delivery:
    cause = match.cause
    return Delivery(
        id=uuid7(),
        project=project,
        distribution_id=match.distribution.id,
        customer_id=match.customer_id,
        source=match.source,
        event_id=cause.event.pk if cause.event else cause.about_event,
        data=match.data,
        group_id=cause.event.group_id if cause.event else "",
        caused_at=cause.occurred_at,
        created_at=now,
        due_at=now + match.distribution.delay,
    )


def declined(match: Match, reason: Reason, *, validation_rule: str = "") -> Skip:
    return Skip(match.cause, "distribution", match.distribution.public_id, reason, validation_rule)
