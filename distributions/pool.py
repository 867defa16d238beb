"""Deliveries that wait for codes: served in order as soon as there are some, and never dropped."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from campaigns.models import Campaign, CodeSupply, Voucher
from common.jsons import JsonObject
from distributions.delivering import AT_ONCE, deliver
from distributions.models import Action, Delivery, DeliveryStatus, Distribution

# A pool is low below a tenth of its codes, and never above so many.
LOW_SHARE = 10
ALWAYS_ENOUGH = 1_000


@dataclass(frozen=True, slots=True)
class Pool:
    """The codes that are left to a distribution, and how many deliveries of the campaign wait for some."""

    free: int
    total: int
    waiting: int

    @property
    def is_low(self) -> bool:
        return self.waiting > 0 or self.free < min(self.total / LOW_SHARE, ALWAYS_ENOUGH) or not self.free

    @property
    def in_words(self) -> str:
        """A sentence for people about what is left, and who waits."""
        if not self.total:
            left = "It has no codes yet"
        elif not self.free:
            left = f"None of its {_counted(self.total, 'code')} is left"
        else:
            left = f"{self.free:,} of its {_counted(self.total, 'code')} {'is' if self.free == 1 else 'are'} left"
        if not self.waiting:
            return f"{left}."
        waits = "waits for one" if self.waiting == 1 else "wait for some"
        return f"{left}, and {_counted(self.waiting, 'delivery', 'deliveries')} {waits}."


def pool_of(campaign: Campaign, now: datetime) -> Pool | None:
    """None where the campaign makes codes as needed, and can. Two statements."""
    waiting = waiting_for(campaign).count()
    if campaign.type == CodeSupply.AUTO_UPDATE and not waiting:
        return None
    codes = Voucher.objects.filter(campaign=campaign, deleted_at=None)
    counts = codes.aggregate(total=Count("pk"), free=Count("pk", filter=_free(now)))
    return Pool(counts["free"], counts["total"], waiting)


def waiting_for(campaign: Campaign) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        distribution__campaign=campaign, distribution__deleted_at=None, status=DeliveryStatus.POOL_EMPTY
    )


def refill(now: datetime) -> JsonObject:
    """For TIMELY_WORK: serves those who wait where there are codes again: {"served"}."""
    served = 0
    for campaign in Campaign.objects.filter(pk__in=_campaigns_waited_for()).order_by("pk"):
        served += _serve(campaign, now)
    return {"served": served}


def _campaigns_waited_for() -> set[UUID]:
    waiting = Delivery.objects.filter(
        status=DeliveryStatus.POOL_EMPTY, distribution__deleted_at=None, distribution__action=Action.PUBLISH_CODE
    )
    return {key for key in waiting.order_by().values_list("distribution__campaign_id", flat=True).distinct() if key}


def _serve(campaign: Campaign, now: datetime) -> int:
    """Looks at as many of those who wait for codes of the campaign as there are codes, oldest first; how many."""
    served = 0
    while True:
        free = AT_ONCE
        if campaign.type != CodeSupply.AUTO_UPDATE and campaign.deleted_at is None:
            codes = Voucher.objects.filter(_free(now), campaign=campaign, deleted_at=None)
            free = codes[:AT_ONCE].count()
        keys = list(waiting_for(campaign).order_by("pk").values_list("pk", flat=True)[:free])
        if not keys:
            return served
        looked_at = deliver(keys, statuses=(DeliveryStatus.POOL_EMPTY,), clock=lambda: now)
        served += looked_at
        if not looked_at or waiting_for(campaign).filter(pk__in=keys).exists():
            return served


def _free(now: datetime) -> Q:
    """Codes that can be published."""
    return (Q(expiration_date=None) | Q(expiration_date__gt=now)) & Q(holder=None, active=True)


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def distributions_of(campaign: Campaign) -> list[Distribution]:
    """The living ones that publish its codes."""
    return list(Distribution.objects.filter(campaign=campaign, deleted_at=None).order_by("pk"))
