"""`POST /v1/events/{id}/void`: take an event back."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.answer_schemas import VOIDED
from api.shapes import LEFT_OUT, Flag, Shape, Text, checked
from api.v1.events import find_event, source_ids, stored
from api.views import ServerView
from common.jsons import JsonObject
from events.voiding import Voided, void_event


class VoidShape(Shape):
    reason = Text(max_length=500, allow_blank=True, **LEFT_OUT)
    force = Flag(**LEFT_OUT)


class EventVoiding(ServerView):
    bodies = {"post": VoidShape}
    answers = {"post": VOIDED}

    def post(self, request: Request, event_id: str) -> Response:
        """Take an event back: what it did is reversed; a second call answers the first."""
        event = find_event(self.project, event_id)
        body = checked(VoidShape, self.body())
        voided = void_event(
            self.project,
            event,
            reason=body.get("reason", ""),
            force=body.get("force", False),
            by=self.actor,
            group_id=self.request_id,
            now=self.now,
        )
        return Response(_rendered(voided))


def _rendered(voided: Voided) -> JsonObject:
    """The event with what taking it back did; `effects` are the reversing ones alone."""
    event, void = voided.event, voided.void
    return {
        **stored(event, source_ids([event]), {event.pk: void.voided_at}),
        "reason": void.reason or None,
        "effects": [_in_order(effect) for effect in voided.effects],
        "affected_later": [_in_order(decision) for decision in void.affected_later],
        "shortfall": void.shortfall,
    }


def _in_order(told: JsonObject) -> JsonObject:
    """Its kind, then the rest by name, since PostgreSQL keeps the names of an object in an order of its own."""
    return {"kind": told["kind"], **dict(sorted(told.items()))}
