"""Taking conversions back for an event that is voided (docs/algorithms/voiding.md)."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from campaigns.codes import find_by_codes
from campaigns.kinds import Report
from common.ids import parse_public_id, public_id
from common.jsons import JsonObject
from events.chain import Undoing
from events.models import EventVoid, StoredEffect
from events.reasons import Reason
from projects.models import Project
from referrals.holders import remove_converted
from referrals.models import STANDING, Conversion, ConversionStatus

EVENT_VOIDED = "event_voided"
# Of the events that were declined later at most so many are read, the oldest first.
MOST_LATER = 1_000


def void_conversions(project: Project, told: Sequence[Report]) -> tuple[list[Conversion], list[Report]]:
    """Voids the standing conversions among `told`, and frees their referees to convert again.

    At most six statements; none where nothing was converted.
    """
    converted = dict(_converted(told))
    if not converted:
        return [], []
    standing = Conversion.objects.filter(project=project, pk__in=converted, status__in=STANDING)
    conversions = list(standing.order_by("pk"))
    keys = [conversion.pk for conversion in conversions]
    Conversion.objects.filter(pk__in=keys).update(status=ConversionStatus.VOIDED, reason=EVENT_VOIDED)
    remove_converted(conversions)
    return conversions, [
        Report("referral.voided", conversion.referee_id, converted[conversion.pk].data) for conversion in conversions
    ]


def revoked_rewards(told: Sequence[Report]) -> list[Report]:
    """That the rewards among `told` are taken back; what that did to points is told beside."""
    return [
        Report("reward.revoked", report.customer_id, report.data) for report in told if report.kind == "reward.granted"
    ]


def declined_since(undoing: Undoing, conversions: Sequence[Conversion]) -> list[JsonObject]:
    """The referees' later events that were declined because of these conversions. At most three statements."""
    if not conversions:
        return []
    told = max(effect.pk for effect in undoing.effects if effect.kind == "referral.converted")
    rows = StoredEffect.objects.filter(
        project=undoing.project,
        customer__in={conversion.referee_id for conversion in conversions},
        pk__gt=told,
        kind=StoredEffect.DECLINED,
    ).order_by("pk")[:MOST_LATER]
    declined = [(row, code) for row in rows for code in _declined_codes(row)]
    declined = _of_programs(undoing.project, declined, conversions)
    voided = _voided({row.event_id for row, _ in declined if row.event_id})
    return [_listed(row, code) for row, code in declined if row.event_id not in voided]


def _declined_codes(row: StoredEffect) -> Iterator[str]:
    for skip in row.data["skipped"]:
        if skip["kind"] == "referral" and skip["reason"] == Reason.ALREADY_REFERRED:
            yield skip["id"]


def _of_programs(
    project: Project, declined: Sequence[tuple[StoredEffect, str]], conversions: Sequence[Conversion]
) -> list[tuple[StoredEffect, str]]:
    """Those that the very programme declined for the very referee."""
    names = {(conversion.program_id, conversion.referee_id) for conversion in conversions}
    vouchers = find_by_codes(project, list({code for _, code in declined}))
    return [
        (row, code)
        for row, code in declined
        if code in vouchers and (vouchers[code].campaign_id, row.customer_id) in names
    ]


def _voided(event_ids: set[UUID]) -> set[UUID]:
    if not event_ids:
        return set()
    return set(EventVoid.objects.filter(pk__in=event_ids).values_list("pk", flat=True))


def _listed(row: StoredEffect, code: str) -> JsonObject:
    return {
        "kind": "referral.declined",
        "code": code,
        "customer": public_id("cust", row.customer_id),
        "event": public_id("event", row.event_id) if row.event_id else None,
        "reason": str(Reason.ALREADY_REFERRED),
    }


def _converted(told: Sequence[Report]) -> Iterator[tuple[UUID, Report]]:
    """The conversions among `told`, by their keys."""
    for report in told:
        key = parse_public_id("conv", report.data.get("conversion_id"))
        if report.kind == "referral.converted" and key is not None:
            yield key, report
