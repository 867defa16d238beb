"""`/v1/customers/{customerId}/activity`: what a customer did and what came of it, rendered from events and effects."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.object_schemas import ACTIVITY, cursor_of
from api.pagination import CURSOR_PARAMETERS, Query, cursor_listing
from api.v1.activity_payloads import Entry, References
from api.v1.activity_types import ACTIVITY_TYPES
from api.views import ServerView
from campaigns.models import Campaign, CampaignType
from common.ids import public_id
from common.jsons import JsonObject
from customers.models import Customer
from customers.reading import find_customer
from events.models import Event, StoredEffect
from events.payloads import CONTRACT_CHANNELS
from projects.models import Project

TRACKED = "customer.custom_event"
CATEGORIES = ("ACTION", "EFFECT")
# Which stored effects each type of the contract (d.7) shows. The SDKs refuse any other type.
EFFECTS_OF_TYPE: Mapping[str, Q] = {
    "customer.created": Q(kind="customer.created"),
    "customer.updated": Q(kind="customer.updated"),
    "customer.deleted": Q(kind="customer.deleted"),
    "customer.referred": Q(kind="referral.converted"),
    "customer.rewarded": Q(kind__in=["reward.granted", "reward.revoked"]),
    "customer.rewarded.loyalty_points": Q(kind="points.earned") & ~Q(data__rule=None),
    "customer.voucher.loyalty_card.points_added": Q(kind__in=["points.added", "points.removed", "points.reversed"])
    | Q(kind="points.earned", data__rule=None),
    "customer.publication.succeeded": Q(kind="code.published"),
    "customer.holder.assignment.created": Q(kind="holder.added"),
    "customer.holder.assignment.deleted": Q(kind__in=["code.unpublished", "referral.voided", "holder.removed"]),
    "customer.segment.entered": Q(kind="segment.entered"),
    "customer.segment.left": Q(kind="segment.left"),
}
ACTIONS = ("customer.created", "customer.updated", "customer.deleted")


class CustomerActivity(ServerView):
    answers = {"get": cursor_of(ACTIVITY)}
    queries = {
        "get": (
            *CURSOR_PARAMETERS,
            *("order", "type", "category", "campaign_id", "campaign_type", "start_date", "end_date"),
        )
    }

    def get(self, request: Request, customer_id: str) -> Response:
        """List a customer's activity, newest first."""
        customer = find_customer(self.project, customer_id)
        query = Query(request)
        limit = query.limit()
        entries = _entries(customer, query, limit + 1)
        shown = render_entries(self.project, customer, entries[:limit])
        return Response(cursor_listing(shown, has_more=len(entries) > limit))


def _entries(customer: Customer, query: Query, count: int) -> list[Entry]:
    """The first `count` events and effects after the cursor, in the order asked for; at most two statements."""
    events: QuerySet[Event] = Event.objects.filter(project=customer.project_id, customer=customer)
    effects: QuerySet[StoredEffect] = StoredEffect.objects.filter(project=customer.project_id, customer=customer)
    effects = effects.exclude(kind=StoredEffect.DECLINED)
    events, effects = _of_type(events, effects, query)
    events, effects = _of_campaigns(customer, events, effects, query)
    after, before = query.moment("start_date"), query.moment("end_date")
    if after is not None:
        events, effects = events.filter(received_at__gte=after), effects.filter(created_at__gte=after)
    if before is not None:
        events, effects = events.filter(received_at__lte=before), effects.filter(created_at__lte=before)
    newest_first = query.order(("created_at",), "-created_at") == "-created_at"
    cursor = query.cursor("evcus")
    query.done()
    found = [*_slice(events, cursor, newest_first, count), *_slice(effects, cursor, newest_first, count)]
    return sorted(found, key=lambda entry: entry.pk, reverse=newest_first)[:count]


def _slice(rows: QuerySet[Any], cursor: UUID | None, newest_first: bool, count: int) -> Sequence[Any]:
    if cursor is not None:
        rows = rows.filter(pk__lt=cursor) if newest_first else rows.filter(pk__gt=cursor)
    return list(rows.order_by("-pk" if newest_first else "pk")[:count])


def _of_type(
    events: QuerySet[Event], effects: QuerySet[StoredEffect], query: Query
) -> tuple[QuerySet[Event], QuerySet[StoredEffect]]:
    """What `type` and `category` leave."""
    category = query.choice("category", CATEGORIES)
    wanted = query.choice("type", ACTIVITY_TYPES)
    types = [kind for kind in (TRACKED, *EFFECTS_OF_TYPE) if wanted in (None, kind)]
    if category is not None:
        types = [kind for kind in types if category_of(kind) == category]
    if TRACKED not in types:
        events = events.none()
    shown = Q(pk=None)
    for kind in types:
        shown |= EFFECTS_OF_TYPE.get(kind, Q(pk=None))
    return events, effects.filter(shown)


def _of_campaigns(
    customer: Customer, events: QuerySet[Event], effects: QuerySet[StoredEffect], query: Query
) -> tuple[QuerySet[Event], QuerySet[StoredEffect]]:
    """What `campaign_id` and `campaign_type` leave: effects of those campaigns."""
    campaign_id = query.text("campaign_id")
    campaign_type = query.choice("campaign_type", CampaignType.values)
    if campaign_id is not None:
        events, effects = events.none(), effects.filter(data__campaign_id=campaign_id)
    if campaign_type is not None:
        keys = Campaign.objects.filter(project=customer.project_id, campaign_type=campaign_type)
        names = [public_id("camp", key) for key in keys.values_list("pk", flat=True)]
        events, effects = events.none(), effects.filter(data__campaign_id__in=names)
    return events, effects


def category_of(activity_type: str) -> str:
    return "ACTION" if activity_type in (TRACKED, *ACTIONS) else "EFFECT"


def type_of(entry: Entry) -> str:
    """The contract's type of an event or effect."""
    if isinstance(entry, Event):
        return TRACKED
    if entry.kind == "points.earned":
        by_rule = entry.data.get("rule") is not None
        return "customer.rewarded.loyalty_points" if by_rule else "customer.voucher.loyalty_card.points_added"
    return _TYPE_OF_KIND[entry.kind]


_TYPE_OF_KIND = {
    "customer.created": "customer.created",
    "customer.updated": "customer.updated",
    "customer.deleted": "customer.deleted",
    "referral.converted": "customer.referred",
    "reward.granted": "customer.rewarded",
    "points.added": "customer.voucher.loyalty_card.points_added",
    "points.removed": "customer.voucher.loyalty_card.points_added",
    # What voiding takes back, by the types that the contract has for it.
    "points.reversed": "customer.voucher.loyalty_card.points_added",
    "reward.revoked": "customer.rewarded",
    "referral.voided": "customer.holder.assignment.deleted",
    "code.unpublished": "customer.holder.assignment.deleted",
    "code.published": "customer.publication.succeeded",
    "holder.added": "customer.holder.assignment.created",
    "holder.removed": "customer.holder.assignment.deleted",
    "segment.entered": "customer.segment.entered",
    "segment.left": "customer.segment.left",
}


def render_entries(project: Project, customer: Customer, entries: Sequence[Entry]) -> list[JsonObject]:
    """The contract's activity entries of one customer; a fixed number of statements, none where there is no entry."""
    if not entries:
        return []
    references = References(project, [customer], entries)
    return [_rendered(entry, references) for entry in entries]


def _rendered(entry: Entry, references: References) -> JsonObject:
    created_at = entry.received_at if isinstance(entry, Event) else entry.created_at
    channel = CONTRACT_CHANNELS.get(entry.channel, entry.channel) if isinstance(entry, Event) else "API"
    source = {"channel": channel, "user": None, "api_key": None}
    return {
        "id": public_id("evcus", entry.pk),
        "type": type_of(entry),
        "category": category_of(type_of(entry)),
        "data": {"data": references.payload(entry), "event_source": source},
        "created_at": created_at,
        "group_id": entry.group_id,
    }
