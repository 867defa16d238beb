"""`/v1/customers`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.fields.json import KT
from django.db.models.lookups import Exact
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import (
    FILTER_PARAMETERS,
    Filters,
    IdFilter,
    MetadataFilter,
    MomentFilter,
    TextFilter,
    filtered,
)
from api.json_schemas import CUSTOMER, OWN_CUSTOMER
from api.object_schemas import CUSTOMER as CUSTOMER_SCHEMA
from api.object_schemas import page_of as page_schema
from api.pagination import PAGE_PARAMETERS, Query, listing, ordered, page_of
from api.views import ServerView
from common.ids import parse_public_id, public_id
from common.jsons import JsonObject
from common.refusals import InvalidPayload
from customers.models import Customer
from customers.profiles import Profile, parse_profile
from customers.reading import find_customer
from events.erasure import delete_customers
from events.profiles import upsert_customers
from loyalty.models import LoyaltyCard
from projects.models import Project
from referrals.models import STANDING, Conversion
from segments.models import Membership

ORDERS = ("created_at", "updated_at", "source_id")
FILTERS: Filters = {
    "id": IdFilter("pk", "cust"),
    "source_id": TextFilter("source_id"),
    "legacy_id": TextFilter("legacy_id"),
    "name": TextFilter("name"),
    "email": TextFilter("email"),
    "phone": TextFilter("phone"),
    "description": TextFilter("description"),
    "address": MetadataFilter("address"),  # address.city and so on
    "created_at": MomentFilter("created_at"),
    "updated_at": MomentFilter("updated_at"),
    "metadata": MetadataFilter("metadata"),
}


class Customers(ServerView):
    bodies = {"post": {"application/json": OWN_CUSTOMER}}
    answers = {"get": page_schema("customers", CUSTOMER_SCHEMA), "post": CUSTOMER_SCHEMA}
    queries = {"get": (*PAGE_PARAMETERS, *FILTER_PARAMETERS, "email", "name", "city", "segment_id", "starting_after")}

    def post(self, request: Request) -> Response:
        """Create a customer, or update the one with that id or source id."""
        profile = _profile(self.body())
        customer = upsert_customers(self.project, [profile], group_id=self.request_id, now=self.now, by=self.actor)[0]
        return Response(render_customers(self.project, [customer])[0])

    def get(self, request: Request) -> Response:
        """List customers."""
        query = Query(request)
        page = page_of(_filtered(self.project, query), query)
        return Response(listing("customers", render_customers(self.project, page.rows), page))


class OneCustomer(ServerView):
    bodies = {"put": {"application/json": CUSTOMER}}
    answers = {"get": CUSTOMER_SCHEMA, "put": CUSTOMER_SCHEMA}

    def get(self, request: Request, customer_id: str) -> Response:
        """Get a customer by id or source id."""
        customer = find_customer(self.project, customer_id)
        return Response(render_customers(self.project, [customer])[0] | {"assets": ASSETS})

    def put(self, request: Request, customer_id: str) -> Response:
        """Update a customer: fields that are left out stay, nulls clear."""
        customer = find_customer(self.project, customer_id)
        changes = _profile({**self.body(), "id": customer.public_id, "source_id": None, "legacy_id": None})
        customer = upsert_customers(self.project, [changes], group_id=self.request_id, now=self.now, by=self.actor)[0]
        return Response(render_customers(self.project, [customer])[0])

    def delete(self, request: Request, customer_id: str) -> Response:
        """Delete a customer. Points and events keep an anonymous owner."""
        customer = find_customer(self.project, customer_id)
        delete_customers(self.project, [customer], group_id=self.request_id, now=self.now, by=self.actor)
        return Response(status=204)


# The original links its own web pages here.
ASSETS: JsonObject = {"cockpit_url": None, "cockpit_preference_center_url": None}


def render_customers(project: Project, customers: Sequence[Customer]) -> list[JsonObject]:
    """The contract's customer objects (d.1), in order, and the former ids of those who have one; three statements."""
    keys = [customer.pk for customer in customers]
    loyalty = _loyalty_blocks(project, keys)
    referrals = _referral_blocks(project, keys)
    return [_rendered(customer, loyalty[customer.pk], referrals[customer.pk]) for customer in customers]


def _rendered(customer: Customer, loyalty: JsonObject, referrals: JsonObject) -> JsonObject:
    body: JsonObject = {
        "id": customer.public_id,
        "source_id": customer.source_id,
        "name": customer.name,
        "description": customer.description,
        "email": customer.email,
        "phone": customer.phone,
        "birthday": customer.birthday,
        "birthdate": customer.birthdate,
        "address": customer.address,
        "summary": _summary(loyalty["points"]),
        "loyalty": loyalty,
        "referrals": referrals,
        "metadata": customer.metadata,
        "system_metadata": {},
        "created_at": customer.created_at,
    }
    if customer.legacy_id is not None:
        body["legacy_id"] = customer.legacy_id
    if customer.updated_at is not None:
        body["updated_at"] = customer.updated_at
    body["object"] = "customer"
    return body


def _summary(points: int) -> JsonObject:
    """Redemptions and orders, of which there are none yet; both parts are asked for by the SDKs."""
    return {
        "redemptions": {
            "total_redeemed": 0,
            "total_failed": 0,
            "total_succeeded": 0,
            "total_rolled_back": 0,
            "total_rollback_failed": 0,
            "total_rollback_succeeded": 0,
            "gift": {"redeemed_amount": 0, "amount_to_go": 0},
            "loyalty_card": {"redeemed_points": 0, "points_to_go": points},
        },
        "orders": {"total_amount": 0, "total_count": 0, "average_amount": 0, "last_order_amount": 0},
    }


def _loyalty_blocks(project: Project, keys: Sequence[UUID]) -> Mapping[UUID, JsonObject]:
    """Points by campaign, and how many this customer referred by campaign (two statements)."""
    blocks: dict[UUID, JsonObject] = {key: {"points": 0, "referred_customers": 0, "campaigns": {}} for key in keys}
    held = LoyaltyCard.objects.filter(
        project=project, customer__in=keys, closed_at=None, program__campaign__deleted_at=None
    )
    cards = held.values_list("customer_id", "program__campaign__name", "balance")
    for key, name, balance in cards:
        blocks[key]["points"] += balance
        _entry(blocks[key], name)["points"] += balance
    referred = (
        Conversion.objects.filter(project=project, referrer__in=keys, status="counted")
        .values_list("referrer_id", "program__campaign__name")
        .annotate(count=Count("id"))
    )
    for key, name, count in referred:
        blocks[key]["referred_customers"] += count
        _entry(blocks[key], name)["referred_customers"] += count
    return blocks


def _entry(block: JsonObject, campaign: str) -> JsonObject:
    entry: JsonObject = block["campaigns"].setdefault(campaign, {"points": 0, "referred_customers": 0})
    return entry


def _referral_blocks(project: Project, keys: Sequence[UUID]) -> Mapping[UUID, JsonObject]:
    """Through whom this customer came (one statement)."""
    blocks: defaultdict[UUID, JsonObject] = defaultdict(lambda: {"total": 0, "campaigns": []})
    conversions = Conversion.objects.filter(project=project, referee__in=keys, status__in=STANDING).order_by("id")
    for conversion in conversions:
        block = blocks[conversion.referee_id]
        block["total"] += 1
        block["campaigns"].append(
            {
                "campaign_id": public_id("camp", conversion.program_id),
                "referrer_id": public_id("cust", conversion.referrer_id),
                "related_object_id": public_id("event", conversion.event_id) if conversion.event_id else None,
                "related_object_type": "event",
                "date": conversion.converted_at,
            }
        )
    return blocks


def _profile(body: JsonObject) -> Profile:
    """The body as a profile; a null clears. Raises InvalidPayload."""
    profile, errors = parse_profile(body, "", nulls_clear=True, takes_former_ids=True)
    if errors:
        raise InvalidPayload.of(errors)
    return profile


def _filtered(project: Project, query: Query) -> QuerySet[Customer]:
    customers = Customer.objects.filter(project=project, deleted_at=None)
    exact = {"email": query.text("email"), "name": query.text("name")}
    customers = customers.filter(**{lookup: value for lookup, value in exact.items() if value is not None})
    if city := query.text("city"):
        customers = customers.filter(Exact(KT("address__city"), Value(city)), address__isnull=False)
    customers = filtered(customers, query, FILTERS)
    customers = customers.filter(
        **query.period("created_at", "created_at"), **query.period("updated_at", "updated_at")
    )
    segment_id = query.text("segment_id")
    if segment_id is not None:
        # An unknown segment has nobody in it.
        members = Membership.objects.filter(
            project=project,
            segment=parse_public_id("seg", segment_id),
            segment__deleted_at=None,
            entered_at__isnull=False,
        )
        customers = customers.filter(pk__in=members.values("customer"))
    order = query.order(ORDERS, "-created_at")
    cursor = query.moment("starting_after")
    if cursor is not None:
        customers = customers.filter(_after(order, cursor))
    return ordered(customers, order)


def _after(order: str, cursor: datetime) -> Q:
    """The date cursor of the contract (d.5): on created_at, against the direction only where the order ascends.

    A cursor is copied from an answer, which tells milliseconds: who is of that millisecond was on the page before.
    """
    if cursor.microsecond % 1_000 == 0 and not order.startswith("-"):
        cursor += timedelta(microseconds=999)
    column = order.removeprefix("-") if order.removeprefix("-") != "source_id" else "created_at"
    return Q(**{f"{column}__lt" if order.startswith("-") else f"{column}__gt": cursor})
