"""Making, changing and deleting segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from common.ids import parse_public_id
from common.jsons import JsonObject, JsonValue
from common.refusals import Duplicate, FieldError, InUse, InvalidPayload, NotFound
from customers.models import Customer
from customers.segments import users_of_segment
from projects.audit import Actor, Target, record_change
from projects.models import Project
from rules.judging import load_rules
from segments.filling import start_clearing, start_filling
from segments.filters import parse_filter
from segments.membership import list_members
from segments.models import Segment, SegmentType

LONGEST_NAME = 255
MOST_LISTED = 20_000
# Passive and active ones together (contract g.1).
MOST_DYNAMIC = 100


@dataclass(frozen=True, slots=True)
class SegmentFields:
    """What a segment is to be: static ones have `customers` (public ids), the others a `filter` as it was sent."""

    name: str
    type: str
    customers: Sequence[str] = ()
    filter: JsonValue = None


def find_segment(project: Project, segment_id: str) -> Segment:
    """A living segment by its id. Raises NotFound."""
    key = parse_public_id("seg", segment_id)
    segment = Segment.objects.filter(project=project, pk=key, deleted_at=None).first() if key else None
    if segment is None:
        raise NotFound.of("segment", segment_id)
    segment.project = project
    return segment


def create_segment(project: Project, fields: SegmentFields, *, by: Actor, request_id: str, now: datetime) -> Segment:
    """A static segment with its members, or one with a filter, which the worker fills.

    Raises InvalidPayload with every error, Duplicate for a name that is taken.
    """
    errors = _name_errors(fields.name)
    members: list[UUID] = []
    if fields.type == SegmentType.STATIC:
        members, found = _members(project, fields)
        errors += found
    else:
        errors += _filter_errors(project, fields)
    if errors:
        raise InvalidPayload.of(errors)
    segment = Segment(project=project, name=fields.name, type=fields.type, created_at=now)
    segment.filter = None if segment.is_static else fields.filter
    with transaction.atomic():
        _save(segment, is_new=True)
        record_change(
            project, by=by, action="segment.created", target=_target(segment), after=_shown(segment, len(members))
        )
        if segment.is_static:
            list_members(project, segment.pk, members, now=now)
        else:
            start_filling(segment, request_id=request_id, now=now)
    return segment


def change_segment(
    segment: Segment,
    *,
    name: str,
    filter: JsonValue,  # noqa: A002 - the word of the API
    by: Actor,
    request_id: str,
    now: datetime,
) -> Segment:
    """Gives the segment another name, and another filter, by which everybody is judged anew; silently, like a filling.

    Raises InvalidPayload, Duplicate.
    """
    errors = _name_errors(name)
    if not segment.is_static:
        errors += parse_filter(segment.project, filter)[1]
    if errors:
        raise InvalidPayload.of(errors)
    with transaction.atomic():
        Segment.objects.select_for_update(no_key=True).get(pk=segment.pk)
        before = _shown(segment)
        has_other_filter = not segment.is_static and segment.filter != filter
        segment.name, segment.updated_at = name, now
        if has_other_filter:
            segment.filter = filter
        _save(segment)
        record_change(
            segment.project,
            by=by,
            action="segment.updated",
            target=_target(segment),
            before=before,
            after=_shown(segment),
        )
        if has_other_filter:
            start_filling(segment, request_id=request_id, now=now)
    return segment


def delete_segment(segment: Segment, *, by: Actor, request_id: str, now: datetime) -> None:
    """Ends the segment at once; the worker deletes its memberships. The name is free, history stays.

    Raises InUse naming the validation rules that ask for it, and what waits for who enters or leaves it.
    """
    with transaction.atomic():
        # Locked: whoever begins to use it waits, and finds it deleted.
        Segment.objects.select_for_update(no_key=True).get(pk=segment.pk)
        _check_unasked(segment)
        segment.deleted_at = now
        segment.save(update_fields=["deleted_at"])
        record_change(
            segment.project, by=by, action="segment.deleted", target=_target(segment), before=_shown(segment)
        )
        start_clearing(segment, request_id=request_id, now=now)


def _check_unasked(segment: Segment) -> None:
    rules = load_rules(segment.project).values()
    words = [f"validation rule '{rule.name}'" for rule in rules if segment.pk in rule.asks_segments]
    words += users_of_segment(segment.project, segment.pk)
    if words:
        raise InUse(
            f"Resource segment with id {segment.public_id} is in use by {', '.join(words)}",
            resource_type="segment",
            resource_id=segment.public_id,
        )


def _save(segment: Segment, *, is_new: bool = False) -> None:
    try:
        with transaction.atomic():
            if is_new:
                segment.save(force_insert=True)
            else:
                segment.save(update_fields=["name", "filter", "updated_at"])
    except IntegrityError as error:
        raise Duplicate.of("segment", segment.name) from error


def _name_errors(name: str) -> list[FieldError]:
    if 1 <= len(name) <= LONGEST_NAME:
        return []
    words = f"must NOT have fewer than 1 or more than {LONGEST_NAME} characters"
    return [FieldError("name", "length", f"Property .name {words}", name)]


def _filter_errors(project: Project, fields: SegmentFields) -> list[FieldError]:
    errors = []
    if fields.customers:
        errors.append(FieldError("customers", "type", "Property .customers belongs to a static segment"))
    if Segment.objects.filter(project=project, deleted_at=None, filter__isnull=False).count() >= MOST_DYNAMIC:
        words = f"A project has at most {MOST_DYNAMIC} passive and active segments"
        errors.append(FieldError("type", "too_many", words, fields.type))
    return errors + parse_filter(project, fields.filter)[1]


def _members(project: Project, fields: SegmentFields) -> tuple[list[UUID], list[FieldError]]:
    """The keys of the customers that are to be listed, each once; one statement."""
    if fields.filter is not None:
        return [], [FieldError("filter", "type", "Property .filter belongs to a passive or active segment")]
    if len(fields.customers) > MOST_LISTED:
        words = f"Property .customers must NOT have more than {MOST_LISTED} items"
        return [], [FieldError("customers", "too_many", words)]
    keys = [parse_public_id("cust", name) for name in fields.customers]
    living = set(
        Customer.objects.filter(project=project, deleted_at=None, pk__in={key for key in keys if key}).values_list(
            "pk", flat=True
        )
    )
    errors = [
        FieldError(f"customers.{place}", "not_found", f"Cannot find customer with id {name[:64]}", name)
        for place, (name, key) in enumerate(zip(fields.customers, keys, strict=True))
        if key not in living
    ]
    return list(dict.fromkeys(key for key in keys if key is not None)), errors


def _shown(segment: Segment, members: int | None = None) -> JsonObject:
    shown: JsonObject = {"name": segment.name, "type": str(segment.type), "filter": segment.filter}
    return shown if members is None or not segment.is_static else {**shown, "customers": members}


def _target(segment: Segment) -> Target:
    return Target("segment", segment.public_id, segment.name)
