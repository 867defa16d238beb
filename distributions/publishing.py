"""The codes of deliveries: taken from the pool of their campaign, in the order in which they were scheduled."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from campaigns.models import Campaign, CampaignType, Publication
from campaigns.publishing import AUTOMATIC, Assignment, Published, assign, take_free_vouchers
from distributions.models import Action, Delivery, DeliveryStatus
from distributions.timing import CAUSE
from events.chain import Cause, Effect, run_chain
from projects.models import Project

Told = Callable[[], None]
Pairs = list[tuple[Delivery, Published]]


def publish_codes(
    project: Project, due: Sequence[Delivery], *, refills: bool, now: datetime
) -> tuple[list[Delivery], Told]:
    """Publishes a code for each delivery that brings one; those that must wait for codes, and what tells the chain.

    Where others wait for codes of a campaign, whoever comes later queues behind them, unless it is they who are served
    (`refills`). In a campaign that gives one code per customer, one who has a code is told of that one again.
    """
    wanting: defaultdict[UUID, list[Delivery]] = defaultdict(list)
    for delivery in due:
        if delivery.distribution.action == Action.PUBLISH_CODE and delivery.distribution.campaign_id is not None:
            wanting[delivery.distribution.campaign_id].append(delivery)
    if not wanting:
        return [], lambda: None
    has_queue = set() if refills else _with_queue(wanting)
    waits: list[Delivery] = []
    pairs: Pairs = []
    for campaign_id, deliveries in sorted(wanting.items()):
        left = _given_earlier(deliveries)
        if campaign_id in has_queue:
            waits += left
        else:
            made, without = _publish(project, left, now)
            pairs += made
            waits += without
    return waits, lambda: _tell(project, pairs, now)


def _with_queue(campaigns: Collection[UUID]) -> set[UUID]:
    waiting = Delivery.objects.filter(
        distribution__campaign__in=campaigns, distribution__deleted_at=None, status=DeliveryStatus.POOL_EMPTY
    )
    return set(waiting.order_by().values_list("distribution__campaign_id", flat=True).distinct())


def _gives_one_code(campaign: Campaign) -> bool:
    return campaign.join_once or campaign.campaign_type == CampaignType.LOYALTY_PROGRAM


def _given_earlier(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Gives the publication that they have to those who have one where one is all that they get; the others."""
    campaign = _campaign_of(deliveries)
    if not _gives_one_code(campaign):
        return list(deliveries)
    rows = Publication.objects.filter(
        voucher__campaign=campaign,
        voucher__deleted_at=None,
        customer__in={delivery.customer_id for delivery in deliveries},
        revoked_at=None,
        part_of=None,
    ).select_related("voucher__campaign", "customer")
    earlier = {row.customer_id: row for row in rows.order_by("-id")}
    for delivery in deliveries:
        delivery.publication = earlier.get(delivery.customer_id)
    return [delivery for delivery in deliveries if delivery.publication is None]


def _publish(project: Project, deliveries: Sequence[Delivery], now: datetime) -> tuple[Pairs, list[Delivery]]:
    """New codes, as far as the pool goes; those left without one."""
    if not deliveries:
        return [], []
    campaign = _campaign_of(deliveries)
    first = _first_of_each(deliveries) if _gives_one_code(campaign) else list(deliveries)
    vouchers = take_free_vouchers(campaign, len(first), now=now)
    served = first[: len(vouchers)]
    assignments = [
        Assignment(voucher, delivery.customer, AUTOMATIC, metadata=_metadata(delivery))
        for voucher, delivery in zip(vouchers, served, strict=True)
    ]
    published = assign(project, assignments, now=now)
    by_customer: dict[UUID, Publication] = {}
    for delivery, made in zip(served, published, strict=True):
        delivery.publication = by_customer[delivery.customer_id] = made.publication
    if _gives_one_code(campaign):
        for delivery in deliveries:
            delivery.publication = by_customer.get(delivery.customer_id)
    without = [delivery for delivery in deliveries if delivery.publication is None]
    return list(zip(served, published, strict=True)), without


def _first_of_each(deliveries: Iterable[Delivery]) -> list[Delivery]:
    first: dict[UUID, Delivery] = {}
    for delivery in deliveries:
        first.setdefault(delivery.customer_id, delivery)
    return list(first.values())


def _campaign_of(deliveries: Sequence[Delivery]) -> Campaign:
    campaign = deliveries[0].distribution.campaign
    assert campaign is not None
    return campaign


def _metadata(delivery: Delivery) -> dict[str, str]:
    """The contract's (h.1)."""
    name = delivery.distribution.public_id
    return {"distribution_id": name, "source_type": "distribution", "source_id": name}


def _tell(project: Project, pairs: Pairs, now: datetime) -> None:
    """Hands what was published to the chain; it is shown with the event that caused the delivery."""
    causes = [
        Cause(CAUSE, delivery.pk, now, delivery.customer_id, about_event=delivery.event_id) for delivery, _ in pairs
    ]
    effects = [
        Effect(report.kind, cause, report.customer_id, {**report.data, **_named(delivery)})
        for cause, (delivery, published) in zip(causes, pairs, strict=True)
        for report in published.reports
    ]
    if effects:
        run_chain(project, causes, now=now, group_id="", already=effects)


def _named(delivery: Delivery) -> dict[str, str]:
    return {"distribution": delivery.distribution.public_id}
