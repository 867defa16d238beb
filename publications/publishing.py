"""Publishing a code outside an event: the customer resolved, the code given, and both told to the chain."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.codes import find_by_codes
from campaigns.kinds import Report
from campaigns.models import Campaign, Publication, Voucher
from campaigns.publishing import Assignment, Published, assign, take_free_vouchers
from campaigns.reading import find_campaign
from common.ids import uuid7
from common.jsons import JsonObject
from common.refusals import NotFound, Refusal
from common.transactions import run_in_transaction
from customers.models import Customer
from customers.profiles import Profile
from customers.resolution import Resolved, resolve_customers
from events.chain import Cause, Effect, run_chain
from events.customer_metadata import metadata_check, refusals_of
from events.recording import profile_effects
from eventschema.resources import check_metadata
from projects.audit import Actor
from projects.models import Project


@dataclass(frozen=True, slots=True)
class PublicationRequest:
    """What is to be published to whom: a code, any free code of a campaign, or that code of that campaign."""

    customer: Profile
    campaign: str | None = None
    code: str | None = None
    source_id: str | None = None
    channel: str = "API"
    metadata: JsonObject = field(default_factory=dict)
    # How many free codes of the campaign.
    count: int = 1
    # Whether a customer who has a code of the campaign is answered with that one; None leaves it to the campaign.
    join_once: bool | None = None


# Codes of one publication.
MOST_AT_ONCE = 50


def publish(
    project: Project, request: PublicationRequest, *, group_id: str, now: datetime, by: Actor | None = None
) -> Publication:
    """Publish one code or several, or find the customer's earlier publication where the campaign is joined once.

    Several codes are one publication with parts. Raises NotFound (campaign, code, customer id), MetadataInvalid, and
    Refusal with the contract's keys (h.3).
    """
    check_metadata(project, "publication", request.metadata)
    return run_in_transaction(lambda: _publish(project, request, by, group_id, now))


def _publish(
    project: Project, request: PublicationRequest, by: Actor | None, group_id: str, now: datetime
) -> Publication:
    campaign, asked_for = _what(project, request)
    check = metadata_check(project, "customer.metadata")
    person = resolve_customers(project, [request.customer], now=now, admits=check)[0]
    for refusal in refusals_of(check).values():
        raise refusal
    if person is None:
        raise NotFound.of("customer", request.customer.id or "")
    once = _is_joined_once(campaign, request)
    _check_count(request, 1 if once or request.source_id is not None or asked_for else MOST_AT_ONCE)
    earlier = _earlier(campaign, person.customer) if once and campaign else None
    if earlier is not None:
        _tell(project, person, [], by, group_id, now)
        return earlier
    if request.source_id is not None:
        _check_source_id(project, request.source_id)
    vouchers = [_usable(asked_for)] if asked_for else _free_vouchers(campaign, request.count, now)
    assignments = [_assignment(voucher, person.customer, request, place) for place, voucher in enumerate(vouchers)]
    published = assign(project, assignments, now=now)
    _tell(project, person, published, by, group_id, now)
    return published[0].publication


def too_many(most: int) -> Refusal:
    return Refusal(
        f"Only up to {most} can be published",
        key="too_many_vouchers_requested",
        message="Too many vouchers requested",
    )


def _is_joined_once(campaign: Campaign | None, request: PublicationRequest) -> bool:
    """A code that stands alone is nobody's to join."""
    if campaign is None:
        return False
    return campaign.join_once if request.join_once is None else request.join_once


def _check_count(request: PublicationRequest, most: int) -> None:
    if request.count > most:
        raise too_many(most)


def _assignment(voucher: Voucher, customer: Customer, request: PublicationRequest, place: int) -> Assignment:
    """The sender's id of a publication is that of its first code."""
    source_id = request.source_id if place == 0 else None
    return Assignment(voucher, customer, request.channel, source_id, request.metadata, is_part=place > 0)


def _what(project: Project, request: PublicationRequest) -> tuple[Campaign | None, Voucher | None]:
    """The campaign, and the code where one was asked for, locked."""
    campaign = find_campaign(project, request.campaign) if request.campaign is not None else None
    if request.code is None:
        if campaign is None:
            raise Refusal("Either Campaign or Voucher is required", key="missing_vouchers", message="Missing vouchers")
        return campaign, None
    found = find_by_codes(project, [request.code]).get(request.code)
    if found is None or (campaign is not None and found.campaign_id != campaign.pk):
        raise NotFound.of("voucher", request.code)
    rows = Voucher.objects.select_for_update(no_key=True, of=("self",)).select_related("campaign")
    voucher = rows.filter(pk=found.pk, deleted_at=None).first()
    if voucher is None:
        raise NotFound.of("voucher", request.code)
    if voucher.campaign is not None:
        voucher.campaign.project = project
    return voucher.campaign, voucher


def _earlier(campaign: Campaign, customer: Customer) -> Publication | None:
    publications = Publication.objects.filter(
        voucher__campaign=campaign, voucher__deleted_at=None, customer=customer, revoked_at=None, part_of=None
    )
    return publications.select_related("voucher__campaign", "customer").order_by("id").first()


def _usable(voucher: Voucher) -> Voucher:
    if voucher.holder_id is not None:
        raise Refusal(
            f"Voucher '{voucher.public_id}' has already been published",
            key="voucher_already_published",
            message="Voucher already published",
            resource_type="voucher",
            resource_id=voucher.public_id,
        )
    if not voucher.active:
        raise Refusal("voucher is disabled", key="voucher_disabled", message="voucher is disabled")
    return voucher


def _free_vouchers(campaign: Campaign | None, count: int, now: datetime) -> list[Voucher]:
    """All of them or none."""
    assert campaign is not None  # _what has refused a request without a campaign and a code
    vouchers = take_free_vouchers(campaign, count, now=now)
    if len(vouchers) < count:
        raise Refusal(
            "Couldn't create new vouchers for publication",
            key="no_voucher_suitable_for_publication",
            message="Couldn't find any voucher suitable for publication",
        )
    return vouchers


def _check_source_id(project: Project, source_id: str) -> None:
    if Publication.objects.filter(project=project, source_id=source_id).exists():
        raise Refusal(
            f"Publication with source_id: '{source_id}' already exists",
            key="duplicate_source_id",
            message="Duplicate source_id",
        )


def _tell(
    project: Project, person: Resolved, published: Sequence[Published], by: Actor | None, group_id: str, now: datetime
) -> None:
    """Hands what happened to the chain, under one cause: the publication, or the profile where none was made."""
    if not published:
        cause = Cause("customer.updated", uuid7(), now, person.customer.pk)
    else:
        cause = Cause("publication", published[0].publication.pk, now, person.customer.pk)
    reports: Sequence[Report] = [report for each in published for report in each.reports]
    effects = profile_effects(cause, person)
    effects += [Effect(report.kind, cause, report.customer_id, report.data) for report in reports]
    if effects:
        run_chain(project, [cause], now=now, group_id=group_id, by=by, already=effects)
