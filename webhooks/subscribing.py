"""Making, changing and deleting webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from common.ids import parse_public_id
from common.jsons import JsonObject
from common.refusals import FieldError, InvalidPayload, NotFound
from projects.audit import Actor, Target, record_change
from projects.models import Project
from webhooks.event_types import EVENT_TYPES, rightly_spelled
from webhooks.holding import give_up_all, hold_back, release_held
from webhooks.models import LONGEST_URL, SourceKind, Webhook
from webhooks.targets import target_problem


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where to, and what of. `events` are types as the caller spells them; `by_api` keeps that spelling for answers.

    `active` None leaves the switch as it is; a new webhook is active.
    """

    target_url: str
    events: Sequence[str]
    active: bool | None = None
    by_api: bool = True


def find_webhook(project: Project, webhook_id: str) -> Webhook:
    """Raises NotFound."""
    key = parse_public_id("wh", webhook_id)
    webhook = Webhook.objects.filter(project=project, pk=key).first() if key else None
    if webhook is None:
        raise NotFound.of("webhook", webhook_id)
    webhook.project = project
    return webhook


def create_webhook(project: Project, wanted: Subscription, *, by: Actor) -> Webhook:
    """Raises InvalidPayload with every error."""
    webhook = Webhook(project=project, active=wanted.active is not False)
    _apply(webhook, wanted)
    with transaction.atomic():
        webhook.save(force_insert=True)
        record_change(project, by=by, action="webhook.created", target=_target(webhook), after=_shown(webhook))
    return webhook


def change_webhook(webhook: Webhook, wanted: Subscription, *, by: Actor, now: datetime) -> Webhook:
    """Puts the address and the types in the place of the former ones. Raises InvalidPayload, NotFound."""
    with transaction.atomic():
        webhook = _locked(webhook)
        before = _shown(webhook)
        _apply(webhook, wanted)
        _switch(webhook, wanted, now)
        webhook.updated_at = now
        webhook.save()
        target, after = _target(webhook), _shown(webhook)
        record_change(webhook.project, by=by, action="webhook.updated", target=target, before=before, after=after)
    return webhook


def delete_webhook(webhook: Webhook, *, by: Actor, now: datetime) -> None:
    """It hears of nothing more, not of what waits either. Raises NotFound."""
    with transaction.atomic():
        webhook = _locked(webhook)
        target, before = _target(webhook), _shown(webhook)
        give_up_all(webhook.pk, "The webhook was deleted.", now)
        webhook.delete()
        record_change(webhook.project, by=by, action="webhook.deleted", target=target, before=before)


def _switch(webhook: Webhook, wanted: Subscription, now: datetime) -> None:
    """Holds back what waits where it is turned off, and lets it go where it is turned on."""
    was_active = webhook.active
    webhook.active = was_active if wanted.active is None else wanted.active
    if was_active and not webhook.active:
        hold_back(webhook.pk, "The webhook was turned off.")
    if webhook.active and not was_active:
        webhook.paused_at, webhook.paused_why = None, ""
        release_held(webhook.project, SourceKind.WEBHOOK, webhook.pk, now)


def _locked(webhook: Webhook) -> Webhook:
    rows = Webhook.objects.select_for_update(no_key=True, of=("self",)).select_related("project")
    locked = rows.filter(pk=webhook.pk).first()
    if locked is None:
        raise NotFound.of("webhook", webhook.public_id)
    return locked


def _apply(webhook: Webhook, wanted: Subscription) -> None:
    named = list(dict.fromkeys(wanted.events))
    errors = [*url_errors(wanted.target_url), *_event_errors(named)]
    if errors:
        raise InvalidPayload.of(errors)
    webhook.target_url = wanted.target_url
    right = list(dict.fromkeys(map(rightly_spelled, named)))
    # On a page people see the types alone: one who changes something else leaves the spelling as it was.
    if wanted.by_api or right != webhook.events:
        webhook.events_as_sent = named if wanted.by_api else None
    webhook.events = right


def url_errors(url: str, path: str = "target_url") -> list[FieldError]:
    """What can be seen of it as it is written; what its name leads to is judged when something is sent."""
    if len(url) > LONGEST_URL:
        message = f"Property .{path} must have at most {LONGEST_URL} characters"
        return [FieldError(path, "too_long", message, url)]
    if not _is_web_address(url):
        message = f"Property .{path} must be an address that begins with https:// or http://"
        return [FieldError(path, "url", message, url)]
    problem = target_problem(url)
    return [FieldError(path, "refused", f"Property .{path} is refused: {problem}", url)] if problem else []


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # raises where the port is none
    except ValueError:
        return False
    # urlsplit drops line ends and tabs: an address is what it is, to the letter.
    is_plain = url.isprintable() and " " not in url
    return is_plain and parts.scheme in ("http", "https") and bool(host) and "\\" not in url


def _event_errors(named: Sequence[str]) -> list[FieldError]:
    if not named:
        return [FieldError("events", "required", "Property .events must name at least one event type")]
    return [
        FieldError(
            f"events.{position}", "unknown", f"Property .events.{position} must be one of the event types", name
        )
        for position, name in enumerate(named)
        if rightly_spelled(name) not in EVENT_TYPES
    ]


def _shown(webhook: Webhook) -> JsonObject:
    return {"target_url": webhook.target_url, "events": webhook.events, "active": webhook.active}


def _target(webhook: Webhook) -> Target:
    return Target("webhook", webhook.public_id, webhook.target_url)
