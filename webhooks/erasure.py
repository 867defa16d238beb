"""Forgetting a person: what was sent about them, and what was answered (docs/architecture.md)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from common.jsons import dumps
from projects.models import Project
from webhooks.models import Attempt, SendOut, SendOutStatus

FORGOTTEN = "The customer was erased."
CHUNK = 1_000


def forget_send_outs(project: Project, keys: Collection[UUID], names: Collection[str], *, now: datetime) -> None:
    """Blanks bodies and replies of send-outs about these customers, or that name one of them, and cancels open ones.

    `names` is all that a body may call them by: ids, source ids, e-mail addresses. In the caller's transaction.
    """
    for chunk in _chunks(_about(project, keys, names)):
        rows = SendOut.objects.filter(pk__in=chunk)
        rows.filter(ended_at=None).update(status=SendOutStatus.FAILED, next_at=None, ended_at=now, reason=FORGOTTEN)
        rows.update(body="", headers={}, customer_id=None)
        Attempt.objects.filter(send_out_id__in=chunk).update(reply="", error="", request_headers={})


def _about(project: Project, keys: Collection[UUID], names: Collection[str]) -> QuerySet[SendOut]:
    said = Q(customer_id__in=keys)
    for name in filter(None, names):
        # As a value of its own within JSON, or anywhere where it is an address that nobody else has.
        said |= Q(body__icontains=dumps(name)) | (Q(body__icontains=dumps(name)[1:-1]) if "@" in name else Q(pk=None))
    return SendOut.objects.filter(said, project=project)


def _chunks(rows: QuerySet[SendOut]) -> list[list[UUID]]:
    keys = list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    return [keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK)]
