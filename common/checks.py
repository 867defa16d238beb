"""System checks: an installation that cannot be meant is refused at start."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo  # noqa: F401 - a Python without time zone data fails here, with a clear message

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

LOG_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "testserver"}
SUPPORTED_ENGINES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}


def check_settings(**options: Any) -> list[CheckMessage]:
    """Ids boon.E001 to boon.E009."""
    found: list[CheckMessage] = []
    if len(settings.SECRET_KEY) < 32:
        found.append(
            Error(
                "SECRET_KEY is shorter than 32 characters.",
                hint="`make setup` writes one to .env; elsewhere set it in the environment.",
                id="boon.E001",
            )
        )
    if settings.DEBUG and not set(settings.ALLOWED_HOSTS) <= LOOPBACK:
        found.append(
            Error(
                f"DEBUG is on while ALLOWED_HOSTS names {', '.join(settings.ALLOWED_HOSTS)}.",
                hint="DEBUG shows settings and code to whoever asks: turn it off where others can reach Boon.",
                id="boon.E002",
            )
        )
    if not settings.ALLOWED_HOSTS:
        found.append(Error("ALLOWED_HOSTS is empty: every request would be refused.", id="boon.E003"))
    if settings.LOG_LEVEL not in LOG_LEVELS:
        found.append(Error(f"LOG_LEVEL={settings.LOG_LEVEL!r} is none of {sorted(LOG_LEVELS)}.", id="boon.E004"))
    if settings.DATABASES["default"]["ENGINE"] not in SUPPORTED_ENGINES:
        found.append(
            Error(
                "DATABASE_URL names neither SQLite nor PostgreSQL.",
                hint="For example sqlite:////data/boon.sqlite3 or postgres://user:password@host/boon.",
                id="boon.E005",
            )
        )
    if settings.ADMIN_THEME not in {"unfold", "plain"}:
        found.append(Error(f"ADMIN_THEME={settings.ADMIN_THEME!r} is neither unfold nor plain.", id="boon.E006"))
    if settings.SLOW_BATCHES < 1:
        found.append(Error("SLOW_BATCHES is less than 1: slow receivers would get nothing.", id="boon.E009"))
    for name in ("RATE_LIMIT_PER_MINUTE", "STATEMENT_TIMEOUT_SECONDS", "LOCK_TIMEOUT_SECONDS"):
        if getattr(settings, name) < 0:
            found.append(Error(f"{name} is negative.", hint="0 is no limit.", id="boon.E007"))
    if problem := _public_url_problem(settings.PUBLIC_URL):
        hint = "Links in e-mails begin with it: for example https://boon.example."
        found.append(Error(f"PUBLIC_URL={settings.PUBLIC_URL!r} {problem}.", hint=hint, id="boon.E008"))
    return found


def _public_url_problem(url: str) -> str:
    """Why links that begin with it would lead nowhere, or be refused by mail programs; "" where nothing is wrong."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # raises where the port is none
    except ValueError:
        return "is no address"
    is_plain = url.isascii() and url.isprintable() and not set(' "<>?#') & set(url)
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or not is_plain:
        return "is no address that begins with https:// or http:// and has a host"
    if settings.BEHIND_TLS and parts.scheme == "http" and host not in LOOPBACK:
        # RFC 8058: whoever posts with one click follows no redirect.
        return "begins with http://, which BEHIND_TLS redirects: unsubscribing with one click would fail"
    return ""


def check_paths(setting: str, base: type, error_id: str) -> list[CheckMessage]:
    """Errors for every dotted path in `setting` (a list, or a mapping to paths) that is no subclass of `base`."""
    found: list[CheckMessage] = []
    paths: Sequence[str] | Mapping[str, str] = getattr(settings, setting)
    for path in paths.values() if isinstance(paths, Mapping) else paths:
        try:
            loaded = import_string(path)
        except ImportError as error:
            found.append(Error(f"{setting}: {path} cannot be imported: {error}", id=error_id))
            continue
        if not (isinstance(loaded, type) and issubclass(loaded, base)):
            found.append(Error(f"{setting}: {path} is not a {base.__name__}.", id=error_id))
    return found


def check_function(setting: str, error_id: str) -> list[CheckMessage]:
    """An error where the dotted path in `setting` leads to no function."""
    path: str = getattr(settings, setting)
    try:
        found = import_string(path)
    except ImportError as error:
        return [Error(f"{setting}: {path} cannot be imported: {error}", id=error_id)]
    return [] if callable(found) else [Error(f"{setting}: {path} is no function.", id=error_id)]
