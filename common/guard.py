"""`python -m common.guard SIGNAL USER COMMAND...`: runs a command that must not outlive whoever started it.

Whoever starts it holds the other end of its standard input. That is closed when the command is to end, and also when
the starter is killed; no signal could do that, since a server that is still starting may swallow it. Then the command
gets SIGNAL, and a moment later whatever is left of its process group is killed. An empty USER is who runs this.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

GRACE_SECONDS = 5


def main(arguments: Sequence[str]) -> int:
    """The exit code of the command."""
    first, user, *command = arguments
    # Another user may not be allowed to enter our directory.
    identity: Any = {"user": user, "group": user, "extra_groups": [], "cwd": "/"} if user else {}
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **identity)
    ended = threading.Event()
    watcher = threading.Thread(target=_end_with_starter, args=[child.pid, signal.Signals[first], ended], daemon=True)
    watcher.start()
    code: int = child.wait()
    ended.set()
    return code


def guarded(command: Sequence[str], ended_by: signal.Signals, user: str = "") -> list[str]:
    """The command line that runs `command` under guard; start it with a pipe as its standard input."""
    return [sys.executable, "-m", "common.guard", ended_by.name, user, *command]


def _end_with_starter(pid: int, first: signal.Signals, ended: threading.Event) -> None:
    os.read(sys.stdin.fileno(), 1)  # returns at the end of the input: nobody ever writes
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, first)
        if not ended.wait(GRACE_SECONDS):
            os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
