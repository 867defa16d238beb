"""`POST /client/v1/events`: a web page or an app tracks one event."""

from dataclasses import replace

from django.http import HttpResponse
from rest_framework.request import Request

from api.answer_schemas import CLIENT_TRACKED
from api.authentication import ClientKey, origin_of
from api.client.shown import answer_shown, effects_shown
from api.cors import allow
from api.json_schemas import CLIENT_EVENT
from api.tracking import TrackingView
from api.v1.events import answered, header_key
from common.jsons import dumps
from common.refusals import Refusal
from events.payloads import CLIENT_API, EventPayload, Source, parse_event
from events.tickets import HEADER, read_ticket


class ClientEvents(TrackingView):
    key_class = ClientKey
    answers = {"post": CLIENT_TRACKED}
    bodies = {"post": {"application/json": CLIENT_EVENT}}
    queries = {"post": ("expand", "dry_run")}
    headers_read = {"post": ("Origin", "Idempotency-Key", HEADER)}

    def post(self, request: Request) -> HttpResponse:
        """Track a custom event from a browser or an app."""
        payloads: list[EventPayload] = []

        def parse() -> list[EventPayload]:
            payloads.append(self._payload(request))
            return payloads

        project, (outcome,), options = self.track(request, parse)
        if isinstance(outcome, Refusal):
            raise outcome
        body = answer_shown(outcome, payloads[0].customer)
        if options.expand or options.dry_run:
            body |= effects_shown(project, outcome)
        if options.dry_run:
            body["dry_run"] = True
        return allow(answered(dumps(body), outcome), origin_of(request))

    def _payload(self, request: Request) -> EventPayload:
        """A browser's clock is nobody's: its `occurred_at` is left unread. Raises InvalidPayload, TicketRefused."""
        raw = request.data
        if isinstance(raw, dict):
            raw = {name: value for name, value in raw.items() if name != "occurred_at"}
        payload = parse_event(raw, Source(CLIENT_API, self.request_id), key=header_key(request))
        ticket = request.headers.get(HEADER)
        return payload if ticket is None else replace(payload, ticket=read_ticket(ticket))
