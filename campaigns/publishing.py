"""Giving codes to customers. The customers are locked by the caller (customers/resolution.py)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from campaigns.codes import make_vouchers
from campaigns.kinds import Report, kind_of
from campaigns.models import Campaign, CodeSupply, Holder, Publication, Voucher
from common.durations import read_duration
from common.jsons import JsonObject
from customers.models import Customer
from projects.models import Project

AUTOMATIC = "Automation"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A free code and who is to have it."""

    voucher: Voucher
    customer: Customer
    channel: str = AUTOMATIC
    source_id: str | None = None
    metadata: JsonObject = field(default_factory=dict)
    # A further code of the publication before it.
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """A publication that was made, and what became true with it (`code.published` first)."""

    publication: Publication
    reports: Sequence[Report]


def take_free_vouchers(campaign: Campaign, count: int, *, now: datetime) -> list[Voucher]:
    """Up to `count` codes that nobody has, locked; new ones are made where the campaign makes codes as needed."""
    usable = Q(expiration_date=None) | Q(expiration_date__gt=now)
    free = (
        Voucher.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(usable, campaign=campaign, holder=None, active=True, deleted_at=None)
        .order_by("id")[:count]
    )
    vouchers = list(free)
    if len(vouchers) < count and campaign.type == CodeSupply.AUTO_UPDATE:
        vouchers += make_vouchers(campaign, count - len(vouchers))
    for voucher in vouchers:
        voucher.campaign = campaign
    return vouchers


def assign(project: Project, assignments: Sequence[Assignment], *, now: datetime) -> list[Published]:
    """Publishes each code to its customer, in order, by a fixed number of statements."""
    if not assignments:
        return []
    publications = _publications(project, assignments, now)
    columns = ["holder", "updated_at"]
    for assignment in assignments:
        assignment.voucher.holder = assignment.customer
        assignment.voucher.updated_at = now
        if _ends_after_publishing(assignment.voucher, now) and "expiration_date" not in columns:
            columns.append("expiration_date")
    Voucher.objects.bulk_update([assignment.voucher for assignment in assignments], columns)
    Publication.objects.bulk_create(publications)
    Holder.objects.bulk_create(_holder(publication) for publication in publications)
    reports = _reports(publications, now)
    return [Published(publication, reports[publication.pk]) for publication in publications]


def publish_from_pool(campaign: Campaign, customers: Sequence[Customer], *, now: datetime) -> list[Published]:
    """A code of the campaign to each customer, in order; the last ones get none where the pool runs out."""
    vouchers = take_free_vouchers(campaign, len(customers), now=now)
    pairs = zip(vouchers, customers, strict=False)
    return assign(campaign.project, [Assignment(voucher, customer) for voucher, customer in pairs], now=now)


def unpublish(publications: Sequence[Publication], *, now: datetime) -> list[Report]:
    """Takes codes back from their customers: the codes are free again, the publications revoked. Three statements.

    Whether a code is unused is for its kind to say; vouchers with their campaigns must be loaded.
    """
    if not publications:
        return []
    keys = [publication.pk for publication in publications]
    Publication.objects.filter(pk__in=keys).update(revoked_at=now)
    Holder.objects.filter(publication__in=keys).delete()
    vouchers = Voucher.objects.filter(pk__in=[publication.voucher_id for publication in publications])
    vouchers.update(holder=None, updated_at=now)
    return [_report("code.unpublished", publication) for publication in publications]


def _ends_after_publishing(voucher: Voucher, now: datetime) -> bool:
    """Lets a code end where its campaign says how long one is good; whether it does."""
    length = read_duration(voucher.campaign.activity_duration_after_publishing) if voucher.campaign else None
    if length is None:
        return False
    voucher.expiration_date = now + length
    return True


def _publications(project: Project, assignments: Sequence[Assignment], now: datetime) -> list[Publication]:
    publications: list[Publication] = []
    first: Publication | None = None
    for assignment in assignments:
        publication = _publication(project, assignment, now)
        if assignment.is_part:
            publication.part_of = first
        else:
            first = publication
        publications.append(publication)
    return publications


def _publication(project: Project, assignment: Assignment, now: datetime) -> Publication:
    return Publication(
        project=project,
        voucher=assignment.voucher,
        customer=assignment.customer,
        source_id=assignment.source_id,
        channel=assignment.channel,
        metadata=assignment.metadata,
        created_at=now,
    )


def _holder(publication: Publication) -> Holder:
    return Holder(
        project=publication.project,
        voucher=publication.voucher,
        customer=publication.customer,
        publication=publication,
        role=kind_of(publication.voucher).holder_role,
        created_at=publication.created_at,
    )


def _reports(publications: Sequence[Publication], now: datetime) -> Mapping[UUID, list[Report]]:
    """What each publication made true, by its key: the kinds are told, each once."""
    reports = {publication.pk: [_report("code.published", publication)] for publication in publications}
    by_type: defaultdict[str, list[Publication]] = defaultdict(list)
    for publication in publications:
        by_type[publication.voucher.campaign_type].append(publication)
    for group in by_type.values():
        for key, found in kind_of(group[0].voucher).on_published(group, now=now).items():
            reports[key].extend(found)
    return reports


def _report(kind: str, publication: Publication) -> Report:
    voucher = publication.voucher
    data = {
        "code": voucher.code,
        "campaign_id": voucher.campaign.public_id if voucher.campaign else None,
        "publication_id": publication.public_id,
        "customer": publication.customer.public_id,
    }
    return Report(kind, publication.customer_id, data)
