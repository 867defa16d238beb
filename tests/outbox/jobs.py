"""Async actions and handlers for tests, named by dotted path as those of the product are."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common.jsons import JsonObject
from outbox.actions import Progress
from outbox.handlers import Handler, Hopeless
from projects.models import AsyncAction

SECONDS = 60


class Unfit(Exception):
    """What jobs of these fail with."""


def count(action: AsyncAction, progress: Progress) -> None:
    """Does `payload["done"]` items; those of `payload["failed"]` fail; then raises, where `payload["raises"]`."""
    payload: JsonObject = action.payload
    failed: list[Any] = payload.get("failed", [])
    progress.total(payload.get("done", 0) + len(failed))
    progress.done(payload.get("done", 0))
    for source in failed:
        progress.failed(source, "No such customer")
    if payload.get("raises"):
        raise Unfit("out of order")


def wrong(action: AsyncAction) -> None:
    """No action: it takes no progress."""


class Note(Handler):
    """Notes what it was given: in `noted`, and as a line of a file where the payload names one."""

    noted: list[Any] = []

    def handle(self, payload: JsonObject) -> None:
        self.noted.append(payload["say"])
        if "file" in payload:
            note(payload["file"], payload["say"])


class Many(Handler):
    """Notes what it was given at once, as one line; those that say "bad" fail, those that say "gone" are hopeless."""

    batch_size = 8

    def handle_all(self, payloads: Sequence[JsonObject]) -> list[Exception | None]:
        said = [str(payload["say"]) for payload in payloads]
        Note.noted.append(said)
        for file in {payload["file"] for payload in payloads if "file" in payload}:
            note(file, " ".join(said))
        wrong: dict[str, Exception] = {"bad": Unfit("out of order"), "gone": Hopeless("The receiver is gone")}
        return [wrong.get(say) for say in said]


class Torn(Handler):
    """Takes many, and fails before it has looked at any."""

    batch_size = 8

    def handle_all(self, payloads: Sequence[JsonObject]) -> list[Exception | None]:
        raise Unfit("out of order")


class Forgetful(Torn):
    """Says nothing of what it was given."""

    def handle_all(self, payloads: Sequence[JsonObject]) -> list[Exception | None]:
        return []


class OneAtATime(Many):
    """As `Slow`, in batches, of which a worker has one in hand at a time."""

    batch_size = 2
    most_at_once = 1

    def handle_all(self, payloads: Sequence[JsonObject]) -> list[Exception | None]:
        note(payloads[0]["file"], "begun")
        wait_for_file(payloads[0]["until"])
        note(payloads[0]["file"], "ended")
        return [None] * len(payloads)


class Broken(Handler):
    """Fails as often as it is called; notes who was parked and revived."""

    parked: list[Any] = []
    revived: list[Any] = []

    def handle(self, payload: JsonObject) -> None:
        raise Unfit(payload.get("say", "out of order"))

    def park(self, payloads: Sequence[JsonObject]) -> None:
        self.parked.extend(payloads)
        if any(payload.get("cannot park") for payload in payloads):
            raise Unfit("no parking here")

    def revive(self, payloads: Sequence[JsonObject]) -> None:
        self.revived.extend(payloads)


class Pointless(Handler):
    def handle(self, payload: JsonObject) -> None:
        raise Hopeless("The receiver is gone")


class Slow(Handler):
    """Notes that it began, waits until the file `until` is there, and notes that it ended."""

    def handle(self, payload: JsonObject) -> None:
        note(payload["file"], "begun")
        wait_for_file(payload["until"])
        note(payload["file"], "ended")


def note(file: str, line: str) -> None:
    """Adds a line in one write, so that several processes may do it at once."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def noted_in(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def wait_for_file(path: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not Path(path).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
