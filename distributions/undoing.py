"""Taking deliveries back with the event that caused them (docs/algorithms/voiding.md)."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from campaigns.kinds import Report, used_codes
from campaigns.models import Publication, VoucherType
from campaigns.publishing import unpublish
from common.ids import parse_public_id
from common.jsons import JsonObject
from distributions.models import WAITING, Delivery, DeliveryStatus
from distributions.timing import CAUSE
from events.chain import Effect, Undoing, Undone
from events.models import StoredEffect
from projects.models import Project


def undo_deliveries(undoing: Undoing) -> Undone:
    """At most seven statements; none where the event scheduled nothing."""
    keys = _named(undoing.effects, "delivery.scheduled", "delivery", "dlv")
    if not keys:
        return Undone()
    cancelled = _cancel(undoing.project, keys)
    effects = [
        Effect("delivery.cancelled", undoing.cause, row.customer_id, {"delivery": row.public_id}) for row in cancelled
    ]
    reports, later = _take_codes_back(undoing)
    effects += [Effect(report.kind, undoing.cause, report.customer_id, report.data) for report in reports]
    return Undone(effects, later=later)


def _cancel(project: Project, keys: set[UUID]) -> list[Delivery]:
    """Those that waited, and those that failed, which could be tried again. Their customers are locked, so nobody
    delivers them meanwhile.
    """
    open_ones = (*WAITING, DeliveryStatus.FAILED)
    rows = Delivery.objects.select_for_update(no_key=True).filter(project=project, pk__in=keys, status__in=open_ones)
    waiting = list(rows.order_by("pk"))
    if waiting:
        own = Delivery.objects.filter(pk__in=[row.pk for row in waiting])
        own.update(status=DeliveryStatus.CANCELLED, reason="event_voided")
    return waiting


def _take_codes_back(undoing: Undoing) -> tuple[Sequence[Report], list[JsonObject]]:
    """Codes that the deliveries published; a used one is kept and told. Loyalty takes its cards back itself."""
    told = [effect for effect in undoing.effects if effect.cause_kind == CAUSE]
    keys = _named(told, "code.published", "publication_id", "pub")
    if not keys:
        return [], []
    published = Publication.objects.filter(project=undoing.project, pk__in=keys, revoked_at=None)
    published = published.exclude(voucher__type=VoucherType.LOYALTY_CARD)
    publications = list(published.select_related("voucher__campaign", "customer").order_by("pk"))
    used = used_codes([publication.voucher for publication in publications])
    unused = [publication for publication in publications if publication.voucher_id not in used]
    later: list[JsonObject] = [
        {"kind": "code.used", "code": publication.voucher.code}
        for publication in publications
        if publication.voucher_id in used
    ]
    return unpublish(unused, now=undoing.now), later


def _named(effects: Iterable[StoredEffect], kind: str, field: str, prefix: str) -> set[UUID]:
    keys = (parse_public_id(prefix, effect.data.get(field)) for effect in effects if effect.kind == kind)
    return {key for key in keys if key is not None}
