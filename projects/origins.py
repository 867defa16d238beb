"""Which web pages may use a client key: its trusted domains against the `Origin` that a browser sends.

A trusted domain is `*`, a host name (any scheme, any port), or a full origin (scheme, host and port, exactly).
"""

import re
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from django.db import InterfaceError, OperationalError
from django.db.models import Max

from common.refusals import FieldError, Forbidden, InvalidPayload
from projects.models import ApiKey, KeyKind, Project

ANY = "*"
DEFAULT_PORTS = {"http": 80, "https": 443}
MOST_DOMAINS = 100
LONGEST_DOMAIN = 255
RENEWED_SECONDS = 60

_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|\[[0-9a-f:.]+\]")
_PORT = re.compile(r":\d+$")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


class UntrustedOrigin(Forbidden):
    """A client key is used from a page that is not among its trusted domains."""

    @classmethod
    def of(cls, origin: str) -> "UntrustedOrigin":
        shown = origin[:LONGEST_DOMAIN]
        sentence = f"The origin {shown} is not trusted by this key" if shown else "This key needs an Origin header"
        return cls(sentence, errors=[FieldError("Origin", "untrusted", sentence, shown or None)])


def parse_domains(domains: Sequence[str]) -> list[str]:
    """The domains as they are compared, each once. Raises InvalidPayload naming every one that is none."""
    parsed = {domain: _normal(domain) for domain in domains}
    errors = [
        FieldError(
            "trusted_domains",
            "domain",
            f"“{domain[:LONGEST_DOMAIN]}” is neither * nor a host name such as shop.example nor an origin such as "
            "https://shop.example:8443.",
            domain,
        )
        for domain, normal in parsed.items()
        if normal is None
    ]
    if len(domains) > MOST_DOMAINS:
        errors.append(FieldError("trusted_domains", "length", f"A key trusts at most {MOST_DOMAINS} domains."))
    if errors:
        raise InvalidPayload.of(errors)
    return list(dict.fromkeys(normal for normal in parsed.values() if normal is not None))


def check_origin(key: ApiKey, origin: str) -> None:
    """Raises UntrustedOrigin where a client key is used from elsewhere; other keys are no browser's."""
    if key.kind == KeyKind.CLIENT and not trusts(key.trusted_domains, origin):
        raise UntrustedOrigin.of(origin)


def trusts(domains: Iterable[str], origin: str) -> bool:
    """Whether one of the domains, parsed, stands for the value of an `Origin` header; `*` for a missing one too."""
    return not _names(origin).isdisjoint(domains)


def _names(origin: str) -> set[str]:
    """The domains that an origin may be trusted by. A bare host is taken for one: the official SDKs send it."""
    normal = _normal(origin)
    return {ANY} if normal is None else {ANY, normal, _PORT.sub("", normal.rpartition("://")[2])}


def _normal(text: str) -> str | None:
    """Lower case, in ASCII, without the port that the scheme implies; None for what is no domain."""
    if text == ANY:
        return ANY
    try:
        scheme, host, port = _parts(text.lower())
    except ValueError:
        return None
    if not _HOST.fullmatch(host) or (scheme and not _SCHEME.fullmatch(scheme)):
        return None
    if not scheme:
        return host if port is None else None
    return f"{scheme}://{host}" if port in (None, DEFAULT_PORTS.get(scheme)) else f"{scheme}://{host}:{port}"


def _parts(text: str) -> tuple[str, str, int | None]:
    """Scheme (or none), host and port. Raises ValueError."""
    if len(text) > LONGEST_DOMAIN:
        raise ValueError(text)
    scheme, separator, rest = text.rpartition("://")
    parts = urlsplit(f"//{rest}")
    if rest != parts.netloc or "@" in rest or (separator and not scheme) or rest.endswith(":"):
        raise ValueError(text)
    host = rest if parts.port is None else rest.rpartition(":")[0]
    return scheme, host if host.isascii() else host.encode("idna").decode(), parts.port


class TrustedOrigins:
    """The origins that some client key of the installation trusts: what preflights, which carry no key, go by.

    Kept until the configuration of some project changes, which one small statement tells. A change that is committed
    behind a later one is noticed after RENEWED_SECONDS; where the database is away, what is kept holds.
    """

    def __init__(self) -> None:
        self._kept: frozenset[str] = frozenset()
        self._revision: int | None = None
        self._loaded_at = 0.0

    def trusts(self, origin: str) -> bool:
        with suppress(OperationalError, InterfaceError):
            self._renew()
        return trusts(self._kept, origin)

    def _renew(self) -> None:
        revision = Project.objects.aggregate(newest=Max("revision"))["newest"]
        if revision == self._revision and time.monotonic() - self._loaded_at < RENEWED_SECONDS:
            return
        keys = ApiKey.objects.filter(kind=KeyKind.CLIENT, revoked_at=None)
        self._kept = frozenset(
            domain for domains in keys.values_list("trusted_domains", flat=True) for domain in domains
        )
        self._revision, self._loaded_at = revision, time.monotonic()


# Of this process.
trusted_origins = TrustedOrigins()
