"""Delivering what is due: codes published, and what is to be sent handed to the channels, in one transaction.

Nothing leaves the process here: webhooks and e-mails are written down, and sent by handlers of their own.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from common.jsons import JsonObject
from common.transactions import run_in_transaction
from customers.models import Customer
from distributions.channels.base import HandOver
from distributions.channels.registry import channel_types
from distributions.fatigue import Fatigue
from distributions.models import CAMPAIGN_DELETED, TIMED, Delivery, DeliveryStatus
from distributions.publishing import publish_codes
from distributions.quiet import end_of_quiet
from distributions.timing import enqueue_deliveries
from outbox.handlers import Handler
from projects.models import Project

AT_ONCE = 50


class Deliver(Handler):
    """Handles `distribution.deliver`: {"delivery"}. What was done before, or has moved, is left alone."""

    batch_size = AT_ONCE

    def handle(self, payload: JsonObject) -> None:
        deliver([UUID(payload["delivery"])])

    def handle_all(self, payloads: Sequence[JsonObject]) -> list[Exception | None]:
        """Together; where that fails, one by one, so that each says what is wrong with it."""
        try:
            deliver([UUID(payload["delivery"]) for payload in payloads])
        except Exception:
            return super().handle_all(payloads)
        return [None] * len(payloads)


def deliver(
    keys: Collection[UUID],
    *,
    statuses: Collection[DeliveryStatus] = TIMED,
    clock: Callable[[], datetime] = timezone.now,
) -> int:
    """Delivers those of these that are due and have such a status; how many that were.

    A transaction for each project.
    """
    named = Delivery.objects.filter(pk__in=keys, status__in=statuses)
    projects = sorted(set(named.order_by().values_list("project_id", flat=True)))
    return sum(
        run_in_transaction(lambda project_id=project_id: _deliver(project_id, keys, statuses, clock()))  # type: ignore[misc]
        for project_id in projects
    )


@dataclass(slots=True)
class _Work:
    """Deliveries of one project that are due, in the order in which they were scheduled, and their customers."""

    project: Project
    now: datetime
    customers: dict[UUID, Customer]
    due: list[Delivery]
    done: list[Delivery] = field(default_factory=list)

    def end(
        self, delivery: Delivery, status: DeliveryStatus, reason: str = "", due_at: datetime | None = None
    ) -> None:
        """Says what becomes of a delivery, which is due no more."""
        delivery.status, delivery.reason = status, reason
        delivery.due_at = due_at or delivery.due_at
        if status == DeliveryStatus.DELIVERED:
            delivery.delivered_at = self.now
        self.done.append(delivery)

    def sift(self, judge: Callable[[Delivery], bool]) -> None:
        """Keeps as due those that `judge` lets through; it has ended the others."""
        self.due = [delivery for delivery in self.due if judge(delivery)]


def _deliver(project_id: UUID, keys: Collection[UUID], statuses: Collection[DeliveryStatus], now: datetime) -> int:
    project = Project.objects.get(pk=project_id)
    work = _locked(project, keys, statuses, now)
    found = len(work.due)
    work.sift(lambda delivery: _is_wanted(work, delivery))
    work.sift(lambda delivery: _is_loud(work, delivery))
    _leave_unreachable(work)
    _leave_tired(work)
    waits, told = publish_codes(project, work.due, refills=DeliveryStatus.POOL_EMPTY in statuses, now=now)
    for delivery in waits:
        work.end(delivery, DeliveryStatus.POOL_EMPTY)
    work.sift(lambda delivery: delivery not in waits)
    _hand_over(work)
    for delivery in work.due:
        work.end(delivery, DeliveryStatus.DELIVERED)
    columns = ["status", "reason", "due_at", "delivered_at", "publication", "outcomes"]
    Delivery.objects.bulk_update(sorted(work.done, key=lambda delivery: delivery.pk), columns)
    enqueue_deliveries(project, [delivery for delivery in work.done if delivery.status in TIMED])
    told()
    return found


def _locked(project: Project, keys: Collection[UUID], statuses: Collection[DeliveryStatus], now: datetime) -> _Work:
    """Customers first, in the order of their keys, as everywhere; then the deliveries, as they are by then."""
    own = Delivery.objects.filter(project=project, pk__in=keys)
    people = Customer.objects.select_for_update(no_key=True).filter(
        pk__in=set(own.values_list("customer_id", flat=True))
    )
    customers = {person.pk: person for person in people.order_by("pk")}
    rows = own.filter(status__in=statuses, due_at__lte=now).select_for_update(no_key=True, of=("self",))
    due = list(rows.select_related("distribution__campaign").order_by("pk"))
    for delivery in due:
        delivery.project = delivery.distribution.project = project
        delivery.customer = customers[delivery.customer_id]
        if delivery.distribution.campaign is not None:
            delivery.distribution.campaign.project = project
    return _Work(project, now, customers, due)


def _is_wanted(work: _Work, delivery: Delivery) -> bool:
    distribution = delivery.distribution
    if delivery.customer.deleted_at is not None:
        work.end(delivery, DeliveryStatus.CANCELLED, "customer_deleted")
    elif distribution.deleted_at is not None:
        work.end(delivery, DeliveryStatus.CANCELLED, "distribution_deleted")
    elif distribution.has_lost_its_campaign:
        work.end(delivery, DeliveryStatus.FAILED, CAMPAIGN_DELETED)
    elif not distribution.is_running:
        work.end(delivery, DeliveryStatus.PAUSED)
    else:
        return True
    return False


def _is_loud(work: _Work, delivery: Delivery) -> bool:
    quiet = work.project.quiet_hours
    end = end_of_quiet(quiet, work.now, work.project.zone) if quiet else None
    if end is not None:
        work.end(delivery, DeliveryStatus.QUIET_HOURS, due_at=end)
    return end is None


def _leave_unreachable(work: _Work) -> None:
    """Whom no channel reaches gets no code, either: nobody would tell them of it."""
    people = list({delivery.customer_id: delivery.customer for delivery in work.due}.values())
    kinds = {channel["type"] for delivery in work.due for channel in delivery.distribution.channels}
    problems = {kind: channel_types()[kind].unreachable(work.project, people) for kind in sorted(kinds)}

    def is_reachable(delivery: Delivery) -> bool:
        found = [problems[one["type"]].get(delivery.customer_id) for one in delivery.distribution.channels]
        delivery.outcomes = [
            {"type": one["type"]} | ({"problem": problem} if problem else {})
            for one, problem in zip(delivery.distribution.channels, found, strict=True)
        ]
        if not found or None in found:
            return True
        work.end(delivery, DeliveryStatus.FAILED, str(found[0]))
        return False

    work.sift(is_reachable)


def _leave_tired(work: _Work) -> None:
    fatigue = Fatigue(work.project.fatigue, {delivery.customer_id for delivery in work.due}, work.now)

    def is_fresh(delivery: Delivery) -> bool:
        chance = fatigue.next_chance(delivery.customer_id)
        if chance is not None:
            work.end(delivery, DeliveryStatus.FATIGUE, due_at=chance)
        return chance is None

    work.sift(is_fresh)


def _hand_over(work: _Work) -> None:
    """Gives each channel all that goes by it, at once."""
    for kind, channel in channel_types().items():
        items = [item for delivery in work.due for item in items_of(delivery) if item.channel["type"] == kind]
        items = [item for item in items if "problem" not in item.delivery.outcomes[item.place]]
        if items:
            outcomes = channel.hand_over(work.project, items, now=work.now)
            for item, outcome in zip(items, outcomes, strict=True):
                item.delivery.outcomes[item.place] |= outcome


def items_of(delivery: Delivery) -> Iterator[HandOver]:
    """What goes by which channel; the distribution, the customer and the publication's voucher are loaded."""
    for place, channel in enumerate(delivery.distribution.channels):
        yield HandOver.of(delivery, channel, place)
