"""System checks: whoever handles a message or runs an action is there (docs/architecture.md)."""

import inspect
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from common.checks import check_paths
from outbox.handlers import Handler


def check_handlers(**options: Any) -> list[CheckMessage]:
    """Id outbox.E001: a path in OUTBOX_HANDLERS that is no Handler."""
    return check_paths("OUTBOX_HANDLERS", Handler, "outbox.E001")


def check_actions(**options: Any) -> list[CheckMessage]:
    """Id outbox.E002: a path in ASYNC_ACTIONS or GIVEN_UP_ACTIONS that is no function of an action and the other."""
    found = [
        (setting, path, _problem(path, other))
        for setting, other in (("ASYNC_ACTIONS", "progress"), ("GIVEN_UP_ACTIONS", "now"))
        for path in getattr(settings, setting).values()
    ]
    return [Error(f"{setting}: {path} {problem}.", id="outbox.E002") for setting, path, problem in found if problem]


def check_timely_work(**options: Any) -> list[CheckMessage]:
    """Id outbox.E003: a path in TIMELY_WORK that is no function of the time."""
    found: list[CheckMessage] = []
    for path in settings.TIMELY_WORK.values():
        try:
            inspect.signature(import_string(path)).bind("now")
        except (ImportError, TypeError, ValueError) as error:
            found.append(Error(f"TIMELY_WORK: {path} cannot be called with the time: {error}", id="outbox.E003"))
    return found


def _problem(path: str, other: str) -> str:
    """What is wrong with it, or the empty string."""
    try:
        inspect.signature(import_string(path)).bind("action", other)
    except ImportError as error:
        return f"cannot be imported: {error}"
    except (TypeError, ValueError):
        return f"cannot be called with an action and {other}"
    return ""
