"""Which key a request carries, and so which project it is about. The tenant is never read from the body."""

import base64
import binascii
from datetime import UTC, datetime
from typing import ClassVar

from django.http import HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from projects.keys import Credentials, UnknownKey, find_shown, note_use
from projects.limits import Quota, TooManyRequests, request_counter
from projects.models import ApiKey, KeyKind
from projects.origins import check_origin
from projects.scopes import scope_of_path


class KeyAuthentication(BaseAuthentication):
    """A pair of headers names a key; `request.auth` is the ApiKey with its project (one statement).

    A key with a limit is counted here (one more). Raises UnknownKey, MissingPermission for an access token that is
    for something else, TooManyRequests, and UntrustedOrigin for a client key on somebody else's page.
    """

    kind: ClassVar[str]
    # Whether an access token of such a key opens the door as well (contract a.2).
    takes_tokens: ClassVar[bool] = True
    id_header: ClassVar[str]
    token_header: ClassVar[str]

    def authenticate(self, request: Request) -> tuple[None, ApiKey]:
        key = find_shown(self.shown(request))
        if key is None:
            raise UnknownKey
        check_origin(key, origin_of(request))
        (quota,) = request_counter.take([key])
        keep_quota(request, quota)
        if quota is not None and quota.is_exceeded:
            raise TooManyRequests(quota)
        note_use(key, datetime.now(UTC))
        return None, key

    @classmethod
    def shown(cls, request: Request) -> Credentials:
        key_id = request.META.get(cls.id_header)
        if key_id is None and cls.takes_tokens and (token := _bearer(request)):
            return Credentials.of_access_token(cls.kind, token, scope_of_path(request.path_info))
        return Credentials.of(cls.kind, key_id or "", request.META.get(cls.token_header, ""))


def _bearer(request: Request) -> str:
    """The token of `Authorization: Bearer …`; the empty string for anything else."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def keep_quota(request: Request, quota: Quota | None) -> None:
    """Remembers it for the headers of the answer (contract a.3)."""
    request.quota = quota  # type: ignore[attr-defined]  # read by tell_quota


def tell_quota(request: Request, response: HttpResponse) -> None:
    """Adds the headers of every answer to a key that has a limit; none for others."""
    quota: Quota | None = getattr(request, "quota", None)
    if quota is None:
        return
    response.headers["X-Rate-Limit-Limit"] = str(quota.limit)
    response.headers["X-Rate-Limit-Remaining"] = str(quota.remaining)
    response.headers["X-Rate-Limit-Retry"] = str(quota.next_at)


class ServerKey(KeyAuthentication):
    kind = KeyKind.SERVER
    id_header = "HTTP_X_APP_ID"
    token_header = "HTTP_X_APP_TOKEN"


class ClientKey(KeyAuthentication):
    """The key of a web page or an app. It is public, so it opens little, and only to the origins that it trusts."""

    kind = KeyKind.CLIENT
    id_header = "HTTP_X_CLIENT_APPLICATION_ID"
    token_header = "HTTP_X_CLIENT_TOKEN"


class ManagementKey(KeyAuthentication):
    kind = KeyKind.MANAGEMENT
    takes_tokens = False
    id_header = "HTTP_X_MANAGEMENT_ID"
    token_header = "HTTP_X_MANAGEMENT_TOKEN"


def origin_of(request: Request) -> str:
    """The page that a browser calls from, as the browser says; the empty string where nobody says."""
    origin: str = request.META.get("HTTP_ORIGIN", "")
    return origin


class IssuingKey(ServerKey):
    """What gives out access tokens: a server key or a client key itself, and no token of one."""

    takes_tokens = False

    @classmethod
    def shown(cls, request: Request) -> Credentials:
        is_client = cls.id_header not in request.META and ClientKey.id_header in request.META
        if not is_client:
            return super().shown(request)
        key_id, token = (request.META.get(name, "") for name in (ClientKey.id_header, ClientKey.token_header))
        return Credentials.of(ClientKey.kind, key_id, token)


class SegmentKey(KeyAuthentication):
    """HTTP Basic as Segment's SDKs send it: a server key's token as user name, and no password."""

    kind = KeyKind.SERVER
    takes_tokens = False

    @classmethod
    def shown(cls, request: Request) -> Credentials:
        return Credentials.of_token(cls.kind, _user_name(request.META.get("HTTP_AUTHORIZATION", "")))


def _user_name(header: str) -> str:
    """The user name of a Basic header whose password is empty; nothing for any other header."""
    scheme, _, encoded = header.partition(" ")
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return ""
    return name if scheme.lower() == "basic" and colon and not password else ""
