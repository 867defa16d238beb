"""Being interrupted in order."""

import signal
from typing import NoReturn

LEAVING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def leave_by_signals() -> None:
    """Makes every signal that ends a program a KeyboardInterrupt, so that what was started is stopped."""
    for number in LEAVING:
        signal.signal(number, _leave)


def _leave(*_: object) -> NoReturn:
    # Once is enough: a second Ctrl-C must not interrupt the stopping of what was started.
    for number in LEAVING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
