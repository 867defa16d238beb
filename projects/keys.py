"""Making, checking and revoking API keys."""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from common.refusals import InvalidPayload, Refusal
from projects.audit import Actor, Target, record_change
from projects.models import ApiKey, KeyKind, Project
from projects.origins import parse_domains

TOKEN_BYTES = 32
USED_GRAIN = timedelta(minutes=1)


def create_key(
    project: Project, *, kind: str, by: Actor, label: str = "", trusted_domains: Sequence[str] = ()
) -> tuple[ApiKey, str]:
    """A new key and its token, which is shown this once. Raises InvalidPayload on an unknown kind or a bad domain."""
    if kind not in KeyKind.values:
        raise InvalidPayload.at("kind", f"kind must be one of {', '.join(KeyKind.values)}", kind)
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
        )
        made = {"kind": kind, "trusted_domains": domains}
        record_change(project, by=by, action="api_key.created", target=_target(key), after=made)
    return key, token


def change_domains(key: ApiKey, domains: Sequence[str], *, by: Actor) -> None:
    """Which pages the key is good for from now on. Raises InvalidPayload naming every domain that is none."""
    parsed = parse_domains(domains)
    with transaction.atomic():
        key = ApiKey.objects.select_for_update(of=("self",), no_key=True).select_related("project").get(pk=key.pk)
        before, key.trusted_domains = key.trusted_domains, parsed
        key.save(update_fields=["trusted_domains"])
        if parsed != before:
            record_change(
                key.project,
                by=by,
                action="api_key.updated",
                target=_target(key),
                before={"trusted_domains": before},
                after={"trusted_domains": parsed},
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

    `key_id` is None where the token alone is shown, which is unique.
    """

    kind: str
    key_id: str | None
    token_hash: str

    @classmethod
    def of(cls, kind: str, key_id: str, token: str) -> "Credentials":
        return cls(kind, key_id, token_hash(token))

    @classmethod
    def of_token(cls, kind: str, token: str) -> "Credentials":
        return cls(kind, None, token_hash(token))


class UnknownKey(Refusal):
    """No key, or one that opens nothing here."""

    key = "unauthorized"
    message = "Unauthorized"


def find_key(kind: str, key_id: str, token: str) -> ApiKey | None:
    """The live key of that kind with that id and token, its project loaded (one statement)."""
    return find_shown(Credentials.of(kind, key_id, token))


def find_shown(shown: Credentials) -> ApiKey | None:
    if shown.key_id is not None and "\x00" in shown.key_id:
        return None
    named = Q(token_hash=shown.token_hash) if shown.key_id is None else Q(key_id=shown.key_id)
    key = ApiKey.objects.select_related("project").filter(named).first()
    if key is None or key.kind != shown.kind or key.is_revoked:
        return None
    return key if hmac.compare_digest(key.token_hash, shown.token_hash) else None


def note_use(key: ApiKey, now: datetime) -> None:
    """Keeps `last_used_at` true to the minute: at most one statement a minute and key, in no transaction."""
    if key.last_used_at is not None and now - key.last_used_at < USED_GRAIN:
        return
    key.last_used_at = now
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_GRAIN)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _target(key: ApiKey) -> Target:
    return Target("api_key", key.key_id, key.label)
