"""Async actions and handlers for tests, named by dotted path as those of the product are."""

from typing import Any

from common.jsons import JsonObject
from outbox.actions import Progress
from projects.models import AsyncAction


class Unfit(Exception):
    """What a job of these fails with."""


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
