"""Sending what was held back, once its source is taken up again."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Case, Value, When
from django.utils import timezone

from common.jsons import JsonObject
from outbox.handlers import Handler
from webhooks.models import SendOut, SendOutStatus
from webhooks.pausing import source_of
from webhooks.send_outs import enqueue_sending

CHUNK = 500
# Those that were tried go on as such.
STATUS = Case(When(attempts_count=0, then=Value(SendOutStatus.WAITING)), default=Value(SendOutStatus.RETRYING))


class ReleaseHeld(Handler):
    """A chunk a transaction; it ends early where the source is paused again."""

    def handle(self, payload: JsonObject) -> None:
        source_id, until = UUID(payload["source"]), datetime.fromisoformat(payload["until"])
        source = source_of(payload["kind"])
        while (source is None or source.is_on(source_id)) and _release_some(source_id, until):
            pass


def _release_some(source_id: UUID, until: datetime) -> bool:
    """Takes up to CHUNK of them; whether there were any."""
    with transaction.atomic():
        held = SendOut.objects.filter(source_id=source_id, ended_at=None, status=SendOutStatus.HELD)
        rows = held.filter(created_at__lte=until).select_for_update(of=("self",)).select_related("project")
        chunk, now = list(rows.order_by("pk")[:CHUNK]), timezone.now()
        SendOut.objects.filter(pk__in=[row.pk for row in chunk]).update(status=STATUS, next_at=now, reason="")
        for row in chunk:
            row.next_at = now
        if chunk:
            # Under another key: the message of that attempt may be there, done or waiting for a later time.
            enqueue_sending(chunk[0].project, chunk, again=uuid4().hex)
        return bool(chunk)
