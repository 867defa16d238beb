"""What was sent in place of an event and is none: kept beside the rejected events, with the reason."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from common.jsons import InvalidJson, JsonObject, JsonValue, Unfit, check_limits
from common.refusals import Refusal
from common.transactions import run_in_transaction
from events.models import RejectedEvent
from events.payloads import LONGEST_KEY, LONGEST_NAME, Source
from events.rejected import cause_of, errors_of, keep_once
from projects.models import Project

# Of what cannot be stored as it is, so many characters are kept as text.
LONGEST_KEPT = 32 * 1024


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that no event could be made of. `raw` is what the parser gave; `kind` names it in lists."""

    kind: str
    raw: JsonValue
    refusal: Refusal
    source: Source
    key: str | None = None


def keep_unread(project: Project, items: Sequence[Unread], *, now: datetime) -> None:
    """A row for each item, unless it waits there already."""
    rows = [_row(project, item, now) for item in items]
    if rows:
        run_in_transaction(lambda: keep_once(project, rows, now=now))


def _row(project: Project, item: Unread, now: datetime) -> RejectedEvent:
    return RejectedEvent(
        project=project,
        name=item.kind[:LONGEST_NAME],
        key=item.refusal.key,
        cause=cause_of(item.refusal),
        payload=as_payload(item.raw),
        errors=errors_of(item.refusal),
        source_id=item.key[:LONGEST_KEY] if item.key else None,
        channel=item.source.channel,
        group_id=item.source.group_id,
        occurred_at=now,
        created_at=now,
    )


def as_payload(raw: JsonValue) -> JsonObject:
    """What has the parts of an event as it is, other things as `{"message": …}`, and as `{"text": …}`, in ASCII, what
    cannot be stored.
    """
    try:
        check_limits(raw)
    except InvalidJson:
        return {"text": _as_text(raw)}
    return raw if _has_the_parts_of_an_event(raw) else {"message": raw}


def _has_the_parts_of_an_event(raw: JsonValue) -> bool:
    """Whether those who read rejected events find in it what they look for: an event's name, objects in its parts."""
    return (
        isinstance(raw, dict)
        and isinstance(raw.get("event"), str)
        and all(isinstance(raw.get(name, {}), dict) for name in ("customer", "metadata"))
    )


def _as_text(raw: JsonValue) -> str:
    try:
        return json.dumps(raw, default=_found)[:LONGEST_KEPT]
    except RecursionError:
        return "nested too deep to be written"


def _found(value: object) -> JsonValue:
    return value.found if isinstance(value, Unfit) else str(value)
