"""Recording conversions and paying for them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from campaigns.kinds import Given, Grant, give
from campaigns.models import Holder, HolderRole, Voucher
from common.ids import public_id
from common.writing import insert_new
from events.chain import Cause, Effect, Skip
from events.reasons import Reason
from projects.models import Project
from referrals.attribution import ProgramRules
from referrals.models import Conversion, ReferralTier


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event whose code converts, unless its referee was counted before."""

    cause: Cause
    voucher: Voucher
    rules: ProgramRules


def record_conversions(project: Project, candidates: Sequence[Candidate], *, now: datetime) -> dict[UUID, Conversion]:
    """A conversion for every candidate whose referee the programme did not count before, by the cause's key.

    The first event of a referee in the list wins. Three statements: the conversions, which of them are new, and the
    referees as holders.
    """
    first: dict[tuple[UUID, UUID], Conversion] = {}
    for candidate in candidates:
        name = (candidate.rules.program.pk, candidate.cause.customer_id)
        first.setdefault(name, _conversion(project, candidate))
    # Sorted by the unique key: concurrent writers in different orders would deadlock.
    fresh = insert_new(Conversion, [first[name] for name in sorted(first)])
    Holder.objects.bulk_create([_referee(conversion, now) for conversion in fresh], ignore_conflicts=True)
    return {conversion.event_id: conversion for conversion in fresh if conversion.event_id}


def pay_conversions(
    project: Project, converted: Sequence[tuple[Candidate, Conversion]], *, now: datetime
) -> Iterator[Effect | Skip]:
    """What conversions come to, in order: the conversion, then each reward that was granted and what it did."""
    due = [(candidate, conversion, list(_grants(candidate, conversion))) for candidate, conversion in converted]
    grants = [grant for _, _, owed in due for grant, _ in owed]
    given = dict(zip(grants, give(project, grants, now=now), strict=True)) if grants else {}
    for candidate, conversion, owed in due:
        yield _converted(candidate, conversion)
        for grant, tier in owed:
            yield from _granted(candidate, given[grant], tier)


def _conversion(project: Project, candidate: Candidate) -> Conversion:
    assert candidate.voucher.holder_id is not None
    return Conversion(
        project=project,
        program=candidate.rules.program,
        voucher=candidate.voucher,
        referrer_id=candidate.voucher.holder_id,
        referee_id=candidate.cause.customer_id,
        event_id=candidate.cause.id,
        converted_at=candidate.cause.occurred_at,
    )


def _referee(conversion: Conversion, now: datetime) -> Holder:
    return Holder(
        project=conversion.project,
        voucher=conversion.voucher,
        customer_id=conversion.referee_id,
        role=HolderRole.REFEREE,
        created_at=now,
    )


def _grants(candidate: Candidate, conversion: Conversion) -> Iterable[tuple[Grant, ReferralTier | None]]:
    """The referee's reward, then each tier's for the referrer."""
    program = candidate.rules.program
    if program.referee_reward_campaign_id and program.referee_reward_amount:
        grant = Grant(
            program.referee_reward_type,
            program.referee_reward_campaign_id,
            conversion.referee_id,
            program.referee_reward_amount,
            source=f"event:{candidate.cause.id}:referee:{program.pk}",
            event_id=candidate.cause.id,
        )
        yield grant, None
    for tier in candidate.rules.tiers:
        yield _tier_grant(candidate, conversion, tier), tier


def _tier_grant(candidate: Candidate, conversion: Conversion, tier: ReferralTier) -> Grant:
    return Grant(
        tier.reward_type,
        tier.reward_campaign_id,
        conversion.referrer_id,
        tier.amount,
        source=f"event:{candidate.cause.id}:tier:{tier.pk}",
        event_id=candidate.cause.id,
    )


def _converted(candidate: Candidate, conversion: Conversion) -> Effect:
    data = {
        "referrer_id": public_id("cust", conversion.referrer_id),
        "code": candidate.voucher.code,
        "campaign_id": candidate.rules.campaign.public_id,
        "conversion_id": conversion.public_id,
    }
    return Effect("referral.converted", candidate.cause, conversion.referee_id, data)


def _granted(candidate: Candidate, given: Given, tier: ReferralTier | None) -> Iterator[Effect | Skip]:
    """The reward, then what it did; or why it could not be given."""
    grant = given.grant
    if given.problem:
        yield Skip(candidate.cause, "referral", candidate.voucher.code, Reason(given.problem))
    if given.is_new:
        data = {
            "type": grant.reward_type,
            "amount": grant.amount,
            "customer": public_id("cust", grant.customer_id),
            "campaign_id": public_id("camp", grant.campaign_id),
            "card": given.card,
            "tier": tier.public_id if tier else None,
        }
        yield Effect("reward.granted", candidate.cause, grant.customer_id, data)
    for report in given.reports:
        yield Effect(report.kind, candidate.cause, report.customer_id, report.data)
