"""Deleting what is done, so that the table stays as small as the work that waits.

Not at once: for a day a message shows what was done, and keeps its key from being used for the same work again.
"""

from datetime import datetime, timedelta

from outbox.models import OutboxMessage

KEPT = timedelta(days=1)
SWEPT_AT_ONCE = 1_000


def sweep(now: datetime) -> int:
    """Deletes up to SWEPT_AT_ONCE messages that were done more than a day ago; how many. At most two statements."""
    old = OutboxMessage.objects.filter(done_at__lt=now - KEPT).order_by("done_at")
    keys = list(old.values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    deleted, _ = OutboxMessage.objects.filter(pk__in=keys).delete() if keys else (0, {})
    return deleted
