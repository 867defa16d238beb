"""Webhooks of distributions: an address, the name of what it is told, headers, and a payload of one's own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from django import forms

from common.ids import public_id
from common.jsons import JsonObject, JsonValue, pretty
from common.refusals import FieldError
from common.times import iso
from distributions.channels.base import Channel, HandOver
from distributions.channels.webhook_fields import as_said, as_typed, webhook_fields, webhook_typing_errors
from distributions.models import Trigger
from distributions.telling import data_of
from projects.audit import Actor
from projects.models import Project
from webhooks.headers import header_errors
from webhooks.models import SourceKind
from webhooks.resending import find_send_out, resend
from webhooks.send_outs import SendOutRequest, queue_send_outs
from webhooks.subscribing import url_errors
from webhooks.templates import ResultTooLong, render_json, template_errors

LONGEST_NAME = 100
# What is told where no name was typed in.
NAMES = {
    Trigger.CUSTOM_EVENT: "customer.custom_event",
    Trigger.SEGMENT_ENTERED: "customer.segment.entered",
    Trigger.SEGMENT_LEFT: "customer.segment.left",
    Trigger.REFERRAL_CONVERTED: "customer.referred",
    Trigger.POINTS_EARNED: "customer.rewarded.loyalty_points",
    Trigger.TIER_CHANGED: "customer.loyalty.tier.changed",
}


class WebhookChannel(Channel):
    """`payload` takes the place of the envelope's data; with `envelope` false it is all that is sent."""

    type: ClassVar[str] = "webhook"
    label: ClassVar[str] = "Webhook"

    def errors(self, channel: JsonObject, path: str) -> Iterator[FieldError]:
        url, name = channel.get("target_url"), channel.get("event_name")
        if isinstance(url, str):
            yield from url_errors(url, f"{path}.target_url")
        else:
            yield _error(f"{path}.target_url", "type", "must be string", url)
        if name is not None and not (isinstance(name, str) and len(name) <= LONGEST_NAME and name.isprintable()):
            yield _error(f"{path}.event_name", "invalid", f"must be a line of up to {LONGEST_NAME} characters", name)
        yield from _header_errors(channel.get("headers"), f"{path}.headers")
        yield from _payload_errors(channel, path)

    def tidied(self, channel: JsonObject) -> JsonObject:
        return {
            "target_url": channel["target_url"],
            "event_name": channel.get("event_name") or "",
            "headers": channel.get("headers") or {},
            "payload": channel.get("payload"),
            "envelope": channel.get("envelope") is not False,
        }

    def in_words(self, channel: JsonObject) -> str:
        return f"webhook to {channel['target_url']}"

    def form_fields(self) -> Mapping[str, forms.Field]:
        return webhook_fields()

    def typed(self, channel: JsonObject) -> JsonObject:
        return as_typed(channel)

    def said(self, typed: JsonObject) -> JsonObject:
        return as_said(typed)

    def typing_errors(self, typed: JsonObject) -> Iterable[tuple[str, str]]:
        return webhook_typing_errors(typed)

    def preview(self, project: Project, item: HandOver, data: JsonObject, *, now: datetime) -> str:
        request = _request(project, item, data, now)
        return pretty({"id": "whs_…", **request.body} if request.has_envelope else request.body)

    def hand_over(self, project: Project, items: Sequence[HandOver], *, now: datetime) -> list[JsonObject]:
        told = data_of()(project, items, masked=True)
        requests = [_request(project, item, data, now) for item, data in zip(items, told, strict=True)]
        sent = {row.cause: row.public_id for row in queue_send_outs(project, requests, now=now)}
        return [{"send_out": sent.get(item.cause)} for item in items]

    def resend(self, project: Project, item: HandOver, outcome: JsonObject, *, by: Actor, now: datetime) -> JsonObject:
        """The send-out's own log shows the new attempt. Raises NotFound where the send-out was swept away."""
        resend([find_send_out(project, outcome.get("send_out") or "")], by=by, now=now)
        return outcome


def _request(project: Project, item: HandOver, data: JsonObject, now: datetime) -> SendOutRequest:
    channel, has_envelope = item.channel, bool(item.channel.get("envelope", True))
    name = channel.get("event_name") or NAMES[Trigger(item.distribution.trigger)]
    own = _payload(channel, data)
    return SendOutRequest(
        SourceKind.DISTRIBUTION,
        item.distribution.pk,
        channel["target_url"],
        name,
        _envelope(project, item, name, own, now) if has_envelope else own,
        item.cause,
        customer_id=item.customer.pk,
        headers=channel.get("headers") or {},
        has_envelope=has_envelope,
    )


def _payload(channel: JsonObject, data: JsonObject) -> JsonObject:
    """What came out too long is told as such: the receiver can ask by the ids."""
    payload = channel.get("payload")
    if payload is None:
        return data
    try:
        rendered = render_json(payload, data)
    except ResultTooLong:
        return {"error": "payload_too_long"}
    return rendered if isinstance(rendered, dict) else {"payload": rendered}


def _envelope(project: Project, item: HandOver, name: str, data: JsonObject, now: datetime) -> JsonObject:
    """The contract's (h.2), without its id."""
    distribution, delivery = item.distribution, item.delivery
    return {
        "project_id": project.public_id,
        "created_at": iso(now),
        "type": name,
        "data": data,
        "source": {"id": distribution.public_id, "object": "distribution", "target_url": item.channel["target_url"]},
        "event": {
            "id": public_id("event", delivery.event_id) if delivery.event_id else delivery.public_id,
            "type": NAMES[Trigger(distribution.trigger)],
            "created_at": iso(delivery.created_at),
            "entity_id": item.customer.public_id,
            "group_id": delivery.group_id or None,
            "event_source": {"channel": "INTERNAL", "user": None, "api_key": None},
        },
    }


def _header_errors(headers: JsonValue, path: str) -> Iterator[FieldError]:
    if headers is None:
        return
    if not isinstance(headers, dict):
        yield _error(path, "type", "must be object", headers)
        return
    yield from header_errors(headers, path)


def _payload_errors(channel: JsonObject, path: str) -> Iterator[FieldError]:
    payload, envelope = channel.get("payload"), channel.get("envelope")
    if payload is not None and not isinstance(payload, dict):
        yield _error(f"{path}.payload", "type", "must be object", payload)
    elif payload is not None:
        yield from template_errors(payload, f"{path}.payload")
    if envelope is not None and not isinstance(envelope, bool):
        yield _error(f"{path}.envelope", "type", "must be boolean", envelope)
    elif envelope is False and payload is None:
        yield _error(f"{path}.payload", "required", "is required without an envelope")


def _error(path: str, code: str, complaint: str, actual: JsonValue = None) -> FieldError:
    return FieldError(path, code, f"Property .{path} {complaint}", actual)
