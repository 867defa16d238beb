"""What deliveries tell (contract h.2): the data of distributions' webhooks, and of the templates of their e-mails."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from api.v1.rendering import render_campaigns, render_publications, render_vouchers
from campaigns.codes import find_by_codes
from campaigns.models import Campaign, Publication
from common.ids import public_id
from common.jsons import JsonObject, dumps, parse
from customers.segments import segment_book
from distributions.channels.base import HandOver
from distributions.models import Delivery
from events.masking import Masks
from events.models import Event
from projects.models import Project


def data_of(project: Project, items: Sequence[HandOver], *, masked: bool) -> list[JsonObject]:
    """A fixed number of statements for any number of items; those of codes where codes were published."""
    events = _events_of(project, items)
    masks = Masks(list(events.values())) if masked and events else None
    codes = _codes_of(project, events)
    published = _published(project, items)
    segments = _segment_names(project, items)
    return [_data(item, events, masks, codes, published, segments) for item in items]


def _data(
    item: HandOver,
    events: Mapping[UUID, Event],
    masks: Masks | None,
    codes: Mapping[str, JsonObject],
    published: Mapping[UUID, JsonObject],
    segments: Mapping[str, str],
) -> JsonObject:
    event = events.get(item.delivery.event_id) if item.delivery.event_id else None
    brought: Mapping[str, str] = event.codes if event else {}
    data: JsonObject = {
        "event": _event(event, masks) if event else None,
        "event_schema": _schema(event) if event else None,
        "customer": item.customer.as_simple_json(),
        "referral": codes.get(brought.get("referral", "")),
        "loyalty": codes.get(brought.get("loyalty", "")),
    }
    data |= _trigger(item.delivery, segments)
    if item.publication is not None:
        data |= published[item.publication.pk]
    # As it will be read: times as text, so that templates and webhooks say the same.
    plain: JsonObject = parse(dumps(data).encode())
    return plain


def _trigger(delivery: Delivery, segments: Mapping[str, str]) -> JsonObject:
    """What the effect said that the distribution reacted to; nothing for an event."""
    told: JsonObject = delivery.data
    if not told:
        return {}
    if "segment" in told:
        name = segments.get(told["segment"])
        return {"segment": {"id": told["segment"], "name": name, "object": "segment"}}
    return {"trigger": told}


def _event(event: Event, masks: Masks | None) -> JsonObject:
    codes: Mapping[str, str] = event.codes
    return {
        "id": event.public_id,
        "object": "event",
        "type": event.name,
        "customer": {"id": public_id("cust", event.customer_id)},
        "referral": {"code": codes["referral"]} if "referral" in codes else None,
        "loyalty": {"code": codes["loyalty"]} if "loyalty" in codes else None,
        "metadata": masks.masked(event) if masks else event.metadata,
        "created_at": event.received_at,
    }


def _schema(event: Event) -> JsonObject:
    key = event.definition_id
    return {"id": public_id("ms", key) if key else None, "name": event.name}


def _events_of(project: Project, items: Sequence[HandOver]) -> dict[UUID, Event]:
    keys = {item.delivery.event_id for item in items if item.delivery.event_id}
    rows: Any = Event.objects.filter(project=project, pk__in=keys).select_related("definition") if keys else ()
    return {event.pk: event for event in rows}


def _codes_of(project: Project, events: Mapping[UUID, Event]) -> dict[str, JsonObject]:
    """The codes that the events brought, as the contract tells of them, by the code."""
    brought = sorted({code for event in events.values() for code in event.codes.values()})
    found = find_by_codes(project, brought) if brought else {}
    if not found:
        return {}
    vouchers = list(found.values())
    campaigns = _campaigns({voucher.campaign_id for voucher in vouchers if voucher.campaign_id})
    rendered = zip(found, vouchers, render_vouchers(project, vouchers), strict=True)
    return {
        code: {
            "voucher": body,
            "campaign": campaigns.get(voucher.campaign_id) if voucher.campaign_id else None,
            "referrer": voucher.holder.as_simple_json() if voucher.holder else None,
        }
        for code, voucher, body in rendered
    }


def _published(project: Project, items: Sequence[HandOver]) -> dict[UUID, JsonObject]:
    """Campaign, code and publication, by the publication's key."""
    publications: dict[UUID, Publication] = {
        item.publication.pk: item.publication for item in items if item.publication
    }
    rows = list(publications.values())
    if not rows:
        return {}
    campaigns = _campaigns({row.voucher.campaign_id for row in rows if row.voucher.campaign_id})
    vouchers = render_vouchers(project, [row.voucher for row in rows])
    return {
        row.pk: {
            "campaign": campaigns.get(row.voucher.campaign_id) if row.voucher.campaign_id else None,
            "voucher": voucher,
            "publication": body,
            # What templates put in most often.
            "code": row.voucher.code,
        }
        for row, voucher, body in zip(rows, vouchers, render_publications(project, rows), strict=True)
    }


def _campaigns(keys: set[UUID]) -> dict[UUID, JsonObject]:
    rows = list(Campaign.objects.filter(pk__in=keys))
    return {row.pk: body for row, body in zip(rows, render_campaigns(rows), strict=True)}


def _segment_names(project: Project, items: Sequence[HandOver]) -> dict[str, str]:
    if not any("segment" in item.delivery.data for item in items):
        return {}
    return {public_id("seg", segment.id): segment.name for segment in segment_book().names(project)}
