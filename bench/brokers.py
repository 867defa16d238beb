"""RabbitMQ and Redis of one's own: a node on a free port, and all that it keeps in a folder that goes with it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.databases import Unavailable
from bench.processes import ROOT, descendants, free_port
from common.guard import guarded

START_SECONDS = 90
# Debian's own script changes to another user, who could not write here.
RABBITMQ_PATHS = ("/usr/lib/rabbitmq/bin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/sbin")


class Node:
    """A broker that can be killed without a warning, and started again with what it had kept."""

    def __init__(self, url: str, port: int, command: Sequence[str], variables: Mapping[str, str]) -> None:
        self.url = url
        self._port = port
        self._command = guarded(command, signal.SIGTERM)
        self._variables = variables
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it listens."""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=ROOT,
            env={**os.environ, **self._variables},
        )
        deadline = time.monotonic() + START_SECONDS
        while not _listens(self._port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"{self._command[-1]} does not start")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL for the node and all that it started."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._end()

    @contextmanager
    def silenced(self) -> Iterator[None]:
        """It listens, and says nothing."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None:
            self._end()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        for pid in (*descendants(self._process.pid), self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _end(self) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._process = None


@contextmanager
def rabbitmq() -> Iterator[Node]:
    """A node that runs. Raises Unavailable."""
    program = _program("rabbitmq-server", RABBITMQ_PATHS)
    with _directory() as directory:
        port = free_port()
        (directory / "plugins").write_text("[].")
        (directory / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\nlog.console = false\n")
        variables = {
            "HOME": str(directory),
            "RABBITMQ_NODENAME": f"boon-{port}@localhost",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(directory / "mnesia"),
            "RABBITMQ_LOG_BASE": str(directory / "log"),
            "RABBITMQ_PID_FILE": str(directory / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        }
        with _running(Node(f"amqp://guest:guest@127.0.0.1:{port}//", port, [program], variables)) as node:
            yield node


@contextmanager
def redis() -> Iterator[Node]:
    """A server that runs, and keeps what it has from one start to the next. Raises Unavailable."""
    program = _program("redis-server")
    with _directory() as directory:
        port = free_port()
        options = {"port": str(port), "bind": "127.0.0.1", "dir": str(directory), "appendonly": "yes"}
        command = [program, *(part for name, value in options.items() for part in (f"--{name}", value))]
        with _running(Node(f"redis://127.0.0.1:{port}/0", port, command, {})) as node:
            yield node


BROKERS = {"RabbitMQ": rabbitmq, "Redis": redis}


@contextmanager
def _running(node: Node) -> Iterator[Node]:
    try:
        node.start()
        yield node
    finally:
        node.stop()


@contextmanager
def _directory() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="boon-broker-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _program(name: str, paths: Sequence[str] = ()) -> str:
    found = next(filter(None, (shutil.which(name, path=path) for path in (*paths, os.environ.get("PATH", "")))), None)
    if found is None:
        raise Unavailable(f"{name} is not installed. On Debian: apt-get install {name}")
    return found


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
