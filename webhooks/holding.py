"""What becomes of the open send-outs of a source that is paused, taken up again, or deleted.

A source that is taken up again may have many: the worker releases them in chunks (webhooks/releasing.py).
"""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from outbox.enqueue import enqueue
from projects.models import Project
from webhooks.models import OPEN_STATUSES, SendOut, SendOutStatus, SourceKind

RELEASE = "webhook.release"


def hold_back(source_id: UUID, why: str) -> None:
    """Its open send-outs wait until `release_held`. Two statements, in the caller's transaction."""
    rows = _open(source_id).filter(is_test=False)
    _lock(rows)
    rows.update(status=SendOutStatus.HELD, next_at=None, reason=why)


def release_held(project: Project, kind: SourceKind, source_id: UUID, now: datetime) -> None:
    """Lets the worker send what was held back until now. One statement, in the caller's transaction."""
    payload = {"kind": str(kind), "source": str(source_id), "until": now.isoformat()}
    enqueue(project, RELEASE, payload, dedupe_key=f"release:{source_id}:{now.isoformat()}", not_before=now)


def give_up_all(source_id: UUID, why: str, now: datetime) -> None:
    """Ends what a deleted source has not sent yet. Two statements, in the caller's transaction."""
    rows = SendOut.objects.filter(source_id=source_id, ended_at=None)
    _lock(rows)
    rows.update(status=SendOutStatus.FAILED, next_at=None, ended_at=now, reason=why)


def _open(source_id: UUID) -> QuerySet[SendOut]:
    return SendOut.objects.filter(source_id=source_id, ended_at=None, status__in=OPEN_STATUSES)


def _lock(rows: QuerySet[SendOut]) -> None:
    """In the order in which attempts are settled (webhooks/settling.py), so that neither waits for the other."""
    len(rows.select_for_update(no_key=True).order_by("pk").values_list("pk"))
