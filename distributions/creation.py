"""Making, changing, pausing and deleting distributions."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from campaigns.models import Campaign
from campaigns.usage import hold_campaigns
from common.ids import parse_public_id, public_id
from common.jsons import JsonObject
from common.refusals import Duplicate, FieldError, InvalidPayload, NotFound
from customers.segments import follow_segment
from distributions.checking import DistributionFields, Limit, errors_of, tidied_channels
from distributions.models import Delivery, Distribution
from distributions.validating import give_validation_rule
from distributions.waking import start_waking
from projects.audit import Actor, Target, record_change
from projects.models import Project
from webhooks.holding import give_up_all, hold_back, release_held
from webhooks.models import SourceKind

MOST_LIVING = 500


def find_distribution(project: Project, distribution_id: str) -> Distribution:
    """A living distribution by its id, with its event and its campaigns. Raises NotFound."""
    key = parse_public_id("distr", distribution_id)
    rows = Distribution.objects.select_related("definition", "campaign", "trigger_campaign")
    found = rows.filter(project=project, pk=key, deleted_at=None).first() if key else None
    if found is None:
        raise NotFound.of("distribution", distribution_id)
    found.project = project
    return found


def find_delivery(project: Project, delivery_id: str) -> Delivery:
    """Raises NotFound."""
    key = parse_public_id("dlv", delivery_id)
    rows = Delivery.objects.select_related("distribution", "customer", "publication__voucher__campaign")
    found = rows.filter(project=project, pk=key).first() if key else None
    if found is None:
        raise NotFound.of("delivery", delivery_id)
    found.project = project
    return found


def create_distribution(
    project: Project, fields: DistributionFields, *, active: bool = True, by: Actor, now: datetime
) -> Distribution:
    """Raises InvalidPayload with every error, Duplicate for a name that is taken."""
    errors = errors_of(fields)
    if Distribution.objects.filter(project=project, deleted_at=None).count() >= MOST_LIVING:
        errors.append(FieldError("name", "too_many", f"A project has at most {MOST_LIVING} distributions"))
    if errors:
        raise InvalidPayload.of(errors)
    distribution = Distribution(project=project, active=active, created_at=now)
    with transaction.atomic():
        _hold_campaigns(fields)
        _apply(distribution, fields, by, now)
        _save(distribution, is_new=True)
        give_validation_rule(distribution, fields.validation_rule_id, by=by, now=now)
        _record(distribution, "distribution.created", by, after=shown(distribution))
    return distribution


def change_distribution(
    distribution: Distribution,
    fields: DistributionFields,
    *,
    active: bool | None = None,
    by: Actor,
    now: datetime,
) -> Distribution:
    """Puts what it is to be in the place of what it was; what waits is delivered as it is then.

    `active` None leaves the switch as it is. Raises InvalidPayload, Duplicate, NotFound.
    """
    errors = errors_of(fields)
    if errors:
        raise InvalidPayload.of(errors)
    with transaction.atomic():
        _hold_campaigns(fields)
        distribution = _locked(distribution)
        before = shown(distribution)
        _apply(distribution, fields, by, now)
        distribution.updated_at = now
        if active is not None and active != distribution.active:
            _switch(distribution, active, now)
        _save(distribution)
        give_validation_rule(distribution, fields.validation_rule_id, by=by, now=now)
        _record(distribution, "distribution.updated", by, before=before, after=shown(distribution))
    return distribution


def enable_distribution(distribution: Distribution, *, by: Actor, now: datetime) -> Distribution:
    """Lets it schedule and deliver, also where it was paused; what waits goes on.

    Raises NotFound, and InvalidPayload where its campaign is deleted.
    """
    return _set_active(distribution, True, "distribution.enabled", by, now)


def disable_distribution(distribution: Distribution, *, by: Actor, now: datetime) -> Distribution:
    """It schedules nothing more, and what waits goes on waiting. Raises NotFound."""
    return _set_active(distribution, False, "distribution.disabled", by, now)


def pause_distribution(distribution: Distribution, *, reason: str, by: Actor, now: datetime) -> None:
    """It schedules as before, and delivers nothing until it is enabled. Raises NotFound."""
    with transaction.atomic():
        distribution = _locked(distribution)
        if distribution.paused_at is not None:
            return
        distribution.paused_at, distribution.paused_reason = now, reason[:300]
        distribution.save(update_fields=["paused_at", "paused_reason"])
        hold_back(distribution.pk, reason)
        _record(distribution, "distribution.paused", by, after={"reason": reason[:300]})


def delete_distribution(distribution: Distribution, *, by: Actor, now: datetime) -> None:
    """Ends it at once; what waits is cancelled. Its name is free, history stays. Raises NotFound."""
    with transaction.atomic():
        distribution = _locked(distribution)
        distribution.deleted_at = now
        distribution.save(update_fields=["deleted_at"])
        _record(distribution, "distribution.deleted", by, before=shown(distribution))
        give_up_all(distribution.pk, "The distribution was deleted.", now)
        start_waking(distribution, now=now)


def let_campaign_go(distribution: Distribution, *, by: Actor, now: datetime) -> None:
    """Switches it off, since its campaign is being deleted; what waits for a code of that ends."""
    disable_distribution(distribution, by=by, now=now)
    start_waking(distribution, now=now)


def shown(distribution: Distribution) -> JsonObject:
    """For the audit log; channels without their headers, which may hold secrets."""
    limit = limit_of(distribution)
    return {
        "name": distribution.name,
        "trigger": distribution.trigger,
        "custom_event": distribution.definition.name if distribution.definition else None,
        "segment": public_id("seg", distribution.segment_id) if distribution.segment_id else None,
        "trigger_campaign": distribution.trigger_campaign.name if distribution.trigger_campaign else None,
        "action": distribution.action,
        "campaign": distribution.campaign.name if distribution.campaign else None,
        "channels": [
            {name: value for name, value in one.items() if name != "headers"} for one in distribution.channels
        ],
        "delay": distribution.delay,
        "limit": {"count": limit.count, "period": limit.period} if limit else None,
        "active": distribution.active,
    }


def limit_of(distribution: Distribution) -> Limit | None:
    if distribution.limit_count is None:
        return None
    return Limit(distribution.limit_count, distribution.limit_period)


def _locked(distribution: Distribution) -> Distribution:
    rows = Distribution.objects.select_for_update(no_key=True, of=("self",))
    rows = rows.select_related("project", "definition", "campaign", "trigger_campaign")
    locked = rows.filter(pk=distribution.pk, deleted_at=None).first()
    if locked is None:
        raise NotFound.of("distribution", distribution.public_id)
    return locked


def _hold_campaigns(fields: DistributionFields) -> None:
    """They stay until the end of the transaction. Raises InvalidPayload naming those that are deleted."""
    named = {"trigger.campaign.id": fields.trigger_campaign, "action.campaign.id": fields.campaign}
    keys = {path: campaign.pk for path, campaign in named.items() if campaign}
    _check_living(keys, hold_campaigns(keys.values()) if keys else ())


def _check_campaigns(distribution: Distribution) -> None:
    """Asked anew: what was read with the row may be older than its lock."""
    named = {"trigger.campaign.id": distribution.trigger_campaign_id, "action.campaign.id": distribution.campaign_id}
    keys = {path: key for path, key in named.items() if key}
    living = Campaign.objects.filter(pk__in=keys.values(), deleted_at=None)
    _check_living(keys, set(living.values_list("pk", flat=True)) if keys else ())


def _check_living(keys: Mapping[str, UUID], living: Collection[UUID]) -> None:
    errors = [
        FieldError(path, "not_found", f"Property .{path} names a campaign that is deleted", public_id("camp", key))
        for path, key in keys.items()
        if key not in living
    ]
    if errors:
        raise InvalidPayload.of(errors)


def _apply(distribution: Distribution, fields: DistributionFields, by: Actor, now: datetime) -> None:
    """Raises InvalidPayload where there is no such segment."""
    project = distribution.project
    if fields.segment_id is not None:
        follow_segment(project, fields.segment_id, "trigger.segment.id", by=by, now=now)
    distribution.name = fields.name
    distribution.trigger, distribution.action = fields.trigger, fields.action
    distribution.definition, distribution.segment_id = fields.definition, fields.segment_id
    distribution.trigger_campaign, distribution.campaign = fields.trigger_campaign, fields.campaign
    distribution.channels = tidied_channels(fields.channels)
    distribution.delay = fields.delay
    distribution.limit_count = fields.limit.count if fields.limit else None
    distribution.limit_period = fields.limit.period if fields.limit else ""


def _save(distribution: Distribution, *, is_new: bool = False) -> None:
    try:
        with transaction.atomic():
            distribution.save(force_insert=is_new)
    except IntegrityError as error:
        raise Duplicate.of("distribution", distribution.name) from error


def _set_active(distribution: Distribution, active: bool, action: str, by: Actor, now: datetime) -> Distribution:
    with transaction.atomic():
        distribution = _locked(distribution)
        if distribution.active == active and (distribution.paused_at is None or not active):
            return distribution
        if active:
            _check_campaigns(distribution)
        _switch(distribution, active, now)
        distribution.updated_at = now
        distribution.save(update_fields=["active", "paused_at", "paused_reason", "updated_at"])
        _record(distribution, action, by)
    return distribution


def _switch(distribution: Distribution, active: bool, now: datetime) -> None:
    """Also what its webhooks have not sent yet waits, or goes on."""
    distribution.active = active
    if active:
        distribution.paused_at, distribution.paused_reason = None, ""
        start_waking(distribution, now=now)
        release_held(distribution.project, SourceKind.DISTRIBUTION, distribution.pk, now)
    else:
        hold_back(distribution.pk, "The distribution is switched off.")


def _record(distribution: Distribution, action: str, by: Actor, **values: JsonObject) -> None:
    target = Target("distribution", distribution.public_id, distribution.name)
    record_change(distribution.project, by=by, action=action, target=target, **values)
