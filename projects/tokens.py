"""Access tokens: OAuth 2.0 client credentials (contract a.2). A token stands for its key, for fifteen minutes.

It has the rights and the limit of its key, narrowed to its scopes, and dies with it. Only its hash is stored. Why this
is not a library: docs/adr/0010.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from common.refusals import Refusal
from projects.keys import TOKEN_BYTES, token_hash
from projects.models import AccessToken, ApiKey, Project
from projects.scopes import SCOPES_OF_KIND

LIFE = timedelta(seconds=900)
MOST_TOKENS = 1_000
SWEPT_AT_ONCE = 10_000


class InvalidScope(Refusal):
    key = "invalid_scope"
    message = "Invalid scope"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token, shown this once."""

    token: str
    row: AccessToken


def issue_token(key: ApiKey, scope: str, *, now: datetime) -> Issued:
    """A token of the key; `scope` names scopes with blanks between them, none for all of the key's kind.

    Of more than MOST_TOKENS live ones of the project the oldest go. Raises InvalidScope.
    """
    scopes = _scopes(key, scope)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        # Two that issue at once would both find room for the last token.
        Project.objects.select_for_update(no_key=True).get(pk=key.project_id)
        own = AccessToken.objects.filter(project=key.project_id)
        own.filter(expires_at__lte=now).delete()
        own.filter(pk__in=list(own.order_by("-pk").values_list("pk", flat=True)[MOST_TOKENS - 1 :])).delete()
        row = AccessToken.objects.create(
            project=key.project,
            key=key,
            token_hash=token_hash(token),
            scopes=scopes,
            created_at=now,
            expires_at=now + LIFE,
        )
    return Issued(token, row)


def _scopes(key: ApiKey, scope: str) -> list[str]:
    known = SCOPES_OF_KIND[key.kind]
    asked = list(dict.fromkeys(scope.split())) or [known[0]]
    unknown = [word for word in asked if word not in known]
    if unknown:
        raise InvalidScope(f"A {key.kind} key has no scope {', '.join(unknown)[:200]}")
    return asked


def find_token(project: Project, token: str, *, now: datetime) -> AccessToken | None:
    """The project's live token of that text (one statement)."""
    found = AccessToken.objects.filter(
        project=project, token_hash=token_hash(token), expires_at__gt=now, key__revoked_at=None
    )
    return found.select_related("key").first()


def revoke_token(project: Project, token: str, *, now: datetime) -> bool:
    """Makes the token worthless at once; False where there was no live one."""
    found = find_token(project, token, now=now)
    return found is not None and bool(AccessToken.objects.filter(pk=found.pk).delete()[0])


def live_hashes(hashes: Collection[str]) -> set[str]:
    """Which of the tokens are live at this moment (one statement)."""
    rows = AccessToken.objects.filter(
        token_hash__in=hashes, expires_at__gt=timezone.now(), key__revoked_at=None
    ).values_list("token_hash", flat=True)
    return set(rows)


def sweep_tokens(now: datetime) -> int:
    """Deletes expired tokens of all projects, so many at once; how many. At most two statements."""
    keys = list(AccessToken.objects.filter(expires_at__lte=now).values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    return AccessToken.objects.filter(pk__in=keys).delete()[0] if keys else 0
