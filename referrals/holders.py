"""Referees that are added to a referral code by hand (contract e.6)."""

from collections.abc import Sequence
from datetime import datetime

from campaigns.models import Holder, HolderRole, Voucher
from common.ids import uuid7
from common.jsons import JsonObject
from common.refusals import Duplicate, Forbidden, NotFound, Refusal
from common.transactions import run_in_transaction
from customers.profiles import Profile
from customers.resolution import resolve_customers
from events.chain import Cause, Effect, run_chain
from events.customer_metadata import metadata_check, refusals_of
from events.models import StoredEffect
from events.recording import profile_effects
from projects.models import Project
from referrals.models import Conversion


def add_referees(
    project: Project,
    voucher: Voucher,
    profiles: Sequence[Profile],
    metadata: JsonObject,
    *,
    group_id: str,
    now: datetime,
) -> list[Holder]:
    """Adds the customers as referees of a published referral code, all or none. They are upserted.

    Raises Refusal `not_published`, `holder_assignement_duplication` (the contract's spelling), Duplicate, NotFound.
    """
    return run_in_transaction(lambda: _add(project, voucher, profiles, metadata, group_id, now))


def remove_referee(holder: Holder, *, group_id: str, now: datetime) -> None:
    """Takes a referee off a code, and tells the chain; a conversion that was counted stays.

    Raises Forbidden for the referrer, NotFound where the referee was taken off meanwhile.
    """
    if holder.role != HolderRole.REFEREE:
        raise Forbidden("You can not remove Referrer assignment", message="Can not remove assignment")
    run_in_transaction(lambda: _remove(holder, group_id, now))


def remove_converted(conversions: Sequence[Conversion]) -> None:
    """Takes the referees of these conversions off the codes, but for those added by hand. At most three statements."""
    pairs = {(conversion.voucher_id, conversion.referee_id) for conversion in conversions}
    holders = Holder.objects.filter(
        voucher__in={voucher_id for voucher_id, _ in pairs},
        customer__in={referee_id for _, referee_id in pairs},
        role=HolderRole.REFEREE,
    )
    own = [holder.pk for holder in holders if (holder.voucher_id, holder.customer_id) in pairs]
    # An effect tells of everybody who was added by hand, under the holder's own key.
    by_hand = set(StoredEffect.objects.filter(cause_id__in=own).values_list("cause_id", flat=True)) if own else set()
    Holder.objects.filter(pk__in=set(own) - by_hand).delete()


def _remove(holder: Holder, group_id: str, now: datetime) -> None:
    if not Holder.objects.filter(pk=holder.pk).delete()[0]:
        raise NotFound.of("holder", holder.public_id)
    cause = Cause("holder.removed", uuid7(), now, holder.customer_id)
    told = {"holder_id": holder.public_id, "code": holder.voucher.code}
    effect = Effect("holder.removed", cause, holder.customer_id, told)
    run_chain(holder.project, [cause], now=now, group_id=group_id, already=[effect])


def _add(
    project: Project, voucher: Voucher, profiles: Sequence[Profile], metadata: JsonObject, group_id: str, now: datetime
) -> list[Holder]:
    if voucher.holder_id is None:
        raise Refusal(
            "Referral code must be first published to Referrer before assigning it to Referee",
            key="not_published",
            message="Voucher is not published",
        )
    check = metadata_check(project, "holders.{}.metadata")
    people = resolve_customers(project, profiles, now=now, admits=check)
    for refusal in refusals_of(check).values():
        raise refusal
    holders: list[Holder] = []
    effects: list[Effect] = []
    for profile, person in zip(profiles, people, strict=True):
        if person is None:
            raise NotFound.of("customer", profile.id or "")
        if any(holder.customer_id == person.customer.pk for holder in holders):
            raise Duplicate.of("customer", person.customer.public_id)
        holder = Holder(
            project=project,
            voucher=voucher,
            customer=person.customer,
            role=HolderRole.REFEREE,
            metadata=metadata,
            created_at=now,
        )
        holders.append(holder)
        cause = Cause("holder.added", holder.pk, now, person.customer.pk)
        effects += profile_effects(cause, person)
        effects.append(
            Effect("holder.added", cause, person.customer.pk, {"holder_id": holder.public_id, "code": voucher.code})
        )
    _check_not_held(voucher, holders)
    Holder.objects.bulk_create(holders)
    causes = list({effect.cause.id: effect.cause for effect in effects}.values())
    run_chain(project, causes, now=now, group_id=group_id, already=effects)
    return holders


def _check_not_held(voucher: Voucher, holders: Sequence[Holder]) -> None:
    customer_ids = [holder.customer_id for holder in holders]
    if Holder.objects.filter(voucher=voucher, customer__in=customer_ids).exists():
        raise Refusal(
            "Customer is already assigned to given redeemable",
            key="holder_assignement_duplication",
            message="Customer is already assigned to given redeemable",
        )
