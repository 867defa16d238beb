"""Async actions (long jobs): started in the transaction of a request, run by the worker, watched over the API.

ASYNC_ACTIONS names a function for each type: `run(action, progress) -> None`. It is called outside of any transaction
and may be called again: after a crash, and where it raised. Each run counts anew from nothing, so a run counts what an
earlier one has done as done, too. A run that raises is tried again later, with growing pauses; when the worker gives
up, the action is FAILED, and the function that GIVEN_UP_ACTIONS may name for its type, `tell(action, now) -> None`, is
called in the transaction that says so. An item that cannot be done is `progress.failed(…)` and no reason to raise.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from common.jsons import JsonObject, storable
from outbox.enqueue import enqueue
from outbox.handlers import Handler, Hopeless
from projects.models import ActionStatus, AsyncAction, OperationStatus, Project

TOPIC = "async_action"
MOST_FAILED_KEPT = 1_000
LONGEST_REASON = 500
SECONDS_BETWEEN_WRITES = 1.0
GIVEN_UP = "The action could not be finished. The outbox has the error of its last try."

Run: TypeAlias = Callable[["AsyncAction", "Progress"], None]
Tell: TypeAlias = Callable[["AsyncAction", datetime], None]


def start_action(
    project: Project,
    *,
    type: str,  # noqa: A002 - the word of the API
    payload: JsonObject,
    request_id: str,
    now: datetime,
) -> AsyncAction:
    """A new action, which the worker runs once the caller's transaction has committed; two statements.

    `payload` is what its `run` finds in `action.payload`. Raises ImproperlyConfigured for a type that ASYNC_ACTIONS
    does not name, TransactionManagementError outside of a transaction.
    """
    if type not in settings.ASYNC_ACTIONS:
        raise ImproperlyConfigured(f"ASYNC_ACTIONS has no “{type}”")
    action = AsyncAction.objects.create(
        project=project, type=type, payload=payload, request_id=request_id, created_at=now, updated_at=now
    )
    key = str(action.pk)
    enqueue(project, TOPIC, {"action": key}, dedupe_key=f"{TOPIC}:{key}", not_before=now)
    return action


class Progress:
    """How far an action is. Written to its row about once a second, and at the end."""

    def __init__(self, action: AsyncAction, clock: Callable[[], float] = time.monotonic) -> None:
        self._key = action.pk
        self._clock = clock
        self._written_at = clock()
        self._total = 0
        self._done = 0
        self._failed = 0
        self._failures: list[JsonObject] = []
        self._forgotten: JsonObject = {}

    def total(self, count: int) -> None:
        """How many items there are in all; the percentage needs it."""
        self._total = count
        self._write_now_and_then()

    def done(self, count: int = 1) -> None:
        self._done += count
        self._write_now_and_then()

    def failed(self, source: str, reason: str, row: int | None = None) -> None:
        """One item that could not be done: whose it is, in which row of a file, and why.

        The first thousand are kept, all are counted.
        """
        self._failed += 1
        if len(self._failures) < MOST_FAILED_KEPT:
            failure: JsonObject = {
                "source_id": storable(source, LONGEST_REASON),
                "reason": storable(reason, LONGEST_REASON),
            }
            self._failures.append(failure if row is None else {**failure, "row": row})
        self._write_now_and_then()

    def forget_payload(self) -> None:
        """Has the payload blanked once the action is done: for one that is large, or full of people."""
        self._forgotten = {"payload": {}}

    def finish(self, now: datetime) -> None:
        """The action is done. Its operation has failed where items failed and none was done."""
        outcome = OperationStatus.FAILED if self._failed and not self._done else OperationStatus.SUCCESS
        self._write(
            now,
            status=ActionStatus.DONE,
            operation_status=outcome,
            progress=100,
            message=f"{self._done} done, {self._failed} failed.",
            **self._forgotten,
            finished_at=now,
        )

    def _write_now_and_then(self) -> None:
        if self._clock() - self._written_at >= SECONDS_BETWEEN_WRITES:
            self._written_at = self._clock()
            self._write(timezone.now(), progress=self._percentage())

    def _percentage(self) -> int:
        """Full only at the end, whatever was counted."""
        return min(99, (self._done + self._failed) * 100 // self._total) if self._total > 0 else 0

    def _write(self, now: datetime, **columns: Any) -> None:
        # A worker that lost its claim while it slept must not write over what another has finished.
        AsyncAction.objects.filter(pk=self._key, status=ActionStatus.IN_PROGRESS).update(
            done_count=self._done, failed_count=self._failed, failed=self._failures, updated_at=now, **columns
        )


class RunAction(Handler):
    """The worker's side: runs the action that a message names, unless an earlier try has finished it."""

    def handle(self, payload: JsonObject) -> None:
        action = AsyncAction.objects.select_related("project").get(pk=UUID(payload["action"]))
        if action.status == ActionStatus.DONE:
            return
        path = settings.ASYNC_ACTIONS.get(action.type)
        if path is None:
            raise Hopeless(f"No function for actions of type “{action.type}” (ASYNC_ACTIONS)")
        run: Run = import_string(path)
        _begin(action, timezone.now())
        progress = Progress(action)
        run(action, progress)
        progress.finish(timezone.now())

    def park(self, payloads: Sequence[JsonObject]) -> None:
        now = timezone.now()
        rows = _named(payloads).exclude(status=ActionStatus.DONE)
        given_up = list(rows.select_for_update(no_key=True, of=("self",)).select_related("project").order_by("pk"))
        _named(payloads).filter(pk__in=[action.pk for action in given_up]).update(
            status=ActionStatus.FAILED,
            operation_status=OperationStatus.FAILED,
            message=GIVEN_UP,
            updated_at=now,
            finished_at=now,
        )
        for action in given_up:
            if path := settings.GIVEN_UP_ACTIONS.get(action.type):
                tell: Tell = import_string(path)
                tell(action, now)

    def revive(self, payloads: Sequence[JsonObject]) -> None:
        _named(payloads).filter(status=ActionStatus.FAILED).update(
            status=ActionStatus.ENQUEUED,
            operation_status=OperationStatus.UNKNOWN,
            message="",
            updated_at=timezone.now(),
            finished_at=None,
        )


def _named(payloads: Sequence[JsonObject]) -> QuerySet[AsyncAction]:
    return AsyncAction.objects.filter(pk__in=[UUID(payload["action"]) for payload in payloads])


def _begin(action: AsyncAction, now: datetime) -> None:
    """Counts from nothing, whatever an earlier run had written."""
    action.status = ActionStatus.IN_PROGRESS
    action.progress = action.done_count = action.failed_count = 0
    action.failed = []
    action.started_at = action.updated_at = now
    action.save(
        update_fields=["status", "progress", "done_count", "failed_count", "failed", "started_at", "updated_at"]
    )
