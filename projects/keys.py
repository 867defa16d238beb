"""Making, checking and revoking API keys."""

import hashlib
import hmac
import logging
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from common.jsons import JsonValue
from common.refusals import InvalidPayload, Refusal
from projects.audit import Actor, Target, record_change
from projects.models import AccessToken, ApiKey, KeyKind, Project
from projects.origins import parse_domains
from projects.scopes import covers

TOKEN_BYTES = 32
USED_GRAIN = timedelta(minutes=1)
# The highest limit of a key, in requests a minute.
MOST_REQUESTS = 1_000_000

logger = logging.getLogger(__name__)
# When this process last failed to write a key's `last_used_at`.
_failed_at: datetime | None = None


def create_key(
    project: Project,
    *,
    kind: str,
    by: Actor,
    label: str = "",
    trusted_domains: Sequence[str] = (),
    rate_limit: int | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its token, which is shown this once. Raises InvalidPayload on an unknown kind, limit or domain.

    `rate_limit` is in requests a minute: None for the installation's own, 0 for none.
    """
    if kind not in KeyKind.values:
        raise InvalidPayload.at("kind", f"kind must be one of {', '.join(KeyKind.values)}", kind)
    _check_limit(rate_limit)
    domains = parse_domains(trusted_domains)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        key = ApiKey.objects.create(
            project=project,
            kind=kind,
            key_id=str(uuid.uuid4()),
            token_hash=token_hash(token),
            label=label,
            trusted_domains=domains,
            rate_limit=rate_limit,
        )
        made = {"kind": kind, "trusted_domains": domains, "rate_limit": rate_limit}
        record_change(project, by=by, action="api_key.created", target=_target(key), after=made)
    return key, token


def change_domains(key: ApiKey, domains: Sequence[str], *, by: Actor) -> None:
    """Which pages the key is good for from now on. Raises InvalidPayload naming every domain that is none."""
    _change(key, "trusted_domains", parse_domains(domains), action="api_key.updated", by=by)


def limit_key(key: ApiKey, rate_limit: int | None, *, by: Actor) -> None:
    """Sets how many requests a minute the key may make: None for the installation's own limit, 0 for none.

    Raises InvalidPayload.
    """
    _check_limit(rate_limit)
    _change(key, "rate_limit", rate_limit, action="api_key.limited", by=by)


def _change(key: ApiKey, name: str, value: JsonValue, *, action: str, by: Actor) -> None:
    """Gives the key's row one new value, and tells the audit log where it was another."""
    with transaction.atomic():
        before = getattr(ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk), name)
        setattr(key, name, value)
        if before == value:
            return
        key.save(update_fields=[name])
        record_change(
            key.project, by=by, action=action, target=_target(key), before={name: before}, after={name: value}
        )


def _check_limit(rate_limit: int | None) -> None:
    if rate_limit is not None and not 0 <= rate_limit <= MOST_REQUESTS:
        raise InvalidPayload.at(
            "rate_limit", f"rate_limit must be a whole number from 0 to {MOST_REQUESTS}", rate_limit
        )


def revoke_keys(keys: Sequence[ApiKey], *, by: Actor, now: datetime) -> None:
    """Makes the keys worthless at once."""
    with transaction.atomic():
        for key in keys:
            key.revoked_at = now
            key.save(update_fields=["revoked_at"])
            record_change(key.project, by=by, action="api_key.revoked", target=_target(key))


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows of its key; of the token only what is stored of it.

    `key_id` is None where the token alone is shown, which is unique. `scope` is that which an access token must have
    for this request, None where a key itself is shown.
    """

    kind: str
    key_id: str | None
    token_hash: str
    scope: str | None = None

    @classmethod
    def of(cls, kind: str, key_id: str, token: str) -> "Credentials":
        return cls(kind, key_id, token_hash(token))

    @classmethod
    def of_token(cls, kind: str, token: str) -> "Credentials":
        return cls(kind, None, token_hash(token))

    @classmethod
    def of_access_token(cls, kind: str, token: str, scope: str) -> "Credentials":
        return cls(kind, None, token_hash(token), scope)


class MissingPermission(Refusal):
    """The access token is good, but not for this."""

    key = "missing_required_permission"
    message = "Missing permission"


class UnknownKey(Refusal):
    """No key, or one that opens nothing here."""

    key = "unauthorized"
    message = "Unauthorized"


def find_key(kind: str, key_id: str, token: str) -> ApiKey | None:
    """The live key of that kind with that id and token, its project loaded (one statement)."""
    return find_shown(Credentials.of(kind, key_id, token))


def find_shown(shown: Credentials) -> ApiKey | None:
    """The live key that is shown, its project loaded (one statement). Raises MissingPermission."""
    if shown.scope is not None:
        return _key_of_access_token(shown, shown.scope)
    if shown.key_id is not None and "\x00" in shown.key_id:
        return None
    named = Q(token_hash=shown.token_hash) if shown.key_id is None else Q(key_id=shown.key_id)
    key = ApiKey.objects.select_related("project").filter(named).first()
    if key is None or key.kind != shown.kind or key.is_revoked:
        return None
    return key if hmac.compare_digest(key.token_hash, shown.token_hash) else None


def _key_of_access_token(shown: Credentials, scope: str) -> ApiKey | None:
    token = (
        AccessToken.objects.select_related("key__project")
        .filter(token_hash=shown.token_hash, expires_at__gt=timezone.now(), key__revoked_at=None, key__kind=shown.kind)
        .first()
    )
    if token is None:
        return None
    if not covers(token.scopes, scope):
        raise MissingPermission(f"The access token lacks the scope {scope}")
    return token.key


def note_use(key: ApiKey, now: datetime) -> None:
    """Keeps `last_used_at` true to the minute: at most one statement a minute and key, in no transaction.

    Where nothing can be written, that is logged and not tried again for a minute: what reads goes on.
    """
    if key.last_used_at is not None and now - key.last_used_at < USED_GRAIN:
        return
    if _failed_at is not None and now - _failed_at < USED_GRAIN:
        return
    key.last_used_at = now
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_GRAIN)
    try:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        _pause_notes(now)


def _pause_notes(now: datetime) -> None:
    global _failed_at
    _failed_at = now
    logger.warning("last_used_at was not written", exc_info=True)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _target(key: ApiKey) -> Target:
    return Target("api_key", key.key_id, key.label)
