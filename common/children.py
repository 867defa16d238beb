"""Processes that this one starts under guard (common/guard.py): they end when it says so, and when it is killed."""

import logging
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import TypeAlias

from common.guard import guarded

Child: TypeAlias = "subprocess.Popen[bytes]"

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# Whoever lived that long did not fail at its start.
STEADY_SECONDS = 60.0

logger = logging.getLogger(__name__)


def start(command: Sequence[str]) -> Child:
    # In a session of its own: Ctrl-C is for this process, which ends its children in order. Unbuffered: what closes
    # the input may be a signal handler, which must not wait for a buffer's lock.
    return subprocess.Popen(guarded(command, signal.SIGTERM), stdin=subprocess.PIPE, start_new_session=True, bufsize=0)


def end(child: Child) -> None:
    """Closes the guard's input; does not wait. Signal handlers may call it, and more than once."""
    assert child.stdin is not None
    child.stdin.close()


class Kept:
    """A child that is started again whenever it ends, until `end`; the pauses grow while it fails at once."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self._name = name
        self._command = command
        self._is_ending = False
        self._child: Child | None = None

    def start(self) -> None:
        # A daemon: it may be in one of its pauses when this process ends.
        threading.Thread(target=self._keep, daemon=True).start()

    def end(self) -> None:
        """As `end` above."""
        self._is_ending = True
        if self._child is not None:
            end(self._child)

    def wait(self) -> None:
        if self._child is not None:
            self._child.wait()

    def _keep(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while self._is_wanted():
            started = time.monotonic()
            code = self._run()
            if not self._is_wanted():
                return
            pause = FIRST_PAUSE_SECONDS if time.monotonic() - started > STEADY_SECONDS else pause
            logger.error("%s ended with exit code %s; it is started again in %s s", self._name, code, pause)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _is_wanted(self) -> bool:
        return not self._is_ending

    def _run(self) -> int:
        """The exit code of one life of the child."""
        self._child = start(self._command)
        if self._is_ending:
            end(self._child)  # `end` came too early to see it
        return self._child.wait()
