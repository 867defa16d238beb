"""`/v1/events`: track one, list them, look at one with everything it did."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from api.json_schemas import EVENT
from api.pagination import CURSOR_PARAMETERS, Query, cursor_listing, slice_of
from api.views import ServerView
from common.ids import parse_public_id, public_id
from common.jsons import JsonObject, dumps
from common.refusals import NotFound, Refusal
from customers.models import Customer
from customers.reading import find_customer
from events.acceptance import Accepted, Source, accept_events
from events.models import Event, StoredEffect
from events.payloads import parse_event
from eventschema.schema import schemas_of
from projects.models import Project

MASK = "***"


class Events(ServerView):
    bodies = {"post": {"application/json": EVENT}}
    queries = {"post": ("expand",), "get": ("event", "customer", *CURSOR_PARAMETERS)}

    def post(self, request: Request) -> HttpResponse:
        """Track a custom event."""
        expand = _wants_effects(request)
        payload = parse_event(request.data)
        source = Source("API", self.request_id)
        outcome = accept_events(project=self.project, payloads=[payload], source=source, now=self.now)[0]
        if isinstance(outcome, Refusal):
            raise outcome
        return HttpResponse(dumps(tracked(outcome, expand=expand)), content_type="application/json")

    def get(self, request: Request) -> Response:
        """List events, newest first."""
        query = Query(request)
        events = _filtered(self.project, query)
        rows, has_more = slice_of(events, query, "event")
        return Response(cursor_listing([stored(event, mask=_personal(self.project)) for event in rows], has_more))


class OneEvent(ServerView):
    def get(self, request: Request, event_id: str) -> Response:
        """Get an event with its effects and whatever declined it."""
        event = find_event(self.project, event_id)
        effects, skips = trace_of(event)
        return Response({**stored(event), "effects": effects, "skipped": skips})


def tracked(accepted: Accepted, *, expand: bool) -> JsonObject:
    """The answer to a tracked event: the contract's fields (b.2), then ours."""
    body: JsonObject = {
        "object": "event",
        "type": accepted.event.name,
        "customer": accepted.customer.as_simple_json(),
        "referral": None,
        "loyalty": None,
        "id": accepted.event.public_id,
        "created_at": accepted.event.received_at,
        "occurred_at": accepted.event.occurred_at,
    }
    if expand:
        body["effects"] = [effect.as_json() for effect in accepted.effects]
        body["skipped"] = [skip.as_json() for skip in accepted.skips]
    return body


def stored(event: Event, *, mask: Mapping[Any, frozenset[str]] | None = None) -> JsonObject:
    """A stored event; `mask` names, by definition, the properties that lists do not show."""
    hidden = (mask or {}).get(event.definition_id, frozenset())
    codes: Mapping[str, str] = event.codes
    return {
        "object": "event",
        "id": event.public_id,
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
    }


def trace_of(event: Event) -> tuple[list[JsonObject], list[JsonObject]]:
    """What the event did, in order, and everything that looked at it and declined (one statement)."""
    rows = StoredEffect.objects.filter(event_id=event.pk).order_by("seq")
    effects: list[JsonObject] = []
    skips: list[JsonObject] = []
    for row in rows:
        if row.kind == StoredEffect.DECLINED:
            skips.extend(row.data["skipped"])
        else:
            effects.append({"kind": row.kind, **row.data})
    return effects, skips


def find_event(project: Project, name: str) -> Event:
    """By public id. Raises NotFound."""
    key = parse_public_id("event", name)
    event = Event.objects.filter(project=project, pk=key).select_related("customer").first() if key else None
    if event is None:
        raise NotFound.of("event", name)
    return event


def _wants_effects(request: Request) -> bool:
    return "effects" in request.query_params.get("expand", "").split(",")


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
