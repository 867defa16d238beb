"""Deleting campaigns and codes. What has a history keeps its rows: they are found no more, and free their names."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, ForeignObjectRel, Model, OuterRef, Q, QuerySet

from campaigns.creation import campaign_target
from campaigns.models import Campaign, CampaignType, Voucher
from campaigns.telling import tell_of_campaign, tell_of_codes
from campaigns.usage import end_use
from common.refusals import NotFound
from customers.segments import segment_book
from outbox.actions import Progress, start_action
from projects.audit import Actor, record_change
from projects.models import AsyncAction

ACTION = "CAMPAIGN.VOUCHERS_DELETE"
CHUNK = 5_000


def delete_campaign(campaign: Campaign, *, force: bool, by: Actor, request_id: str, now: datetime) -> AsyncAction:
    """Deletes a campaign at once and lets the worker delete its codes.

    Raises InUse naming what gives its rewards or codes, or waits for it; with `force` these do without it.
    """
    with transaction.atomic():
        campaign = _locked(campaign)
        end_use(campaign, force=force, by=by, now=now)
        campaign.active = False
        campaign.deleted_at = campaign.updated_at = now
        campaign.save(update_fields=["active", "deleted_at", "updated_at"])
        record_change(campaign.project, by=by, action="campaign.deleted", target=campaign_target(campaign))
        tell_of_campaign(campaign, "deleted", by=by, now=now)
        payload = {"campaign": str(campaign.pk)}
        return start_action(campaign.project, type=ACTION, payload=payload, request_id=request_id, now=now)


def delete_voucher(voucher: Voucher, *, by: Actor, now: datetime) -> None:
    """Deletes a code: its row where nothing hangs on it, else for the eyes of all who look for codes."""
    with transaction.atomic():
        own = Voucher.objects.select_for_update().filter(pk=voucher.pk, deleted_at=None)
        if not own.exists():
            raise NotFound.of("voucher", voucher.public_id)
        _delete(own, now)
        tell_of_codes(voucher.project, [voucher], "deleted", by=by, now=now)


def run(action: AsyncAction, progress: Progress) -> None:
    """For ASYNC_ACTIONS. What an earlier run has deleted is no longer there, so each run does the rest."""
    key = UUID(action.payload["campaign"])
    if Campaign.objects.filter(pk=key, campaign_type=CampaignType.LOYALTY_PROGRAM).exists():
        # Conditions on its points ask for something that nobody has any more.
        segment_book().rebuild(action.project, ["facts"], now=datetime.now(UTC))
    left = Voucher.objects.filter(campaign=key, deleted_at=None)
    progress.total(left.count())
    while keys := list(left.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic():
            # Locked in the order of their keys: a publication under way keeps its code.
            chunk = Voucher.objects.select_for_update().filter(pk__in=keys, deleted_at=None).order_by("pk")
            deleted = list(chunk.values_list("pk", flat=True))
            _delete(Voucher.objects.filter(pk__in=deleted), datetime.now(UTC))
        progress.done(len(keys))


def _locked(campaign: Campaign) -> Campaign:
    rows = Campaign.objects.select_for_update(no_key=True, of=("self",)).select_related("project")
    locked = rows.filter(pk=campaign.pk, deleted_at=None).first()
    if locked is None:
        raise NotFound.of("campaign", campaign.public_id)
    return locked


def _delete(vouchers: QuerySet[Voucher], now: datetime) -> None:
    """Two statements, by the database's own word for what hangs on a code."""
    with_history = vouchers.filter(_has_history())
    with_history.update(deleted_at=now, active=False, updated_at=now)
    without = vouchers.filter(deleted_at=None)
    # Past Django's collector, which would load every row to look for what _has_history has looked for.
    without._raw_delete(without.db)


def _has_history() -> Q:
    """Whether any row of any app points at a code: campaigns know neither cards nor conversions by name."""
    found = Q(pk__in=())
    for relation in Voucher._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel):
            found |= Q(_points_here(relation.related_model, relation.field.name))
    return found


def _points_here(model: Any, name: str) -> Exists:
    rows: QuerySet[Model] = model._base_manager.filter(**{name: OuterRef("pk")})
    return Exists(rows)
