"""Starting servers that never outlive the bench, and what CPU time a tree of processes has used."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common.guard import guarded as guarded_command

ROOT = Path(__file__).resolve().parent.parent
_HAS_PROC = Path("/proc/self/stat").exists()


@contextmanager
def guarded(command: Sequence[str], ended_by: signal.Signals, *, user: str = "", **options: Any) -> Iterator[Any]:
    """A server that gets `ended_by` when the block ends or the bench is killed, and is killed if that does not help.

    Its process is the guard's child (common/guard.py); `user` is whom to run it as, where that is somebody else.
    """
    guard = guarded_command(command, ended_by, user)
    # In a session of its own: Ctrl-C is for the bench, which ends its servers in order.
    child = subprocess.Popen(guard, stdin=subprocess.PIPE, start_new_session=True, cwd=ROOT, **options)
    try:
        yield child
    finally:
        assert child.stdin is not None
        child.stdin.close()
        child.wait()


class Failed(RuntimeError):
    """A command that ended with something other than 0; `str()` has what it said."""


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    user: str = "",
    directory: Path = Path("/"),
) -> str:
    """The standard output of a command that ends by itself. Raises Failed with its errors where it fails.

    It runs in /, where nothing else is said, since another user may not be allowed to enter our directory.
    """
    identity: Any = {"user": user, "group": user, "extra_groups": []} if user else {}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, start_new_session=True, cwd=directory, **identity
    )
    if done.returncode:
        raise Failed(f"{Path(command[0]).name} ended with {done.returncode}: {done.stderr or done.stdout}")
    return str(done.stdout)


def chromium() -> str | None:
    """Where Debian's Chromium is. The build without windows opens pages in less time."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_microseconds(pid: int) -> int | None:
    """CPU time (user and system) of a process, its living descendants and all that they reaped; None without /proc.

    The kernel counts in ticks of 10 000 microseconds.
    """
    if not _HAS_PROC:
        return None
    ticks = sum(sum(_times(member)) for member in (pid, *descendants(pid)))
    return ticks * 1_000_000 // os.sysconf("SC_CLK_TCK")


def resident_mebibytes(pid: int) -> float | None:
    """The memory that a process has in RAM, shared pages counted; None without /proc."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def own_cpu_of_tree(pid: int) -> dict[int, int]:
    """CPU ticks that each living process of the tree has used itself."""
    return {member: sum(_times(member)[:2]) for member in (pid, *descendants(pid))}


def descendants(pid: int) -> Iterator[int]:
    """What a process has started, and what that has; nothing without /proc."""
    if not _HAS_PROC:
        return
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    waiting = children.get(pid, [])
    while waiting:
        member = waiting.pop()
        yield member
        waiting.extend(children.get(member, []))


def _times(pid: int) -> list[int]:
    """User and system ticks of the process, then those of the children that it reaped."""
    return [int(ticks) for ticks in _stat(pid)[11:15]]


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the state on; empty where the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
