"""How much a customer gets within a time at most, over all distributions of a project."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from common.durations import read_duration
from common.jsons import JsonObject
from distributions.models import Delivery

SHORTLY = timedelta(minutes=1)


class Fatigue:
    """What customers got lately, and what they may get now. Customers are locked by the caller."""

    def __init__(self, limit: JsonObject | None, customers: Collection[UUID], now: datetime) -> None:
        """One statement, none without a limit. `limit` is {"count", "period"}."""
        self._now = now
        self._count: int = limit["count"] if limit else 0
        self._period = (read_duration(limit["period"]) if limit else None) or timedelta(0)
        self._got = _got(customers, now - self._period) if limit else {}

    def next_chance(self, customer_id: UUID) -> datetime | None:
        """When the customer may get something again; None: now, which counts from here on.

        What is delivered beside it is not certain yet: in a minute it is, and the time is told by that.
        """
        if not self._count:
            return None
        got = self._got.setdefault(customer_id, [])
        if len(got) < self._count:
            got.append(self._now)
            return None
        oldest = got[-self._count]
        return self._now + SHORTLY if oldest == self._now else oldest + self._period


def _got(customers: Collection[UUID], since: datetime) -> dict[UUID, list[datetime]]:
    rows = Delivery.objects.filter(customer__in=customers, delivered_at__gt=since).order_by("delivered_at")
    got: defaultdict[UUID, list[datetime]] = defaultdict(list)
    for row in rows.only("customer_id", "delivered_at"):
        if row.delivered_at is not None:
            got[row.customer_id].append(row.delivered_at)
    return dict(got)
