"""`POST /v1/events/batch`: many events at once, each with an outcome of its own."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from api.errors import refusal_body
from api.json_schemas import EVENT_BATCH
from api.parsers import ItemsParser
from api.tracking import TrackingView, TrackOptions
from api.v1.events import expansion
from common.jsons import InvalidJson, JsonObject, JsonValue, check_limits, dumps
from common.refusals import InvalidPayload, Refusal
from events.answers import with_more
from events.outcomes import Accepted, Outcome
from events.payloads import EventPayload, Source, parse_event
from projects.models import Project

MOST_EVENTS = 1_000


class EventBatch(TrackingView):
    parser_classes = [ItemsParser]
    body_limit = 5 * 1024 * 1024
    bodies = {"post": {"application/json": EVENT_BATCH}}
    queries = {"post": ("expand", "dry_run")}

    def post(self, request: Request) -> HttpResponse:
        """Track up to 1,000 custom events; one that is refused does not spoil the others."""
        parsed: list[EventPayload | Refusal] = []

        def payloads() -> list[EventPayload]:
            source = Source("API", self.request_id)
            parsed.extend(_parsed(item, source) for item in _events(self.body()))
            return [item for item in parsed if isinstance(item, EventPayload)]

        project, accepted, options = self.track(request, payloads)
        following = iter(accepted)
        outcomes = [item if isinstance(item, Refusal) else next(following) for item in parsed]
        return HttpResponse(self._rendered(project, outcomes, options), content_type="application/json")

    def _rendered(self, project: Project, outcomes: Sequence[Outcome], options: TrackOptions) -> str:
        statuses = [_status(outcome) for outcome in outcomes]
        items = ",".join(
            self._item(project, index, status, outcome, options)
            for index, (status, outcome) in enumerate(zip(statuses, outcomes, strict=True))
        )
        totals: JsonObject = {
            "total": len(outcomes),
            **{status: statuses.count(status) for status in ("accepted", "replayed", "rejected")},
        }
        if options.dry_run:
            totals["dry_run"] = True
        return with_more(f'{{"object":"list","data_ref":"data","data":[{items}]}}', totals)

    def _item(self, project: Project, index: int, status: str, outcome: Outcome, options: TrackOptions) -> str:
        if isinstance(outcome, Refusal):
            return dumps({"index": index, "status": status, "error": refusal_body(outcome, self.request_id)})
        event = with_more(outcome.answer, expansion(project, outcome, options))
        return f'{{"index":{index},"status":"{status}","event":{event}}}'


def _events(body: dict[str, Any]) -> list[JsonValue]:
    """The list of events, its items unread. Raises InvalidPayload."""
    events = body.get("events")
    if not isinstance(events, list):
        raise InvalidPayload.at("events", "Property .events must be array", code="type")
    if not 1 <= len(events) <= MOST_EVENTS:
        raise InvalidPayload.at("events", f"Property .events must hold 1 to {MOST_EVENTS} events", code="length")
    return events


def _parsed(item: JsonValue, source: Source) -> EventPayload | Refusal:
    """Limits hold for each item as they do for an event that comes alone."""
    try:
        check_limits(item)
        return parse_event(item, source)
    except InvalidJson as error:
        return InvalidPayload(str(error))
    except Refusal as refusal:
        return refusal


def _status(outcome: Outcome) -> str:
    if isinstance(outcome, Refusal):
        return "rejected"
    return "accepted" if isinstance(outcome, Accepted) else "replayed"
