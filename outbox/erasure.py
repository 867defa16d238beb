"""What is waiting, or was done lately, and names a person: a message, the rows and the failures of an async action."""

from collections.abc import Collection, Sequence

from django.db.models import Q

from common.jsons import JsonObject, JsonValue
from outbox.models import OutboxMessage
from projects.models import ActionStatus, AsyncAction, Project

# In a payload: the positions in `rows` of those that are gone.
ERASED_ROWS = "erased"
ERASED: JsonObject = {"source_id": "", "reason": "The customer was erased."}


def forget_names(project: Project, ids: Collection[str], names: Collection[str]) -> None:
    """Deletes messages that hold one of the `ids`, and takes what is about one of the `names` out of async actions.

    `ids` are our own; `names` is all that a row may call the person by: ids, source id, e-mail address.
    """
    about = Q()
    for one in ids:
        about |= Q(payload__icontains=one)
    OutboxMessage.objects.filter(about, project=project).delete()
    actions = AsyncAction.objects.select_for_update(no_key=True).filter(project=project)
    for action in actions.filter(~Q(failed=[]) | ~Q(status=ActionStatus.DONE)).order_by("pk"):
        _forget(action, {name.lower() for name in names})


def erased_rows(action: AsyncAction) -> set[int]:
    """Which of the action's rows are gone; none of the others goes before the caller's transaction ends."""
    rows = AsyncAction.objects.select_for_update(no_key=True).filter(pk=action.pk)
    return set(rows.values_list(f"payload__{ERASED_ROWS}", flat=True).get() or [])


def _forget(action: AsyncAction, names: Collection[str]) -> None:
    failed = [
        {**failure, **ERASED} if str(failure["source_id"]).lower() in names else failure for failure in action.failed
    ]
    rows, payload = action.payload.get("rows"), action.payload
    if isinstance(rows, list):
        theirs = [number for number, row in enumerate(rows) if _names(row, names)]
        kept = [None if number in set(theirs) else row for number, row in enumerate(rows)]
        # A run that is under way has read its rows already, and asks for these before it writes (`erased_rows`).
        payload = {**payload, "rows": kept, ERASED_ROWS: [*payload.get(ERASED_ROWS, []), *theirs]}
    if (failed, payload) != (action.failed, action.payload):
        action.failed, action.payload = failed, payload
        action.save(update_fields=["failed", "payload"])


def _names(row: JsonValue, names: Collection[str]) -> bool:
    """Whether a row of a bulk change is about the person: a source id, the cells of a line, or a customer."""
    cells: Sequence[JsonValue] = (
        list(row.values()) if isinstance(row, dict) else row if isinstance(row, list) else [row]
    )
    return any(isinstance(cell, str) and cell.lower() in names for cell in cells)
