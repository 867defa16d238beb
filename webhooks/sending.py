"""Sending: a batch of messages becomes requests that go out together, and then attempts that are written together:
those that were answered soon, and, where some were not, these by themselves.

An attempt has a number, and is written once. A message whose attempt is there, or whose send-out waits for nothing,
does nothing; where the process ends between sending and writing, the same is sent again under the same id.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from common.ids import uuid7
from common.jsons import JsonObject
from outbox.handlers import Handler
from webhooks.headers import allowed_headers, headers_of
from webhooks.models import OPEN_STATUSES, Attempt, SendOut
from webhooks.posting import Post, Reply, post_all
from webhooks.send_outs import SEND_SLOWLY, enqueue_sending
from webhooks.settling import settle
from webhooks.slowness import mark_slow, patience, slow_sources
from webhooks.targets import target_problem

Clock = Callable[[], datetime]


class SendToAddress(Handler):
    """Payloads: {"send_out", "attempt"}, and `by_hand` where somebody asked for it."""

    batch_size: ClassVar[int] = 64
    is_apart: ClassVar[bool] = False

    def __init__(self, clock: Clock = timezone.now) -> None:
        self._clock = clock

    def handle(self, payload: JsonObject) -> None:
        self.handle_all([payload])

    def handle_all(self, payloads: Sequence[JsonObject]) -> list[Exception | None]:
        """Raises where the database fails: what is not written then is tried again."""
        attempts = self._own(_due(payloads))
        at = self._clock()
        for attempt in attempts:
            attempt.started_at = at
            attempt.request_headers = headers_of(attempt.send_out, attempt.send_out.body.encode(), at)
        if attempts:
            self._make(attempts)
        return [None] * len(payloads)

    def _make(self, attempts: Sequence[Attempt]) -> None:
        """Who has not answered by the time at which others are written down counts as slow from then on."""
        waiting = {attempt.pk: attempt for attempt in attempts}
        for replies in _replies(attempts):
            ended = [waiting.pop(key) for key in replies]
            if ended:
                settle(ended, list(replies.values()), self._clock(), are_apart=self.is_apart)
            mark_slow([attempt.send_out for attempt in waiting.values()], self._clock())

    def _own(self, attempts: Sequence[Attempt]) -> Sequence[Attempt]:
        """Those that are made here; others are handed over to the slow topic."""
        found = {attempt.send_out.source_id for attempt in attempts}
        slow = slow_sources(found, self._clock()) if found else set()
        with transaction.atomic() if slow else nullcontext():
            for attempt in attempts:
                if attempt.send_out.source_id in slow:
                    row, hand = attempt.send_out, attempt.by_hand
                    enqueue_sending(row.project, [row], topic=SEND_SLOWLY, again="slow", by_hand=hand)
        return [attempt for attempt in attempts if attempt.send_out.source_id not in slow]


class SendSlowly(SendToAddress):
    """What receivers get that were slow lately: a few batches at a time, however many threads are free."""

    is_apart = True

    def __init__(self, clock: Clock = timezone.now) -> None:
        super().__init__(clock)
        self.most_at_once = settings.SLOW_BATCHES

    def _own(self, attempts: Sequence[Attempt]) -> Sequence[Attempt]:
        return attempts


def _due(payloads: Sequence[JsonObject]) -> list[Attempt]:
    """The attempts that are to be made. One statement."""
    asked = {UUID(payload["send_out"]): payload for payload in payloads}
    rows = SendOut.objects.filter(pk__in=asked).select_related("project")
    return [
        Attempt(
            id=uuid7(),
            send_out=row,
            project=row.project,
            number=row.attempts_count + 1,
            by_hand=asked[row.pk].get("by_hand", False),
        )
        for row in rows
        if _is_due(row, asked[row.pk])
    ]


def _is_due(row: SendOut, payload: JsonObject) -> bool:
    is_open = row.status in OPEN_STATUSES or payload.get("by_hand")
    return bool(is_open) and row.attempts_count + 1 == payload["attempt"]


def _replies(attempts: Sequence[Attempt]) -> Iterator[dict[UUID, Reply]]:
    """The replies by the keys of their attempts: those that came soon, then the others. What is refused is answered
    here.
    """
    refused = {each.pk: problem for each in attempts if (problem := target_problem(each.send_out.target_url))}
    replies = {key: Reply(0, error=f"Not sent: {problem}", is_final=True) for key, problem in refused.items()}
    sent = [each for each in attempts if each.pk not in refused]
    for answered in post_all([_post(each) for each in sent], patience()):
        yield replies | {sent[place].pk: reply for place, reply in answered.items()}
        replies = {}


def _post(attempt: Attempt) -> Post:
    row = attempt.send_out
    added = allowed_headers(row.headers) if row.headers else {}
    return Post(row.target_url, {**added, **attempt.request_headers}, row.body.encode())
