"""Concurrent requests of a process become one `accept_events` call, and so one transaction.

One thread writes. What arrives while it is at work waits and goes into its next transaction; each request is answered
after the commit. With one request at a time a group is one event. SQLite, which has one writer, gets it here.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from common.refusals import Refusal
from events.acceptance import accept_events
from events.outcomes import Outcome
from events.payloads import EventPayload
from projects.keyring import KeyRing
from projects.keys import Credentials, UnknownKey, note_use
from projects.limits import Quota, TooManyRequests, request_counter
from projects.models import ApiKey, Project
from projects.origins import UntrustedOrigin, check_origin

# A group takes no further request beyond so many events: a transaction holds its customers' locks until it ends.
MOST_GROUPED = 1_000
# How long a group waits for the senders of the last one, who come back at once when they have much to send. Without it
# they fall into two halves that take turns, and each transaction is half as large (docs/performance.md).
LINGER_SECONDS = 0.002

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Job:
    """One request's events on their way; `done` is held until there are outcomes, or an error to raise."""

    shown: Credentials
    payloads: Sequence[EventPayload]
    # Of the page that shows a client key.
    origin: str = ""
    # Where these are further events of a request that was counted before.
    is_counted: bool = False
    outcomes: list[Outcome] = field(default_factory=list)
    project: Project | None = None
    quota: Quota | None = None
    error: BaseException | None = None
    done: Any = field(default_factory=threading.Lock)


def no_note(quota: Quota | None) -> None:
    """For callers who have nobody to tell."""


class Grouping:
    """The events of one process."""

    def __init__(self) -> None:
        self._ring = KeyRing()
        # None ends the writer.
        self._waiting: SimpleQueue[Job | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._writer: threading.Thread | None = None
        # How many senders there were at once when the last group was written.
        self._expected = 0

    def accept(
        self,
        shown: Credentials,
        payloads: Sequence[EventPayload],
        *,
        origin: str = "",
        note: Callable[[Quota | None], None] = no_note,
        is_counted: bool = False,
    ) -> tuple[Project, list[Outcome]]:
        """The project of the key, and an outcome for each event, committed.

        Raises UnknownKey, UntrustedOrigin, TooManyRequests, and what fails; `note` is told the quota of a key that has
        a limit, whatever becomes of the events. What `is_counted` belongs to a request that `admit` has let in.
        """
        self._ring.admit(shown)
        job = Job(shown, payloads, origin, is_counted)
        if settings.GROUP_EVENTS:
            self._hand_over(job)
        else:
            self._work([job])
        note(job.quota)
        if job.error is not None:
            raise job.error
        assert job.project is not None
        return job.project, job.outcomes

    def admit(self, shown: Credentials, *, note: Callable[[Quota | None], None] = no_note) -> Project:
        """Lets in a request that brings other things than events; the project of its key as it is now.

        Raises UnknownKey and TooManyRequests; `note` is told the quota.
        """
        self._ring.admit(shown)
        job = Job(shown, ())
        keys = self._current_keys([job])
        _within_limits([job], keys)
        note(job.quota)
        if job.error is not None:
            raise job.error
        _note_uses(keys.values())
        return keys[shown].project

    def _hand_over(self, job: Job) -> None:
        """Puts the job into the queue and waits. A bare lock: an Event would cost ten times as much."""
        if self._writer is None or not self._writer.is_alive():
            self._start()
        job.done.acquire()
        self._waiting.put(job)
        job.done.acquire()

    def _start(self) -> None:
        with self._starting:
            if self._writer is None or not self._writer.is_alive():
                self._writer = threading.Thread(target=self._write_until_stopped, name="events", daemon=True)
                self._writer.start()

    def stop(self) -> None:
        """Ends the writer after what is waiting, its connection closed; the next request starts another."""
        if self._writer is not None and self._writer.is_alive():
            self._waiting.put(None)
            self._writer.join()

    def _write_until_stopped(self) -> None:
        while (first := self._waiting.get()) is not None:
            jobs = self._group(first)
            try:
                self._work(jobs)
            finally:
                self._expected = len(jobs) + self._waiting.qsize()
                for job in jobs:
                    job.done.release()
        connection.close()

    def _group(self, first: Job) -> list[Job]:
        """The first job, those that have arrived behind it, and those that are on their way."""
        jobs, events = [first], len(first.payloads)
        until = time.monotonic() + LINGER_SECONDS
        while events < MOST_GROUPED:
            left = until - time.monotonic() if len(jobs) < self._expected else 0
            try:
                job = self._waiting.get(timeout=max(left, 0))
            except Empty:
                break
            if job is None:
                self._waiting.put(None)
                break
            jobs.append(job)
            events += len(job.payloads)
        return jobs

    def _work(self, jobs: Sequence[Job]) -> None:
        """Gives every job its outcomes or its error; raises nothing."""
        try:
            keys = self._current_keys(jobs)
            admitted = _within_limits(jobs, keys)
        except Exception as error:
            _fail(jobs, error)
            return
        by_project: defaultdict[Project, list[Job]] = defaultdict(list)
        for job in admitted:
            job.project = keys[job.shown].project
            by_project[job.project].append(job)
        for project, own in by_project.items():
            _accept_group(project, own)
        _note_uses(keys.values())

    def _current_keys(self, jobs: Sequence[Job]) -> dict[Credentials, ApiKey]:
        """The first statement of a group. A connection that the server has closed meanwhile is noticed here, where
        nothing is lost by asking again.
        """
        shown = {job.shown for job in jobs}
        try:
            return self._ring.current(shown)
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            connection.close()
            return self._ring.current(shown)


def _refusal(key: ApiKey | None, origin: str) -> Refusal | None:
    """Why the key, as it is now, does not open the door to this request."""
    if key is None:
        return UnknownKey()
    try:
        check_origin(key, origin)
    except UntrustedOrigin as refusal:
        return refusal
    return None


def _within_limits(jobs: Sequence[Job], keys: Mapping[Credentials, ApiKey]) -> list[Job]:
    """Those whose key is good and not used up; the others get their error. One statement where a key has a limit."""
    for job in jobs:
        job.error = _refusal(keys.get(job.shown), job.origin)
    known = [job for job in jobs if job.error is None]
    counted = [job for job in known if not job.is_counted]
    for job, quota in zip(counted, request_counter.take([keys[job.shown] for job in counted]), strict=True):
        job.quota = quota
        if quota is not None and quota.is_exceeded:
            job.error = TooManyRequests(quota)
    return [job for job in known if job.error is None]


def _accept_group(project: Project, jobs: Sequence[Job]) -> None:
    payloads = [payload for job in jobs for payload in job.payloads]
    try:
        outcomes = iter(accept_events(project=project, payloads=payloads, now=datetime.now(UTC)))
    except Exception as error:
        _fail(jobs, error)
        return
    for job in jobs:
        job.outcomes = [next(outcomes) for _ in job.payloads]


def _fail(jobs: Sequence[Job], error: Exception) -> None:
    for job in jobs:
        job.error = error
    if not isinstance(error, Refusal) and not connection.in_atomic_block:
        connection.close()


def _note_uses(keys: Any) -> None:
    """After the answer's commit, in a statement of its own."""
    for key in keys:
        note_use(key, datetime.now(UTC))


# Of this process.
grouping = Grouping()
