"""How many a filter fits now and, for a segment that is there, who would enter and leave if it had that filter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from customers.models import Customer
from rules.clock import Clock
from segments.filters import Filter
from segments.models import Segment
from segments.reading import members_of

NAMED = 5
# Of a larger segment only numbers are told, not who leaves.
MOST_LOOKED_AT = 5_000


@dataclass(frozen=True, slots=True)
class Preview:
    """`entering` and `leaving` name a few of those that are counted; all four are None and empty without a segment."""

    count: int
    enter_count: int | None = None
    leave_count: int | None = None
    entering: Sequence[Customer] = ()
    leaving: Sequence[Customer] = ()


def preview(found: Filter, segment: Segment | None, *, now: datetime) -> Preview:
    """At most seven statements."""
    clock = Clock(now, found.project.zone)
    fitting, count = found.customers(clock), found.count(clock)
    if segment is None:
        return Preview(count)
    member = members_of(segment).filter(customer=OuterRef("pk"))
    staying = fitting.filter(Exists(member)).count()
    members = members_of(segment).count()
    entering = list(fitting.filter(~Exists(member)).order_by("pk")[:NAMED]) if count > staying else []
    leaving: list[Customer] = []
    if members > staying and members <= MOST_LOOKED_AT:
        keys = set(members_of(segment).values_list("customer", flat=True))
        gone = keys - set(fitting.filter(pk__in=keys).values_list("pk", flat=True))
        leaving = list(Customer.objects.filter(pk__in=sorted(gone)[:NAMED]).order_by("pk"))
    return Preview(count, count - staying, members - staying, entering, leaving)
