"""What deliveries tell (contract h.2): the data of distributions' webhooks, and of the templates of their e-mails."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from api.announcements.bodies import custom_event_data
from api.announcements.masking import mask_customers
from api.v1.rendering import render_campaigns, render_publications, render_vouchers
from campaigns.models import Campaign, Publication
from common.ids import public_id
from common.jsons import JsonObject, dumps, parse
from customers.segments import segment_book
from distributions.channels.base import HandOver
from distributions.models import Delivery
from events.models import Event
from projects.models import Project


def data_of(project: Project, items: Sequence[HandOver], *, masked: bool) -> list[JsonObject]:
    """A fixed number of statements for any number of items; those of codes where codes were published."""
    events = _events_of(project, items)
    tracked = dict(zip(events, custom_event_data(project, list(events.values()), masked=masked), strict=True))
    published = _published(project, items)
    segments = _segment_names(project, items)
    told = [_data(item, tracked, published, segments) for item in items]
    return [mask_customers(project, data) for data in told] if masked else told


def _data(
    item: HandOver,
    tracked: Mapping[UUID, JsonObject],
    published: Mapping[UUID, JsonObject],
    segments: Mapping[str, str],
) -> JsonObject:
    data: JsonObject = {
        **dict.fromkeys(("event", "event_schema", "customer", "referral", "loyalty")),
        **(tracked.get(item.delivery.event_id, {}) if item.delivery.event_id else {}),
        # Of an event that is of somebody else it is the referrer, say.
        "customer": item.customer.as_simple_json(),
        **_trigger(item.delivery, segments),
    }
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


def _events_of(project: Project, items: Sequence[HandOver]) -> dict[UUID, Event]:
    keys = {item.delivery.event_id for item in items if item.delivery.event_id}
    rows: Any = Event.objects.filter(project=project, pk__in=keys).select_related("definition") if keys else ()
    return {event.pk: event for event in rows}


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
