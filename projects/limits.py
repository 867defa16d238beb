"""How many requests a key may make in a minute, counted in the database that all processes share (docs/adr/0004).

A minute is one of the database's clock. A key without a limit costs no statement; nor does a request that comes after
another was refused in the same minute.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from uuid import UUID

from django.conf import settings
from django.db import connection

from common.refusals import Refusal
from common.statements import JsonRows, execute
from projects.models import ApiKey, RequestCount

MINUTE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Quota:
    """Where a request stands among those of its key: the `number`th of this minute, of `limit` that are allowed.

    Times are seconds of the epoch by the database's clock.
    """

    limit: int
    number: int
    now: int
    ends_at: int

    @property
    def is_exceeded(self) -> bool:
        return self.number > self.limit

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.number)

    @property
    def seconds_left(self) -> int:
        """Until the next minute; at least 1."""
        return max(1, self.ends_at - self.now)

    @property
    def next_at(self) -> int:
        """When the next request is allowed: now, where any remain."""
        return self.now if self.remaining else self.ends_at


class TooManyRequests(Refusal):
    """The key's limit for this minute is used up."""

    key = "too_many_requests"
    message = "Too many requests hit the API too quickly."

    def __init__(self, quota: Quota) -> None:
        super().__init__(f"This key may make {quota.limit} requests a minute")
        self.retry_after = quota.seconds_left


def limit_of(key: ApiKey) -> int:
    """Requests a minute; 0 is no limit."""
    own = key.rate_limit
    return int(settings.RATE_LIMIT_PER_MINUTE) if own is None else own


class RequestCounter:
    """Counts for one process; what is counted stands in the database."""

    def __init__(self) -> None:
        # Keys whose minute is used up: their quota, and when this process may ask again (by its monotonic clock).
        self._used_up: dict[UUID, tuple[Quota, float]] = {}

    def take(self, keys: Sequence[ApiKey]) -> list[Quota | None]:
        """The quota of each request, None where its key has no limit; `keys` names a key once for each request.

        At most one statement. Call it outside of any transaction: the count of a key is one row for everybody.
        """
        refused = [self._refused(key) for key in keys]
        counted = [key for key, quota in zip(keys, refused, strict=True) if quota is None and limit_of(key)]
        fresh = iter(self._counted(counted))
        return [quota or (next(fresh) if limit_of(key) else None) for key, quota in zip(keys, refused, strict=True)]

    def _refused(self, key: ApiKey) -> Quota | None:
        """The quota of a key that is known to be used up: counting on would cost a write for each refusal."""
        quota, until = self._used_up.get(key.pk, (None, 0.0))
        is_known = quota is not None and quota.limit == limit_of(key) and time.monotonic() < until
        return quota if is_known else None

    def _counted(self, keys: Sequence[ApiKey]) -> list[Quota]:
        if not keys:
            return []
        totals = _count(keys)
        left = Counter(key.pk for key in keys)
        quotas: list[Quota] = []
        for key in keys:
            left[key.pk] -= 1
            total = totals[key.pk]
            quota = Quota(limit_of(key), total.count - left[key.pk], total.now, total.ends_at)
            if quota.is_exceeded:
                self._used_up[key.pk] = (quota, time.monotonic() + quota.seconds_left)
            quotas.append(quota)
        return quotas


@dataclass(frozen=True, slots=True)
class _Total:
    """The requests of a key in a minute, and the time."""

    count: int
    now: int
    ends_at: int


class _Statement:
    """Adds requests to the counts of keys, each of which begins anew with a new minute."""

    @cached_property
    def rows(self) -> JsonRows:
        return JsonRows([RequestCount._meta.get_field(name) for name in ("key", "project", "count")])

    @cached_property
    def sql(self) -> str:
        table = connection.ops.quote_name(RequestCount._meta.db_table)
        is_postgresql = connection.vendor == "postgresql"
        now = "floor(extract(epoch FROM clock_timestamp()))::bigint" if is_postgresql else "unixepoch()"
        # Who waited for the row finds that it has moved on to the next minute, and counts there. In the order of the
        # keys: two groups that share some would otherwise deadlock.
        goes_on = f"{table}.minute IN (excluded.minute, excluded.minute + 1)"
        return (
            f"INSERT INTO {table} (key_id, project_id, count, minute)"
            f" SELECT key_id, project_id, count, {now} / 60 FROM {self.rows.relation} WHERE true ORDER BY key_id"
            f" ON CONFLICT (key_id) DO UPDATE SET"
            f" count = excluded.count + CASE WHEN {goes_on} THEN {table}.count ELSE 0 END,"
            f" minute = CASE WHEN {goes_on} THEN {table}.minute ELSE excluded.minute END"
            f" RETURNING key_id, count, {now}, (minute + 1) * {MINUTE_SECONDS}"
        )


_statement = _Statement()


def _count(keys: Sequence[ApiKey]) -> dict[UUID, _Total]:
    """How many requests each of the keys has made in this minute, these included."""
    requests = Counter(key.pk for key in keys)
    rows = [
        SimpleNamespace(key_id=key.pk, project_id=key.project_id, count=requests[key.pk])
        for key in {key.pk: key for key in keys}.values()
    ]
    to_python = RequestCount._meta.get_field("key").target_field.to_python
    found = execute(_statement.sql, [_statement.rows.encode(rows)])
    return {to_python(key): _Total(count, now, ends_at) for key, count, now, ends_at in found}


# Of this process.
request_counter = RequestCounter()
