"""Sending again by hand: the same id and the same body, signed anew."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from uuid import UUID, uuid4

from django.db import transaction

from common.ids import parse_public_id
from common.refusals import NotFound
from projects.audit import Actor, Target, record_change
from projects.models import Project
from webhooks.models import SendOut
from webhooks.send_outs import enqueue_sending


def find_send_out(project: Project, send_out_id: str) -> SendOut:
    """Raises NotFound."""
    key = parse_public_id("whs", send_out_id)
    send_out = SendOut.objects.filter(project=project, pk=key).first() if key else None
    if send_out is None:
        raise NotFound.of("send_out", send_out_id)
    send_out.project = project
    return send_out


def resend(send_outs: Iterable[SendOut], *, by: Actor, now: datetime) -> list[SendOut]:
    """Lets the worker make one more attempt of each at once, whatever became of them; returns those that it makes.

    An attempt by hand is none of the schedule's: what waits for a retry waits on. What was erased stays unsent.
    """
    keys = [row.pk for row in send_outs]
    with transaction.atomic():
        rows = SendOut.objects.filter(pk__in=keys).exclude(body="").select_related("project")
        found = list(rows.select_for_update(no_key=True, of=("self",)).order_by("project_id", "pk"))
        for row in found:
            row.next_at = now  # of the message; the row keeps its own
        for _, group in groupby(found, key=_project_key):
            _ask(list(group), by)
    return found


def _ask(rows: list[SendOut], by: Actor) -> None:
    project = rows[0].project
    enqueue_sending(project, rows, again=uuid4().hex, by_hand=True)
    target = Target("send_out", rows[0].public_id, f"{len(rows)} sent again" if len(rows) > 1 else str(rows[0]))
    after = [row.public_id for row in rows]
    record_change(project, by=by, action="send_out.sent_again", target=target, after=after)


def _project_key(row: SendOut) -> UUID:
    return row.project_id
