"""Deleting the log of what was sent, so that it holds a month and no more."""

from datetime import datetime, timedelta

from django.db import transaction

from common.jsons import JsonObject
from webhooks.models import Attempt, SendOut, SlowSource

KEPT = timedelta(days=30)
CHUNK = 1_000
# Chunks a run: what is left goes a minute later.
MOST_CHUNKS = 20


def sweep_send_outs(now: datetime) -> JsonObject:
    """Deletes send-outs that ended more than 30 days ago, with their attempts: {"send_outs"}."""
    SlowSource.objects.filter(until__lt=now).delete()
    deleted = 0
    for _ in range(MOST_CHUNKS):
        found = _sweep_chunk(now - KEPT)
        deleted += found
        if found < CHUNK:
            break
    return {"send_outs": deleted}


def _sweep_chunk(before: datetime) -> int:
    """One transaction of at most three statements. What somebody sends again at this moment is left alone."""
    with transaction.atomic():
        old = SendOut.objects.select_for_update(skip_locked=True).filter(ended_at__lt=before).order_by("ended_at")
        keys = list(old.values_list("pk", flat=True)[:CHUNK])
        if keys:
            # Raw, since a cascade by Django would read all the bodies first.
            attempts, rows = Attempt.objects.filter(send_out_id__in=keys), SendOut.objects.filter(pk__in=keys)
            attempts._raw_delete(attempts.db)
            rows._raw_delete(rows.db)
    return len(keys)
