"""From payloads to drafts: each event checked against its published version and its time, without a statement."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from common.ids import uuid7
from common.refusals import FieldError, InvalidPayload, MetadataInvalid, NotFound, Refusal
from common.times import iso
from events.browsers import browser_refusal, rights_of
from events.chain import Draft
from events.payloads import EventPayload
from eventschema.schema import EventSchema, undefined_schema
from eventschema.validation import validate_metadata
from projects.models import Project, UnknownEvents

# How far a sender's clock may be ahead of ours.
TOLERANCE = timedelta(minutes=5)


def draft_event(
    project: Project,
    schemas: Mapping[str, EventSchema],
    payload: EventPayload,
    now: datetime,
    *,
    is_replay: bool = False,
    is_backfill: bool = False,
) -> Draft | Refusal:
    """The event that is to be written, or why it is refused.

    A replay may be of any time, which was judged once; a backfill may be late, but not in the future.
    """
    refusal = browser_refusal(project, payload, now)
    if refusal is not None:
        return refusal
    schema = schemas.get(payload.event)
    if schema is None:
        if project.unknown_events == UnknownEvents.REJECT:
            return NotFound.of("custom_event_schema", payload.event)
        schema = undefined_schema(payload.event)
    error = None if is_replay else _time_error(project, payload.occurred_at, now, is_backfill=is_backfill)
    if error is not None:
        return InvalidPayload.of([error])
    metadata, errors = validate_metadata(schema, payload.metadata)
    if errors:
        return MetadataInvalid.of(errors)
    return Draft(uuid7(), payload, schema, metadata, payload.occurred_at or now, rights_of(project, payload))


def _time_error(
    project: Project, occurred_at: datetime | None, now: datetime, *, is_backfill: bool
) -> FieldError | None:
    """The sender's clock is trusted within the project's `max_event_age_days`, and 5 minutes ahead of ours."""
    if occurred_at is None:
        return None
    oldest, latest = now - timedelta(days=project.max_event_age_days), now + TOLERANCE
    if (is_backfill or oldest <= occurred_at) and occurred_at <= latest:
        return None
    message = f"Property .occurred_at must be from {iso(oldest)} to {iso(latest)}"
    return FieldError("occurred_at", "range", message, iso(occurred_at))
