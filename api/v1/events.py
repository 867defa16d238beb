"""`/v1/events`: track one, list them, look at one with everything it did."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from api.answer_schemas import EVENTS, ONE_STORED, TRACKED
from api.json_schemas import EVENT
from api.pagination import CURSOR_PARAMETERS, Query, cursor_listing, slice_of
from api.tracking import TrackingView, TrackOptions
from api.views import ServerView, unstorable
from common.ids import parse_public_id, public_id
from common.jsons import JsonObject
from common.refusals import InvalidPayload, NotFound, Refusal
from customers.models import Customer
from customers.reading import find_customer
from events.answers import with_more
from events.models import Event, EventVoid, IdempotencyKey, StoredEffect
from events.outcomes import Accepted, Outcome, Replayed
from events.payloads import EventPayload, Source, parse_event
from events.tracing import failure_as_json, failures_of
from events.voiding import VOIDED
from eventschema.schema import schemas_of
from projects.models import Project

MASK = "***"


class Events(TrackingView):
    bodies = {"post": {"application/json": EVENT}}
    answers = {"post": TRACKED, "get": EVENTS}
    headers_read = {"post": ("Idempotency-Key",)}
    queries = {"post": ("expand", "dry_run"), "get": ("event", "customer", *CURSOR_PARAMETERS)}

    def post(self, request: Request) -> HttpResponse:
        """Track a custom event."""
        project, (outcome,), options = self.track(request, lambda: [self._payload(request)])
        return tracked(project, outcome, options)

    def _payload(self, request: Request) -> EventPayload:
        return parse_event(request.data, Source("API", self.request_id), key=header_key(request))

    def get(self, request: Request) -> Response:
        """List events, newest first."""
        query = Query(request)
        events = _filtered(self.project, query)
        rows, has_more = slice_of(events, query, "event")
        return Response(cursor_listing(stored_list(self.project, rows), has_more))


class OneEvent(ServerView):
    answers = {"get": ONE_STORED}

    def get(self, request: Request, event_id: str) -> Response:
        """Get an event with its effects, and whatever declined it or failed on it."""
        event = find_event(self.project, event_id)
        effects, skips = trace_of(self.project, event.pk)
        more = {
            "channel": event.channel,
            "group_id": event.group_id,
            "effects": effects,
            "skipped": skips,
            "failed": [failure_as_json(failure) for failure in failures_of(self.project, event.pk)],
        }
        return Response(stored(event, source_ids([event]), voided_at_of([event])) | more)


def header_key(request: Request) -> str | None:
    """The header `Idempotency-Key`, whose bytes are UTF-8 as those of a body's `id` are."""
    raw = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if raw is None:
        return None
    key = str(raw).encode("latin-1", "surrogateescape").decode("utf-8", "replace")
    if unstorable(key):
        raise InvalidPayload.at("Idempotency-Key", "Header Idempotency-Key holds a NUL character", code="character")
    return key


def tracked(project: Project, outcome: Outcome, options: TrackOptions) -> HttpResponse:
    """The answer to a tracked event. Raises the refusal of one that was refused."""
    if isinstance(outcome, Refusal):
        raise outcome
    return answered(with_more(outcome.answer, expansion(project, outcome, options)), outcome)


def answered(body: str, outcome: Accepted | Replayed) -> HttpResponse:
    answer = HttpResponse(body.encode(), "application/json")
    if isinstance(outcome, Replayed):
        answer.headers["Idempotent-Replayed"] = "true"
    return answer


def expansion(project: Project, outcome: Accepted | Replayed, options: TrackOptions) -> JsonObject:
    """What was asked for beyond the contract; a dry run always tells everything."""
    more: JsonObject = {}
    if options.expand or options.dry_run:
        if isinstance(outcome, Replayed):
            effects, skips = trace_of(project, outcome.event_id, voiding=False)
        else:
            effects, skips = told(outcome)
        more = {"effects": effects, "skipped": skips}
    return {**more, "dry_run": True} if options.dry_run else more


def told(accepted: Accepted) -> tuple[list[JsonObject], list[JsonObject]]:
    return [effect.as_json() for effect in accepted.effects], [skip.as_json() for skip in accepted.skips]


def stored_list(project: Project, events: Sequence[Event]) -> list[JsonObject]:
    """As lists show events: personal properties masked."""
    names, voids, personal = source_ids(events), voided_at_of(events), _personal(project)
    return [stored(event, names, voids, mask=personal) for event in events]


def source_ids(events: Iterable[Event]) -> dict[UUID, str]:
    """The senders' own ids of events that have one (one statement)."""
    rows = IdempotencyKey.objects.filter(pk__in=[event.pk for event in events])
    return dict(rows.values_list("event_id", "key"))


def voided_at_of(events: Iterable[Event]) -> dict[UUID, datetime]:
    """When events were taken back, of those that were (one statement)."""
    voids = EventVoid.objects.filter(pk__in=[event.pk for event in events])
    return dict(voids.values_list("event_id", "voided_at"))


def stored(
    event: Event,
    names: Mapping[UUID, str],
    voids: Mapping[UUID, datetime],
    *,
    mask: Mapping[Any, frozenset[str]] | None = None,
) -> JsonObject:
    """A stored event; `names` has the senders' ids, `voids` when which event was taken back, `mask` what lists do not
    show, by definition.
    """
    hidden = (mask or {}).get(event.definition_id, frozenset())
    codes: Mapping[str, str] = event.codes
    return {
        "object": "event",
        "id": event.public_id,
        "source_id": names.get(event.pk),
        "type": event.name,
        "customer": event.customer.as_simple_json(),
        "referral": {"code": codes["referral"]} if "referral" in codes else None,
        "loyalty": {"code": codes["loyalty"]} if "loyalty" in codes else None,
        "metadata": {key: MASK if key in hidden else value for key, value in event.metadata.items()},
        "event_schema": {
            "id": public_id("ms", event.definition_id) if event.definition_id else None,
            "name": event.name,
            "version": event.version,
        },
        "created_at": event.received_at,
        "occurred_at": event.occurred_at,
        "voided_at": voids.get(event.pk),
    }


def trace_of(project: Project, event_id: UUID, *, voiding: bool = True) -> tuple[list[JsonObject], list[JsonObject]]:
    """What the event did, in order, and everything that looked at it and declined (one statement).

    What took an event back comes last, unless `voiding` leaves it out.
    """
    rows = StoredEffect.objects.filter(project=project, event_id=event_id).order_by("seq")
    rows = rows if voiding else rows.exclude(cause_kind=VOIDED)
    effects: list[JsonObject] = []
    skips: list[JsonObject] = []
    for row in rows:
        if row.kind == StoredEffect.DECLINED:
            skips.extend(row.data["skipped"])
        else:
            effects.append({"kind": row.kind, **row.data})
    return effects, skips


def find_event(project: Project, name: str) -> Event:
    """By public id or by the sender's own. Raises NotFound."""
    key = parse_public_id("event", name) or (
        IdempotencyKey.objects.filter(project=project, key=name).values_list("event_id", flat=True).first()
    )
    event = Event.objects.filter(project=project, pk=key).select_related("customer").first() if key else None
    if event is None:
        raise NotFound.of("event", name)
    return event


def _filtered(project: Project, query: Query) -> Any:
    events = Event.objects.filter(project=project).select_related("customer")
    if name := query.text("event"):
        events = events.filter(name=name)
    if customer := query.text("customer"):
        events = events.filter(customer__in=_named(project, customer))
    return events.filter(**query.period("occurred_at", "occurred_at"), **query.period("created_at", "received_at"))


def _named(project: Project, name: str) -> Sequence[Customer]:
    try:
        return [find_customer(project, name)]
    except NotFound:
        return []


def _personal(project: Project) -> dict[Any, frozenset[str]]:
    schemas: Iterable[Any] = schemas_of(project).values()
    return {schema.definition_id: schema.personal for schema in schemas}
